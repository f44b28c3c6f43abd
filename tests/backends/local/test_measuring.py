"""Replies tell how fast the model is: those that were alone, and those that had company."""

from dataclasses import replace

import pytest

from deepseek_space.backends.local.measuring import Measuring, measured_as
from deepseek_space.backends.local.resident_model import Recipe
from deepseek_space.events import Answer, Done, Usage
from deepseek_space.models.checkpoints.starter import STARTER
from deepseek_space.models.fit.memory import plan
from deepseek_space.models.fit.pace_file import read_paces, this_machine
from deepseek_space.models.source import resolve
from space_hardware import HARDWARE

USAGE = Usage(
    model="a",
    prompt_tokens=3,
    cached_tokens=0,
    generated_tokens=100,
    time_to_first_token_s=0.1,
    tokens_per_second=30.0,
    finish_reason="stop",
)
SOURCE = resolve("starter", on_space=False)
RECIPE = Recipe(source=SOURCE, plan=plan(STARTER, precision="bf16", hardware=HARDWARE["cpu-basic"]))


@pytest.fixture
def measuring(tmp_path):
    return Measuring(tmp_path, cores=lambda: 2)


def reply(usage=USAGE):
    yield Answer(text="word")
    yield Done(usage=usage)


def kept(tmp_path):
    return {pace.readers: pace.tokens_per_s for pace in read_paces(tmp_path, machine=this_machine(2)).seen}


def test_a_reply_that_is_alone_is_measured(measuring, tmp_path):
    assert list(measuring.follow(reply(), RECIPE)) == list(reply())
    list(measuring.follow(reply(replace(USAGE, tokens_per_second=40.0)), RECIPE))
    (pace,) = read_paces(tmp_path, machine=this_machine(2)).seen
    assert (pace.model, pace.engine, pace.precision, pace.readers) == ("starter", "torch", "bf16", "one")
    assert pace.tokens_per_s == (30.0, 40.0)


@pytest.mark.parametrize(
    ("usage", "changed"),
    [({"generated_tokens": 20}, {}), ({"tokens_per_second": 0.0}, {}), ({}, {"devices": ("cuda:0",)})],
)
def test_one_that_tells_little_is_not(measuring, tmp_path, usage, changed):
    recipe = replace(RECIPE, plan=replace(RECIPE.plan, **changed))
    list(measuring.follow(reply(replace(USAGE, **usage)), recipe))
    assert kept(tmp_path) == {}


@pytest.mark.parametrize(("together", "expected"), [(2, {}), (8, {"many": (8 * 30.0, 7.5 * 30.0)})])
def test_several_that_were_together_are_measured_together(tmp_path, together, expected):
    now = [0.0]
    measuring = Measuring(tmp_path, cores=lambda: 2, clock=lambda: now[0])
    replies = [measuring.follow(reply(), RECIPE) for _ in range(together)]
    for each in replies:
        next(each)
    for each in replies[:2]:  # after a second with all of them there is one less
        now[0] += 1
        list(each)
    assert kept(tmp_path) == expected


def test_a_reply_that_is_stopped_leaves_and_stops_the_work(measuring, tmp_path):
    events = reply()
    stopped = measuring.follow(events, RECIPE)
    next(stopped)
    stopped.close()
    assert list(events) == []
    list(measuring.follow(reply(), RECIPE))
    assert kept(tmp_path) == {"one": (30.0,)}


def test_all_ways_of_one_model_are_kept_under_its_name():
    for name in ("r1-distill-qwen-1.5b", "unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF:Q8_0"):
        assert measured_as(resolve(name, on_space=False), RECIPE.plan) == "r1-distill-qwen-1.5b"
    assert measured_as(resolve("a/b@main", on_space=False), RECIPE.plan) == "a/b"
