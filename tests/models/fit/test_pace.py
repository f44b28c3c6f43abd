"""What was measured here decides how a model runs; what is kept of it is used on the same machine alone."""

import json
import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from deepseek_space.models.catalog import find
from deepseek_space.models.fit import pace_file
from deepseek_space.models.fit.first_choice import tokens_per_s
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import choose_precision
from deepseek_space.models.fit.pace import KEPT_VALUES, MOST_PACES, NOTHING_SEEN, Pace, Paces
from deepseek_space.models.fit.pace_file import NAME, read_paces, this_machine, write_paces
from deepseek_space.models.shape.checkpoint import from_spec

GIB = 2**30
SPEC = find("r1-distill-qwen-1.5b")
FEATURES = frozenset({"avx2", "avx512f", "avx512_vnni"})
MACHINE = Hardware(
    cores=2, ram_total_bytes=16 * GIB, ram_free_bytes=15 * GIB, disk_free_bytes=40 * GIB, cpu_features=FEATURES
)


def way(precision, *, engine="torch", weight_bytes=GIB):
    return SimpleNamespace(engine=engine, precision=precision, weight_bytes=weight_bytes)


def seen(readers="one", model=SPEC.name, **rates):
    paces = [
        Pace(model=model, engine="torch", precision=precision, readers=readers, tokens_per_s=(rate,))
        for precision, rate in rates.items()
    ]
    return Paces(seen=tuple(paces), readers=readers)


def chosen(paces):
    return choose_precision(from_spec(SPEC), hardware=replace(MACHINE, paces=paces))


@pytest.mark.parametrize(
    ("rates", "precision", "said"),
    [
        ({}, "int8", ""),
        ({"int8": 20.4, "nf4": 21.6}, "nf4", "Measured here: 22 tokens/s at nf4."),
        ({"int8": 20.4, "nf4": 19.0}, "int8", "Measured here: 20 tokens/s at int8."),
        ({"int8": 1.25}, "int8", "Measured here: 1.2 tokens/s at int8."),  # a slow machine is as slow at nf4
        ({"nf4": 3.0}, "int8", ""),  # which is estimated to be faster still
    ],
)
def test_the_fastest_that_was_measured_is_taken_and_told(rates, precision, said):
    plan = chosen(seen(**rates))
    assert plan.precision == precision
    assert plan.reason.endswith(said)
    assert ("Measured" in plan.reason) == bool(said)


def test_for_many_readers_it_is_what_they_get_together():
    alone, together = seen(int8=20.0, nf4=21.0), seen("many", int8=73.0, nf4=62.0)
    assert chosen(replace(alone, seen=alone.seen + together.seen)).precision == "nf4"
    plan = chosen(replace(together, seen=alone.seen + together.seen))
    assert (plan.precision, "73 tokens/s at int8, for several readers together." in plan.reason) == ("int8", True)


def test_what_was_measured_of_one_model_says_nothing_of_another_and_little_models_stay_exact():
    assert chosen(seen(model="r1-distill-qwen-7b", int8=2.0, nf4=3.0)).precision == "int8"
    assert tokens_per_s(SPEC, chosen(seen(int8=17.0)), replace(MACHINE, paces=seen(int8=17.0))) == 17.0


def test_llama_cpp_is_estimated_by_what_it_reads():
    ways = [way("int8", weight_bytes=2 * GIB), way("Q4_K_M", engine="llama.cpp", weight_bytes=GIB)]
    assert NOTHING_SEEN.fastest("a", ways, params_total=2 * GIB) is ways[1]
    measured = NOTHING_SEEN.adding("a", ways[0], "one", 30.0).adding("a", ways[1], "one", 20.0)
    assert measured.fastest("a", ways, params_total=2 * GIB) is ways[0]


def test_one_disturbed_answer_moves_little():
    paces = NOTHING_SEEN
    for rate in (*[99.0] * 5, *[20.0] * KEPT_VALUES, 2.0):
        paces = paces.adding("a", way("int8"), "one", rate)
    assert len(paces.seen[0].tokens_per_s) == KEPT_VALUES
    assert paces.of("a", way("int8")) == 20.0
    assert paces.of("a", way("int8"), readers="many") is None
    for number in range(MOST_PACES):
        paces = paces.adding(f"b{number}", way("int8"), "one", 1.0)
    assert len(paces.seen) == MOST_PACES
    assert paces.of("a", way("int8")) is None


def test_it_is_kept_for_the_same_machine_and_versions(tmp_path):
    machine, paces = this_machine(2), seen(int8=20.0)
    write_paces(tmp_path / "new", paces, machine=machine)
    assert read_paces(tmp_path / "new", machine=machine) == paces
    for other in ({"cores": 4}, {"processor": "another"}, {"torch": "0"}, {"xllamacpp": "0"}):
        assert read_paces(tmp_path / "new", machine=machine | other) == NOTHING_SEEN
    assert read_paces(tmp_path, machine=machine) == NOTHING_SEEN


PACE = {"model": "a", "engine": "torch", "precision": "int8", "readers": "one", "tokens_per_s": [1.0]}


@pytest.mark.parametrize(
    "paces",
    [
        "",
        "[" * 100_000,
        "{}",
        "[]",
        *(json.dumps({"machine": {}, "paces": [PACE | wrong]}) for wrong in (
            {"tokens_per_s": []}, {"tokens_per_s": [0]}, {"tokens_per_s": ["x"]}, {"readers": "all"}, {"model": 7},
            {"more": 1},
        )),
        json.dumps({"machine": {}, "paces": [{}]}),
    ],
)  # fmt: skip
def test_a_damaged_file_counts_for_nothing_and_is_told_once(tmp_path, caplog, paces):
    pace_file._say_once.cache_clear()
    (tmp_path / NAME).write_text(paces)
    with caplog.at_level(logging.WARNING):
        assert read_paces(tmp_path, machine={}) == NOTHING_SEEN
        assert read_paces(tmp_path, machine={}) == NOTHING_SEEN
    assert [NAME in line for line in caplog.messages] == [True]


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path, caplog):
    pace_file._say_once.cache_clear()
    (tmp_path / "file").touch()
    write_paces(tmp_path / "file", NOTHING_SEEN, machine={})
    assert "not kept" in caplog.text
