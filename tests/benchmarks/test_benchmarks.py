"""Benchmarks run at a tiny size and end with one line of JSON that holds their ratios; the longest only say how."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NEED_NO_MODEL = {
    "mla": {"ratios"},
    "precision": {
        "distill_int8_over_transformers",
        "distill_int8_prompt_over_transformers",
        "distill_int8_eight_rows_over_one",
        "v2_lite_int8_over_bf16",
        "v2_lite_nf4_over_bf16",
        "v2_lite_nf4_footprint",
        "v2_lite_bitsandbytes_footprint",
    },
}
NEED_THE_STARTER = {"formats": {"over_free"}}
# The others take half a minute or so each, even the quick way: `make bench ARGS=--quick` runs all of them to their end.
ALL = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "def main()" in path.read_text(encoding="utf-8")
)


@pytest.fixture
def printed(monkeypatch, capfd):
    """Return a function that runs a benchmark with a flag and returns what it printed."""
    # One thread for each side: beside other tests, two would wait for each other.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    def run(name, flag="--quick"):
        monkeypatch.setattr(sys, "argv", [name, flag])
        import_module(name).main()
        return capfd.readouterr().out

    return run


def check(printed, name, figures):
    result = json.loads(printed.splitlines()[-1])
    assert result["benchmark"] == name
    assert figures <= set(result)
    for figure in figures:
        values = result[figure].values() if isinstance(result[figure], dict) else [result[figure]]
        assert all(isinstance(value, float | int) for value in values)
    assert result["reach"]
    return result


@pytest.mark.parametrize("name", NEED_NO_MODEL)
def test_a_benchmark_of_random_weights_ends_with_its_ratios(printed, name):
    check(printed(name), name, NEED_NO_MODEL[name])


@pytest.mark.starter
@pytest.mark.parametrize("name", NEED_THE_STARTER)
def test_a_benchmark_of_the_starter_ends_with_its_ratios(printed, name):
    check(printed(name), name, NEED_THE_STARTER[name])


@pytest.mark.parametrize("name", ALL)
def test_a_benchmark_says_what_it_can_be_told(printed, name, capfd):
    with pytest.raises(SystemExit, match="0"):
        printed(name, "--help")
    assert "--quick" in capfd.readouterr().out
