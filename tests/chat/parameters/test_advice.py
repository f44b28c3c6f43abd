from dataclasses import replace

import pytest

from deepseek_space.chat.parameters.advice import advice
from deepseek_space.status import Status
from deepseek_space.types import Sampling

CHAT = Status(state="ready", model="v3", is_deepseek=True, context_tokens=4096)
R1_ZERO = replace(CHAT, model="r1-zero", can_think=True, takes_system_prompt=False, context_tokens=32_768)
R1 = replace(R1_ZERO, model="r1", sampling=Sampling(temperature=0.6))
HYBRID = replace(R1, model="v3.1", can_choose_thinking=True, takes_system_prompt=True)
GOOD = {"temperature": 0.6, "repetition_penalty": 1.0, "max_new_tokens": 2048}


def said(status, system_prompt="", **chosen):
    return {name: text for name, text in advice(status, {**GOOD, **chosen}, system_prompt).items() if text}


@pytest.mark.parametrize("status", [CHAT, R1, HYBRID])
def test_nothing_is_said_of_what_fits(status):
    assert said(status) == {}


def test_r1_is_never_greedy_and_keeps_to_its_temperatures():
    assert "without end" in said(R1, temperature=0)["temperature"]
    assert "0.5 to 0.7" in said(R1, temperature=0.9)["temperature"]
    for other in (CHAT, HYBRID, R1_ZERO):
        assert said(other, temperature=0) == said(other, temperature=1.5) == {}


def test_a_system_prompt_is_advised_against_only_where_deepseek_does():
    assert "without a system prompt" in said(R1, "Be brief.")["system_prompt"]
    assert said(R1, "  ") == said(HYBRID, "Be brief.") == {}


def test_a_penalty_far_from_one_breaks_code():
    for value in (0.7, 1.3):
        assert "Code" in said(CHAT, repetition_penalty=value)["repetition_penalty"]


def test_the_length_has_to_hold_the_thoughts_and_stay_in_the_context():
    assert "thinks first" in said(R1, max_new_tokens=512)["max_new_tokens"]
    assert "4,096 tokens" in said(CHAT, max_new_tokens=4096)["max_new_tokens"]
    assert said(CHAT, max_new_tokens=512) == {}


@pytest.mark.parametrize("nonsense", [None, "0", [], True, float("nan")])
def test_what_is_no_number_is_left_to_the_check(nonsense):
    assert set(said(R1, temperature=nonsense, max_new_tokens=nonsense)) <= {"temperature"}


def test_a_model_that_is_not_there_is_not_judged():
    assert said(replace(R1, state="loading"), "Be brief.", temperature=0) == {}
