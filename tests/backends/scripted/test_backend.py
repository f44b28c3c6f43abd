from dataclasses import replace
from itertools import islice

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from deepseek_space.errors import EngineError, EngineStopped, Unsupported
from deepseek_space.events import Answer, Done, Loading, Prefill, Reasoning
from deepseek_space.types import Begun, Completion, Message, Request, Sampling


def ask(text, **sampling):
    return Request(messages=(Message(role="user", content=text),), sampling=Sampling(**sampling))


def said(events, kind):
    return "".join(event.text for event in events if isinstance(event, kind))


@pytest.mark.parametrize("scene", [scene for scene in SCENES if not scene.breaks_off], ids=lambda scene: scene.cue)
def test_every_scene_is_played_in_full(scene):
    events = list(ScriptedBackend([scene], delay_s=0).stream(ask(f"please: {scene.cue}", max_new_tokens=10_000)))
    assert said(events, Reasoning) == scene.reasoning
    assert said(events, Answer) == scene.answer
    assert isinstance(events[-1], Done)


def test_the_first_scene_whose_cue_is_in_the_last_message_is_played():
    backend = ScriptedBackend([Scene(cue="red", answer="R"), Scene(cue="blue", answer="B"), Scene(cue="", answer="?")])
    assert [said(backend.stream(ask(text)), Answer) for text in ("a BLUE one", "red or blue", "green")] == [
        "B",
        "R",
        "?",
    ]


def test_thoughts_come_before_the_answer_and_are_left_out_when_thinking_is_off():
    backend = ScriptedBackend([Scene(cue="", reasoning="Let me see.", answer="Done.")], delay_s=0)
    kinds = [event.kind for event in backend.stream(ask("x"))]
    assert kinds == ["prefill", "prefill", "reasoning", "reasoning", "reasoning", "answer", "done"]
    quiet = Request(messages=ask("x").messages, thinking=False)
    assert "reasoning" not in [event.kind for event in backend.stream(quiet)]


SCENE = Scene(cue="", reasoning="Let me see.\n\nNow I see.", answer="It is: 4.\n\n```\n2 + 2\n```\n")


@pytest.mark.parametrize("length", range(1, 15))
def test_a_reply_cut_anywhere_goes_on_with_the_next_word(length):
    backend = ScriptedBackend([SCENE], delay_s=0)
    events = list(backend.stream(ask("x", max_new_tokens=length)))
    thought, answer = said(events, Reasoning), said(events, Answer)
    assert events[-1].usage.finish_reason == (
        "length" if thought + answer != SCENE.reasoning + SCENE.answer else "stop"
    )
    begun = Begun(reasoning=thought, answer=answer, is_thinking=not answer)
    rest = list(backend.stream(replace(ask("x"), begun=begun)))
    assert thought + said(rest, Reasoning) == SCENE.reasoning
    assert answer + said(rest, Answer) == SCENE.answer


def test_a_thought_ends_at_its_budget_or_at_once():
    backend = ScriptedBackend([SCENE], delay_s=0)
    for begun, budget, more in (
        (None, 4, "Let me see.\n\nNow"),
        (None, 0, ""),
        (Begun(reasoning="Let me", is_thinking=True), 3, " see."),
        (Begun(reasoning="Let me see."), None, ""),
    ):
        events = list(backend.stream(replace(ask("x"), begun=begun, thinking_budget=budget)))
        assert (said(events, Reasoning), said(events, Answer)) == (more, SCENE.answer)


def test_a_completion_goes_on_or_fills_its_gap():
    backend = ScriptedBackend(delay_s=0)
    assert said(backend.stream(Completion(prefix="def fibonacci(n):\n")), Answer).startswith("    if n < 2:")
    assert (
        said(backend.stream(Completion(prefix="return ", suffix="fibonacci(n - 2)")), Answer) == "fibonacci(n - 1) + "
    )


def test_a_base_model_of_the_script_does_not_chat():
    backend = ScriptedBackend(delay_s=0, change_s=0)
    backend.load("coder-base")
    assert (backend.status().can_chat, backend.status().can_infill) == (False, True)
    assert said(backend.stream(Completion(prefix="def")), Answer)
    with pytest.raises(Unsupported, match="Code tab"):
        list(backend.stream(ask("hello")))


