"""What the list of chats asks of the server, as its script asks it."""

import json

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.records.chat_record import to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app
from deepseek_space.ui.handlers.chat_events import ChatEvents
from deepseek_space.ui.parts.page_events import Act
from waiting import until


@pytest.fixture
def backend():
    backend = ScriptedBackend([Scene(cue="", answer="word " * 5000)], delay_s=0.01)
    yield backend
    backend.close()
    assert until(lambda: backend.status().active_requests == 0)


@pytest.fixture
def chats(backend, monkeypatch):
    """The handlers as the page wires them."""
    made = []
    monkeypatch.setattr(ChatEvents, "register", lambda self: made.append(self))
    build_app(backend, settings=read_settings([], {}))
    return made[0]


@pytest.fixture
def page_view():
    return PageView()


def act(**fields):
    return Act(name="x", number=7, **fields)


def kept(*questions):
    turns, parent = {}, ""
    for question in questions:
        turn = Turn(question=question, answer=f"to {question}", state="done", parent=parent)
        turns[turn.id], parent = turn, turn.id
    return Conversation(tree=turns)


def opened(chats, page_view, conversation):
    text = json.dumps(to_record(conversation))
    return chats.on_open({chats.tab.page_view: page_view}, act(target=conversation.id, text=text))


def answer(chats, updates):
    return updates[chats.events.component]


def writing(chats, page_view):
    """Ask something on a page; returns what streams into it, already streaming."""
    lease = page_view.conversation.ask("x")
    updates = chats.tab.reply(page_view, lease)
    next(updates)
    return updates


def test_a_record_is_shown_as_it_is(chats, page_view):
    conversation = kept("a", "b")
    (updates,) = opened(chats, page_view, conversation)
    assert [turn.answer for turn in page_view.conversation.turns] == ["to a", "to b"]
    assert page_view.conversation.id == conversation.id
    assert answer(chats, updates) == {"number": 7}


def test_a_chat_that_is_written_at_this_moment_goes_on_where_it_is(chats, page_view):
    first = writing(chats, page_view)
    stale = kept("old")
    stale.id = page_view.conversation.id
    first.close()
    reloaded = PageView()
    updates = opened(chats, reloaded, stale)
    next(updates)
    assert reloaded.conversation is page_view.conversation
    assert until(lambda: "word" in page_view.conversation.turns[-1].answer)
    assert any(chats.tab.chatbot in update for update in (next(updates) for _ in range(20)))
    updates.close()


def test_the_id_of_a_chat_that_was_never_here_shows_nothing_but_what_was_sent(chats, page_view):
    others = writing(chats, PageView())
    list(opened(chats, page_view, kept("mine")))
    assert [turn.question for turn in page_view.conversation.turns] == ["mine"]
    others.close()


def test_what_is_no_record_changes_nothing_and_is_answered_with_a_sentence(chats, page_view):
    before = page_view.conversation
    (updates,) = chats.on_open({chats.tab.page_view: page_view}, act(text="{"))
    assert "Line 1" in answer(chats, updates)["error"]
    assert page_view.conversation is before


def test_a_new_chat_has_an_id_of_its_own(chats, page_view):
    before = page_view.conversation.id
    chats.on_new({chats.tab.page_view: page_view}, act())
    assert (page_view.conversation.turns, page_view.conversation.id != before) == ([], True)


def test_a_chat_that_is_deleted_is_written_no_further(chats, page_view):
    updates = writing(chats, page_view)
    chats.on_stop({}, act(target=page_view.conversation.id))
    list(updates)
    assert page_view.conversation.turns[-1].state == "stopped"
    chats.on_stop({}, act(target="nobody's"))


def test_a_file_is_answered_with_its_records_or_with_what_is_wrong_in_it(chats):
    record = to_record(kept("a"))
    assert answer(chats, chats.on_import({}, act(text=json.dumps(record))))["chats"] == [record]
    refused = answer(chats, chats.on_import({}, act(text='{"format":\n]')))["error"]
    assert refused.startswith("Line 2: ")
    assert refused.endswith(". Nothing was imported.")


def test_records_are_sent_at_the_start_and_at_the_end_and_to_nobody_without_history(backend, chats, page_view):
    backend.close()
    updates = list(chats.tab.reply(page_view, page_view.conversation.ask("x")))
    sent = [update[chats.tab.history.component] for update in updates if chats.tab.history.component in update]
    assert [record["record"]["turns"][0]["state"] for record in sent][-1] == "failed"
    assert all(record["is_shown"] for record in sent)


def test_without_history_there_is_no_list_and_nothing_is_sent(backend, monkeypatch):
    made = []
    monkeypatch.setattr(ChatEvents, "register", lambda self: made.append(self))
    page = build_app(backend, settings=read_settings(["--no-history"], {}))
    ids = {getattr(block, "elem_id", None) for block in page.blocks.values()}
    assert not ids & {"chats-place", "chat-record"}
    assert made[0].tab.history is None
    assert "head-start" in ids


def test_while_a_reply_is_written_its_turn_alone_is_sent(chats, page_view, monkeypatch):
    monkeypatch.setattr("deepseek_space.ui.tabs.chat_tab.KEEP_S", 0.0)
    updates = chats.tab.reply(page_view, page_view.conversation.ask("x"))
    sent = [next(updates)[chats.tab.history.component] for _ in range(5)]
    page_view.conversation.stop()
    *_, last = updates
    assert [sorted(news) for news in sent] == [["at_s", "is_shown", "record"], *[["at_s", "is_shown", "part"]] * 4]
    assert sent[-1]["part"]["turn"]["question"] == "x"
    assert last[chats.tab.history.component]["record"]["turns"][0]["state"] == "stopped"
