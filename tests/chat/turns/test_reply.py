import itertools
from dataclasses import replace

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.reply import INTERNAL_ERROR, UPDATE_S, UsageMeter, stream_turns
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.events import Answer, Loading, Prefill, Queued, Reasoning
from deepseek_space.types import Message, Request

REQUEST = Request(messages=(Message(role="user", content="x"),))
TURN = Turn(question="x")


def backend(**scene):
    return ScriptedBackend([Scene(cue="", **{"answer": "", **scene})], delay_s=0)


def clock(step_s):
    ticks = itertools.count()
    return lambda: next(ticks) * step_s


def test_the_last_item_is_the_whole_reply():
    last = list(stream_turns(backend(reasoning="hm", answer="one two three"), REQUEST, TURN))[-1]
    assert (last.reasoning, last.answer, last.state, last.usage.generated_tokens) == ("hm", "one two three", "done", 4)


def test_a_fast_stream_is_thinned_out_to_the_pace_of_a_page():
    words = backend(answer="word " * 600)
    steps = list(stream_turns(words, REQUEST, TURN, clock=clock(UPDATE_S / 60)))
    assert 10 < len(steps) < 60


def test_the_first_word_is_never_held_back():
    steps = list(stream_turns(backend(reasoning="hm", answer="one two"), REQUEST, TURN, clock=lambda: 0.0))
    assert [(step.reasoning, step.answer) for step in steps[:2]] == [("hm", ""), ("hm", "one")]


def test_a_slow_stream_is_passed_on_heartbeat_by_heartbeat():
    slow = ScriptedBackend([Scene(cue="", answer="late")], delay_s=0.35)
    steps = list(stream_turns(slow, REQUEST, TURN))
    assert len([step for step in steps if not step.answer]) >= 3


def test_closing_it_closes_the_stream():
    fake = backend(answer="one two three")
    steps = stream_turns(fake, REQUEST, TURN)
    next(steps)
    assert fake.status().active_requests == 1
    steps.close()
    assert (fake.status().active_requests, fake.closed_early) == (0, 1)


def test_it_ends_when_it_must_and_keeps_the_text():
    fake = backend(answer="one two three")
    heard = []
    for step in stream_turns(fake, REQUEST, TURN, must_end=lambda: bool(heard and heard[-1].answer)):
        heard.append(step)
    assert heard[-1].state == "stopped"
    assert heard[-1].answer.startswith("one")
    assert (heard[-1].usage.finish_reason, heard[-1].usage.prompt_tokens) == ("cancelled", 1)
    assert heard[-1].usage.generated_tokens == fake.count_tokens(heard[-1].answer)
    assert (fake.status().active_requests, fake.closed_early) == (0, 1)


def test_an_error_ends_the_turn_with_its_sentence_and_the_text_so_far():
    last = list(stream_turns(backend(answer="so far", breaks_off="It broke."), REQUEST, TURN))[-1]
    assert (last.state, last.answer, last.error) == ("failed", "so far", "It broke.")
    assert (last.usage.finish_reason, last.usage.generated_tokens) == ("error", 2)


def test_a_reply_that_fails_before_its_first_word_has_no_figures():
    assert list(stream_turns(backend(breaks_off="It broke."), REQUEST, TURN))[-1].usage is None


def test_a_reply_that_has_ended_cannot_be_stopped_any_more():
    asked = iter([False, False, False, True])  # read, read, a word, the end
    last = list(stream_turns(backend(answer="one"), REQUEST, TURN, must_end=lambda: next(asked)))[-1]
    assert (last.state, last.usage.finish_reason) == ("done", "stop")


class Buggy(ScriptedBackend):
    def stream(self, request):
        yield from itertools.islice(super().stream(request), 3)
        raise ZeroDivisionError("secret detail")


def test_a_bug_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture):
    last = list(stream_turns(Buggy(delay_s=0), REQUEST, TURN))[-1]
    assert (last.state, last.error) == ("failed", INTERNAL_ERROR)
    assert "secret detail" in caplog.text


TURN = Turn(question="x")


def heard(*timed, turn=TURN):
    """Return the watch after events at their seconds, and the turn with their texts."""
    watch = UsageMeter(ScriptedBackend(), turn, 0.0)
    for at_s, event in timed:
        watch.record(event, at_s)
        turn = turn.apply(event, at_s)
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
