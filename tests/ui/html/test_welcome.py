"""An empty chat says what answers, and offers what that can do."""

from dataclasses import replace

import pytest

from deepseek_space.events import Loading
from deepseek_space.status import Status
from deepseek_space.ui.html.welcome import STARTS, starts_for, welcome

DISTILL = Status(state="ready", model="DeepSeek R1 Distill Qwen 7B", note="Maths.", is_deepseek=True, can_think=True)
STARTER = Status(state="ready", model="SmolLM2 135M", note="Not a DeepSeek model.")
BASE = replace(DISTILL, model="DeepSeek Coder 1.3B Base", can_think=False, can_chat=False, can_infill=True)


def test_it_says_which_model_answers_and_what_that_is():
    html = welcome(DISTILL, can_change=True)
    assert "<strong>DeepSeek R1 Distill Qwen 7B</strong> <span>thinks, then answers.</span>" in html
    assert "<p>Maths.</p>" in html


def test_a_model_that_is_still_being_chosen_has_no_name():
    assert "<strong>A model</strong> <span>is on its way" in welcome(
        Status(state="loading", model="auto", loading_model="auto"), can_change=True
    )


def test_names_are_shown_and_never_run():
    assert "&lt;b&gt;" in welcome(replace(DISTILL, model="<b>"), can_change=True)


@pytest.mark.parametrize(
    ("status", "offers"),
    [
        (STARTER, "sky"),
        (DISTILL, "primes"),
        (replace(DISTILL, can_choose_thinking=True), "ball"),
        (replace(DISTILL, model="DeepSeek Coder V2 Lite", can_think=False), "tests"),
        (replace(DISTILL, model="DeepSeek Math 7B", can_think=False), "primes"),
        (replace(DISTILL, model="DeepSeek LLM 7B Chat", can_think=False), "experts"),
    ],
    ids=lambda value: value.model if isinstance(value, Status) else value,
)
def test_what_is_offered_suits_the_model(status, offers):
    assert offers in starts_for(status)
    assert len(set(starts_for(status))) == 4
    assert STARTS[offers].message in welcome(status, can_change=True)


def test_every_message_is_offered_by_some_model():
    coder, chat = replace(DISTILL, model="Coder", can_think=False), replace(DISTILL, can_think=False)
    assert {key for status in (STARTER, DISTILL, coder, chat) for key in starts_for(status)} == set(STARTS)


def test_with_a_model_that_cannot_chat_the_way_leads_to_the_code_tab():
    html = welcome(BASE, can_change=True)
    assert "continues texts" in html
    assert 'name="open_code"' in html
    assert "ds-start" not in html


@pytest.mark.parametrize(
    ("status", "can_change", "is_offered"),
    [
        (STARTER, True, True),
        (STARTER, False, False),
        (DISTILL, True, False),
        (Status(state="empty", model=""), True, True),
        (Status(state="loading", model="m"), True, False),
    ],
)
def test_a_deepseek_model_is_one_click_away_where_none_answers(status, can_change, is_offered):
    assert ('name="open_models"' in welcome(status, can_change=can_change)) is is_offered


def test_progress_does_not_draw_it_anew():
    steps = [Status(state="loading", model="m", progress=Loading(stage="s", done=done, total=9)) for done in (1, 2)]
    assert welcome(steps[0], can_change=True) == welcome(steps[1], can_change=True)
    assert "A message sent now waits" in welcome(steps[0], can_change=True)


@pytest.mark.parametrize(
    ("state", "says"), [("empty", "No model</strong> <span>answers"), ("failed", "does not answer")]
)
def test_without_a_model_it_says_so(state, says):
    assert says in welcome(Status(state=state, model="", error="why"), can_change=True)


def test_a_space_can_be_duplicated_from_its_empty_chat():
    address = "https://huggingface.co/spaces/ada/my-chat?duplicate=true"
    assert f'href="{address}"' in welcome(Status(state="ready", model="m"), can_change=False, space_id="ada/my-chat")
    assert "duplicate" not in welcome(Status(state="ready", model="m"), can_change=False)
