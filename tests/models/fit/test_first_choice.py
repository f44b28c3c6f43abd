"""Of the checkpoints that fit, a chat page begins with one that chats well and writes at a readable pace."""

import pytest

from deepseek_space.models.catalog import CATALOG, find
from deepseek_space.models.fit.first_choice import KINDS, first_choice, tokens_per_s
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.models.fit.memory import choose_precision
from deepseek_space.models.shape.checkpoint import from_spec

GIB = 2**30
CARD = Gpu(kind="cuda", index=0, name="card", total_bytes=80 * GIB, free_bytes=79 * GIB, capability=(9, 0))


def machine(*, cores=2, ram=64, gpus=()):
    return Hardware(
        cores=cores,
        ram_total_bytes=ram * GIB,
        ram_free_bytes=ram * GIB,
        disk_free_bytes=0,
        gpus=gpus,
        cpu_features=frozenset({"avx2"}),
    )


def chosen(names, hardware):
    specs = [find(name) for name in names]
    fitting = [(spec, choose_precision(from_spec(spec), hardware=hardware)) for spec in specs]
    spec = first_choice([(spec, plan) for spec, plan in fitting if plan.fits == "fits"], hardware)
    return spec and spec.name


def test_every_kind_of_the_catalogue_has_its_place():
    assert {spec.group for spec in CATALOG} == set(KINDS)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["coder-33b-instruct", "r1-distill-qwen-1.5b"], "r1-distill-qwen-1.5b"),
        (["llm-7b-chat", "math-7b-rl", "coder-7b-instruct-v1.5"], "llm-7b-chat"),
        (["r1-distill-qwen-1.5b", "r1-distill-qwen-7b", "v2-lite-chat"], "r1-distill-qwen-7b"),
        (["coder-6.7b-instruct"], "coder-6.7b-instruct"),
        ([], None),
    ],
)
def test_general_chat_comes_before_specialists_then_the_newest_then_the_largest(names, first):
    assert chosen(names, machine()) == first


def test_what_writes_less_than_a_token_a_second_comes_after_what_does_not():
    names = ["r1-distill-qwen-32b", "r1-distill-qwen-7b"]
    assert chosen(names, machine(cores=2)) == "r1-distill-qwen-7b"
    assert chosen(names, machine(cores=16)) == "r1-distill-qwen-32b"
    assert chosen(names, machine(cores=2, gpus=(CARD,))) == "r1-distill-qwen-32b"


def test_where_all_are_slow_the_least_slow_is_taken():
    assert chosen(["r1-distill-llama-70b", "r1-distill-qwen-32b"], machine(cores=2, ram=256)) == "r1-distill-qwen-32b"


def test_a_large_model_without_room_for_a_conversation_gives_way():
    names = ["r1-distill-qwen-14b", "r1-distill-qwen-7b"]
    tight = machine(cores=8, ram=11)
    plan = choose_precision(from_spec(find(names[0])), hardware=tight)
    assert (plan.fits, plan.context_tokens < 8192) == ("fits", True)
    assert chosen(names, tight) == "r1-distill-qwen-7b"


def test_the_pace_is_near_what_was_measured():
    distill = find("r1-distill-qwen-1.5b")
    plan = choose_precision(from_spec(distill), hardware=machine())
    assert plan.precision == "int8"
    assert 5 < tokens_per_s(distill, plan, machine()) < 12  # README: 8.4
