from dataclasses import replace

import pytest

from deepseek_space.backends.fake import FakeBackend
from deepseek_space.events import Answer, Loading, Prefill, Queued, Reasoning
from deepseek_space.ui.turns.stopwatch import Stopwatch
from deepseek_space.ui.turns.turn import Turn

TURN = Turn(question="x")


def heard(*timed, turn=TURN):
    """Return the watch after events at their seconds, and the turn with their texts."""
    watch = Stopwatch(FakeBackend(), turn, 0.0)
    for at_s, event in timed:
        watch.hear(event, at_s)
        turn = turn.hear(event, at_s)
    return watch, turn


def test_it_counts_the_words_and_takes_the_times_between_them():
    watch, turn = heard(
        (1.0, Queued(position=1)),
        (2.0, Prefill(read=0, total=7)),
        (3.0, Reasoning(text="hm")),
        (4.0, Reasoning(text="")),
        (5.0, Answer(text="two words")),
        (9.0, Answer(text="")),
    )
    usage = watch.usage(turn, "cancelled")
    assert (usage.model, usage.prompt_tokens, usage.cached_tokens, usage.generated_tokens) == ("fake", 7, None, 3)
    assert (usage.time_to_first_token_s, usage.tokens_per_second, usage.finish_reason) == (3.0, 1.0, "cancelled")


def test_loading_is_no_part_of_the_wait_for_the_first_token():
    watch, turn = heard((0.0, Loading(stage="x")), (60.0, Loading(stage="x")), (61.5, Answer(text="word")))
    assert watch.usage(turn, "error").time_to_first_token_s == 1.5


def test_one_token_has_no_rate():
    watch, turn = heard((1.0, Answer(text="word")), (9.0, Answer(text="")))
    assert watch.usage(turn, "cancelled").tokens_per_second == 0.0


@pytest.mark.parametrize("events", [(), ((1.0, Prefill(read=5, total=7)),), ((1.0, Answer(text="")),)])
def test_there_are_no_figures_of_nothing(events):
    watch, turn = heard(*events)
    assert watch.usage(turn, "cancelled") is None


def test_what_a_reply_went_on_from_counts_as_its_tokens_but_not_for_its_rate():
    begun = replace(TURN, reasoning="one two", answer="three", begun_tokens=3)
    watch, turn = heard((1.0, Answer(text=" four")), (2.0, Answer(text=" five")), turn=begun)
    usage = watch.usage(turn, "cancelled")
    assert (usage.generated_tokens, usage.tokens_per_second) == (5, 1.0)