def test_words_are_counted_and_times_measured():
    backend = ScriptedBackend([Scene(cue="", reasoning="one two", answer="three four five")], delay_s=0.001)
    usage = list(backend.stream(ask("how many words")))[-1].usage
    assert (usage.prompt_tokens, usage.generated_tokens, usage.finish_reason) == (3, 5, "stop")
    assert usage.time_to_first_token_s >= 0.001
    assert 0 < usage.tokens_per_second <= 1000


def test_the_answer_ends_at_the_maximum_of_new_tokens_and_before_a_stop_string():
    backend = ScriptedBackend([Scene(cue="", answer="one two three four")], delay_s=0)
    short = list(backend.stream(ask("x", max_new_tokens=2)))
    assert (said(short, Answer), short[-1].usage.finish_reason) == ("one two", "length")
    assert said(backend.stream(ask("x", stop=("three",))), Answer).rstrip() == "one two"


def test_a_thought_may_mention_a_stop_string_as_with_every_model():
    backend = ScriptedBackend([Scene(cue="", reasoning="two or three", answer="one two three")], delay_s=0)
    events = list(backend.stream(ask("x", stop=("three",))))
    assert (said(events, Reasoning), said(events, Answer).rstrip()) == ("two or three", "one two")


def test_words_are_the_tokens_of_the_script():
    assert [ScriptedBackend().count_tokens(text) for text in ("", "one", " one\n\ntwo  ")] == [0, 1, 2]


def test_the_page_may_choose_whether_the_script_thinks():
    status = ScriptedBackend().status()
    assert (status.can_think, status.can_choose_thinking, status.can_chat) == (True, True, True)


def test_closing_a_stream_ends_it_and_is_recorded():
    backend = ScriptedBackend(delay_s=0)
    stream = backend.stream(ask("long"))
    next(stream)
    assert backend.status().active_requests == 1
    stream.close()
    assert (backend.status().active_requests, backend.closed_early) == (0, 1)


def test_a_finished_stream_is_not_counted_as_closed_early():
    backend = ScriptedBackend(delay_s=0)
    list(backend.stream(ask("hello")))
    assert (backend.status().active_requests, backend.closed_early) == (0, 0)


def test_a_scene_can_break_off_in_the_middle():
    backend = ScriptedBackend([Scene(cue="", answer="so far", breaks_off="It broke. Retry.")], delay_s=0)
    stream = backend.stream(ask("x"))
    assert said(islice(stream, 4), Answer) == "so far"
    with pytest.raises(EngineError, match="It broke"):
        next(stream)
    assert backend.status().active_requests == 0


def test_a_slow_word_is_preceded_by_heartbeats():
    events = list(ScriptedBackend([Scene(cue="", answer="slow")], delay_s=0.25).stream(ask("x")))
    assert [event.text for event in events if isinstance(event, Answer)] == ["", "", "slow"]


def test_while_loading_the_status_and_the_stream_tell_the_progress():
    backend = ScriptedBackend([Scene(cue="", answer="ready")], delay_s=0, loading_s=0.2)
    status = backend.status()
    assert status.state == "loading"
    assert 0 <= status.progress.done < status.progress.total
    events = list(backend.stream(ask("x")))
    assert isinstance(events[0], Loading)
    assert said(events, Answer) == "ready"
    assert (backend.status().state, backend.status().progress) == ("ready", None)


def test_loading_begins_anew_with_start():
    backend = ScriptedBackend(delay_s=0, loading_s=0.05)
    list(backend.stream(ask("hello")))
    backend.start()
    assert backend.status().state == "loading"


def test_closing_the_backend_ends_its_streams():
    backend = ScriptedBackend(delay_s=0.01)
    stream = backend.stream(ask("long"))
    assert isinstance(next(stream), Prefill)
    backend.close()
    with pytest.raises(EngineStopped):
        list(stream)
    assert backend.status().active_requests == 0


def test_the_requests_are_recorded():
    backend = ScriptedBackend(delay_s=0)
    list(backend.stream(ask("hello", temperature=0.25)))
    assert backend.requests[-1].sampling.temperature == 0.25
