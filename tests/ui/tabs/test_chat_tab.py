"""What the Chat tab's functions do, called as Gradio calls them."""

from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import MOST_TURNS, PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.status import Status
from deepseek_space.text.bounds import MAX_CHARACTERS
from deepseek_space.types import Sampling
from deepseek_space.ui.handlers.message_events import MessageEvents
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import Act, PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from waiting import until


@pytest.fixture(scope="module")
def built():
    with gr.Blocks():
        controls = build_controls()
        backend = ScriptedBackend([Scene(cue="", answer="one two three")], delay_s=0)
        return build_chat_tab(backend, ReplyRunner(backend), controls, gr.Textbox())


@pytest.fixture
def tab(built):
    """The tab over a backend of which nothing has been asked."""
    built.backend.requests.clear()
    return built


@pytest.fixture
def values(tab):
    composer = tab.composer
    parts = [*tab.controls.components, tab.system_prompt, composer.message, composer.think, tab.context.attached]
    return {**{part: part.value for part in parts}, tab.system_prompt: "", tab.page_view: PageView()}


@pytest.fixture
def send(tab, values):
    """Return a function that sends a message as the page does and yields the updates."""
    events = MessageEvents(tab=tab, events=PageEvents())
    return lambda given=values, text="hi": events.on_send(given, Act(name="send", text=text))


def state(update):
    """Return what the page is told became of a message."""
    return next(value["state"] for value in update.values() if isinstance(value, dict) and "state" in value)


def said(update, tab):
    """Return what is shown of people and models, without the buttons."""
    texts = [message["content"][0]["text"] for message in update[tab.chatbot]]
    return [text for text in texts if not text.startswith("<")]


def test_sending_takes_the_message_at_once_and_ends_idle(tab, values, send):
    first, *_, last = send()
    assert first[tab.composer.stop].visible
    assert not any(tab.composer.message in update for update in (first, last))  # what is typed meanwhile stays
    assert said(last, tab) == ["hi", "one two three"]
    assert (last[tab.composer.send].visible, last[tab.composer.stop].visible) == (True, False)


def test_a_reader_who_leaves_at_any_moment_finds_the_whole_reply_later(tab, values, send):
    for steps in (1, 2):
        updates = send()
        for _ in range(steps):
            next(updates)
        updates.close()
        assert until(lambda: not values[tab.page_view].conversation.open_turn)
        assert values[tab.page_view].conversation.turns[-1].answer == "one two three"


def test_a_new_chat_in_mid_answer_stays_empty_while_the_reply_in_the_old_one_is_written(tab, values, send):
    page_view = values[tab.page_view]
    updates = send()
    next(updates)
    old = page_view.conversation
    page_view.turn_to(Conversation())
    assert said(tab.show(page_view), tab) == []
    # What was on its way may come after the new chat was shown: that is shown once more, and then no more of the old.
    assert [said(update, tab) for update in updates if tab.chatbot in update] == [[]]
    assert (old.turns[-1].answer, page_view.conversation.turns) == ("one two three", [])


def test_the_first_message_of_a_page_gets_what_the_model_recommends(tab, values, send, monkeypatch):
    ready = Status(state="ready", model="m", sampling=Sampling(temperature=0.6, top_k=40))
    monkeypatch.setattr(tab.backend, "status", lambda: ready)
    list(send({**values, tab.controls.top_k: 7}))
    assert tab.backend.requests[-1].sampling == Sampling(temperature=0.6, top_k=7)


def test_refusals_are_told_once_and_change_nothing(tab, values, send, monkeypatch):
    told = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: told.append(text))
    for text, changed in (("x" * (MAX_CHARACTERS + 1), {}), ("hi", {tab.controls.max_new_tokens: 0}), (" ", {})):
        (update,) = send({**values, **changed}, text)
        assert state(update) == "refused"
    assert len(told) == 3
    assert values[tab.page_view].conversation.turns == []
    assert not tab.backend.requests


@pytest.mark.parametrize("error", ["", "No space left for <R1>."])
def test_without_a_model_nothing_is_sent_and_the_way_to_the_models_is_shown(tab, values, send, monkeypatch, error):
    told = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: told.append(text))
    status = Status(state="failed" if error else "empty", model="auto", error=error)
    monkeypatch.setattr(tab.backend, "status", lambda: status)
    (update,) = send()
    assert state(update) == "refused"
    assert values[tab.page_view].conversation.turns == []
    (text,) = told
    assert ("No space left for &lt;R1&gt;." if error else "No model is loaded") in text
    assert 'name="open_models"' in text


@pytest.mark.parametrize("state", ["loading", "ready"])
def test_parameters_that_were_left_alone_follow_the_model_that_is_still_loading(tab, values, send, monkeypatch, state):
    """Also where another one was ready when the message was sent."""
    statuses = iter([Status(state=state, model="old")] * 2 + [Status(state="loading", model="")])
    ready = Status(state="ready", model="m", sampling=Sampling(temperature=0.6, top_k=40))
    monkeypatch.setattr(tab.backend, "status", lambda: next(statuses, ready))
    list(send({**values, tab.controls.top_p: 0.5}))
    wanted = Sampling(temperature=0.6, top_k=40, top_p=0.5)
    assert tab.backend.requests[-1].sampling == wanted
    assert values[tab.page_view].conversation.turns[-1].settings.sampling == wanted


@pytest.mark.parametrize("wants_thoughts", [True, False])
def test_thinking_is_chosen_where_the_model_leaves_the_choice(tab, values, send, monkeypatch, wants_thoughts):
    chosen = {**values, tab.composer.think: wants_thoughts}
    for can_choose, thinking in ((True, wants_thoughts), (False, None)):
        status = Status(state="ready", model="m", can_choose_thinking=can_choose)
        monkeypatch.setattr(tab.backend, "status", lambda status=status: status)
        list(send(chosen))
        assert tab.backend.requests[-1].thinking == thinking


def test_of_a_long_chat_the_latest_turns_are_drawn(tab, values):
    page_view = values[tab.page_view]
    for number in range(2 * MOST_TURNS + 3):
        lease = page_view.conversation.ask(f"question {number}")
        page_view.conversation.write(lease, replace(lease.turn, answer="a", state="done"))
    assert said(tab.show(page_view), tab)[0] == f"question {MOST_TURNS}"
    assert f"{MOST_TURNS} earlier" in tab.show(page_view)[tab.chatbot][0]["content"][0]["text"]
    page_view.show_earlier()
    assert said(tab.show(page_view), tab)[0] == "question 0"
