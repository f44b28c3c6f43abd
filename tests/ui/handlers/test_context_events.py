"""The choice where what is sent does not fit the context: for a new message, another version, an edit, a rest."""

from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.status import Status
from deepseek_space.ui.handlers.context_events import ContextEvents
from deepseek_space.ui.handlers.message_events import MessageEvents
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab

CONTEXT = 1000


@pytest.fixture
def tab(monkeypatch):
    """A tab over a backend of a small context, which answers at once."""
    with gr.Blocks():
        backend = ScriptedBackend([Scene(cue="", answer="one two three four")], delay_s=0)
        ready = Status(state="ready", model="m", context_tokens=CONTEXT)
        monkeypatch.setattr(backend, "status", lambda: ready)
        return build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())


@pytest.fixture
def page_view():
    """What the page shows: an old turn of 700 tokens, a turn of 300 that was cut off."""
    page_view = PageView()
    for words, state in ((700, "done"), (300, "stopped")):
        lease = page_view.conversation.ask("q " * (words // 2))
        page_view.conversation.write(lease, replace(lease.turn, answer="one " * (words // 2), state=state))
    return page_view


@pytest.fixture
def do(tab, page_view):
    """Return a function that does an act and returns what is shown at the end, by component."""
    events = PageEvents()
    MessageEvents(tab=tab, events=events).register()
    ContextEvents(tab=tab, events=events).register()
    parts = [*tab.controls.components, tab.composer.think, tab.composer.message, tab.context.attached]
    values = {part: part.value for part in parts} | {tab.system_prompt: "", tab.page_view: page_view}

    def act(name, target="", text="", written=""):
        values[tab.composer.message] = written
        event = gr.EventData(events.component, {"act": name, "target": target, "text": text, "number": 1})
        seen = {}
        for update in events.dispatch(values, event):
            seen |= update if isinstance(update, dict) else {}
        return {**seen, "answer": seen.get(events.component)}

    return act


LONG = "w " * 400


@pytest.mark.parametrize(
    ("act", "text", "question", "answer"),
    [
        ("retry", "", "q " * 150, "one two three four"),
        ("edit_save", LONG, LONG, "one two three four"),
        ("go_on", "", "q " * 150, "one " * 150),
    ],
)
def test_what_is_sent_again_is_asked_about_too_and_goes_as_was_chosen(tab, page_view, do, act, text, question, answer):
    old, last = page_view.conversation.turns
    panel = do(act, last.id, text)[tab.context.panel]
    assert 'value="leave-out"' in panel
    assert not tab.backend.requests
    assert page_view.conversation.turns == [old, last]
    assert do("fit", "leave-out")[tab.context.panel] == ""
    (request,) = tab.backend.requests
    assert [message.content for message in request.messages] == [question]
    assert [turn.is_left_out for turn in page_view.conversation.turns] == [True, False]
    assert page_view.conversation.turns[1].answer.startswith(answer)


def test_what_is_read_again_of_a_reply_that_goes_on_counts(tab, page_view, do):
    last = page_view.conversation.turns[-1]
    page_view.conversation.delete(page_view.conversation.turns[-1].id)
    page_view.conversation.leave_out([page_view.conversation.turns[0].id])
    lease = page_view.conversation.ask("short")
    page_view.conversation.write(lease, replace(last, id=lease.turn.id, question="short", answer="one " * 900))
    assert 'name="fit_cancel"' in do("go_on", lease.turn.id)[tab.context.panel]


def test_the_page_is_told_that_it_is_too_long_and_going_back_to_writing_closes_the_choice(tab, page_view, do):
    last = page_view.conversation.turns[-1]
    assert do("edit_save", last.id, LONG)["answer"]["state"] == "too_long"
    assert do("fit_cancel")[tab.context.panel] == ""
    assert page_view.too_long is None


def test_the_choice_over_a_message_follows_what_is_written_and_goes_with_it(tab, page_view, do):
    page_view.turn_to(Conversation())
    assert "Shorten the message.</p>" in do("send", text="w " * 2000)[tab.context.panel]
    assert "2,0" in do("count", written="w " * 2000)[tab.context.panel]
    assert do("count", written=" ")[tab.context.panel] == ""


def test_a_choice_about_a_turn_that_is_gone_is_closed(tab, page_view, do):
    last = page_view.conversation.turns[-1]
    do("retry", last.id)
    page_view.conversation.delete(last.id)
    assert do("fit", "leave-out")[tab.context.panel] == ""
    assert not tab.backend.requests
