from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.chat.parameters.presets import READY_MADE, Preset, from_record, ready_made, to_record
from deepseek_space.status import Status
from deepseek_space.types import Sampling

CHAT = Status(state="ready", model="v3", is_deepseek=True, sampling=Sampling(temperature=0.3, max_new_tokens=4096))
R1 = replace(CHAT, model="r1", can_think=True, sampling=Sampling(temperature=0.6))
GREEDY_CODER = replace(CHAT, model="coder", sampling=Sampling(temperature=0.0))


def temperatures(status):
    return [ready_made(name, status).sampling.temperature for name in READY_MADE]


def test_they_are_cooler_or_warmer_than_what_is_recommended_for_the_model():
    assert list(READY_MADE) == ["Precise", "Balanced", "Creative", "Greedy"]
    assert temperatures(CHAT) == [0.15, 0.3, 0.45, 0]


def test_they_stay_within_deepseek_s_bounds_for_r1():
    assert temperatures(R1) == [0.5, 0.6, 0.7, 0]
    assert temperatures(replace(R1, model="r1-zero", sampling=Sampling())) == [0.35, 0.7, 1.05, 0]


def test_a_model_published_with_greedy_decoding_can_be_varied_all_the_same():
    assert temperatures(GREEDY_CODER) == [0.35, 0.7, 1.05, 0]


def test_all_else_is_what_the_model_recommends():
    assert ready_made("Creative", CHAT).sampling.max_new_tokens == 4096


@given(
    st.builds(
        Sampling,
        temperature=st.floats(0, 2),
        seed=st.none() | st.integers(0, 2**53),
        stop=st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
    ),
    st.none() | st.integers(0, 1000),
)
def test_what_is_kept_comes_back_the_same(sampling, budget):
    preset = Preset(sampling=sampling, thinking_budget=budget)
    assert from_record(to_record(preset)) == preset


@pytest.mark.parametrize(
    "record",
    [
        None,
        5,
        [],
        "temperature",
        {"temperature": "hot"},
        {"temperature": 99},
        {"stop": "END"},
        {"stop": {"a": 1}},
        {"stop": [5]},
        {"max_new_tokens": None},
        {"thinking_budget": "many"},
        {"thinking_budget": -1},
    ],
)
def test_what_nobody_kept_is_no_preset(record):
    assert from_record(record) is None


def test_words_that_mean_nothing_are_passed_over():
    assert from_record({"temperature": 0.5, "__class__": "x"}) == Preset(sampling=Sampling(temperature=0.5))
