import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.status import Status
from deepseek_space.types import Completion
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.wiring import Generation
from deepseek_space.ui.tabs.code_tab import build_code_tab

INDENTED = "```python\n    total += 1\n    if total:\n        return total\n```"


@pytest.fixture
def make():
    def make(answer):
        backend = ScriptedBackend([Scene(cue="", answer=answer)], delay_s=0)
        with gr.Blocks():
            return build_code_tab(backend, build_controls(), Generation(concurrency_limit=1))

    return make


def run(tab, **asked):
    """Return all updates of a click on the button, each component's last one."""
    values = {part: part.value for part in tab.controls.components}
    asked = {"mode": "write", "task": "", "before": "", "after": "", "language": "Python", **asked}
    values |= {getattr(tab, name): value for name, value in asked.items()} | {tab.conversation: Conversation()}
    updates = {}
    for update in tab.on_run(values):
        updates |= {part: value for part, value in update.items() if isinstance(part, gr.components.Component)}
    return updates


def test_indented_code_keeps_its_shape_in_the_editor(make):
    tab = make(INDENTED)
    shown = run(tab, task="count")[tab.code]
    assert tab.code.postprocess(shown) == "total += 1\nif total:\n    return total"


def test_an_answer_without_code_says_so(make):
    tab = make("I would rather talk.")
    updates = run(tab, task="count")
    assert updates[tab.code] == ""
    said = str(updates[tab.explanation])
    assert "I would rather talk." in said
    assert "There is no code block in this answer." in said


def test_a_gap_is_filled_in_the_editor(make):
    tab = make("unused")
    updates = run(tab, mode="fill", before="return ", after="fibonacci(n - 2)\n")
    assert updates[tab.code] == "return fibonacci(n - 1) + fibonacci(n - 2)\n"
    assert isinstance(tab.backend.requests[-1], Completion)
    assert "no code block" not in str(updates[tab.explanation])


def test_a_box_that_was_never_shown_is_empty(make):
    tab = make("x")
    assert run(tab, mode="complete", task=None, before="a = ", after=None)[tab.code].startswith("a = ")


def test_nothing_is_asked_for_nothing(make, monkeypatch):
    tab, told = make("x"), []
    monkeypatch.setattr(gr, "Info", told.append)
    run(tab, mode="write", before="not shown in this mode")
    run(tab, mode="complete", task="not shown in this mode")
    assert told == ["Describe the task first.", "Write some code first."]
    assert not tab.backend.requests


def test_the_tab_offers_what_the_model_can_do_and_keeps_a_choice_that_remains(make):
    tab = make("x")
    base = Status(state="ready", model="m", can_chat=False, can_infill=True)
    updates = tab.follow({tab.mode: "write"}, base)
    assert (updates[tab.mode].value, updates[tab.mode].visible) == ("complete", True)
    assert [value for _, value in updates[tab.mode].choices] == ["complete", "fill"]
    assert (updates[tab.task].visible, updates[tab.before].visible) == (False, True)
    assert tab.follow({tab.mode: "fill"}, base)[tab.mode].value == "fill"
    chat = tab.follow({tab.mode: "fill"}, Status(state="ready", model="m"))
    assert (chat[tab.mode].value, chat[tab.mode].visible, chat[tab.task].visible) == ("write", False, True)


def test_a_result_can_be_taken_further(make):
    tab = make("x")
    assert tab.on_take("def f():") == {tab.before: "def f():", tab.after: ""}


def test_what_cannot_be_asked_is_told_and_the_tab_stays_as_it_was(make, monkeypatch):
    tab, told = make("x"), []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: told.append(text))
    assert run(tab, mode="fill", before="a", after=" ") == {}
    assert told == ["Write what comes after the gap too, or choose Complete."]
