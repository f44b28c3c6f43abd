"""However many visitors there are, what is held for all of them together has its bound."""

import gc
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from deepseek_space.chat import memory_quota
from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.memory_quota import MemoryQuota
from deepseek_space.chat.records.chat_record import to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PendingMessage
from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.errors import BusyError
from deepseek_space.text.documents.document import Document, Limits
from deepseek_space.ui.handlers.chat_events import ChatEvents
from deepseek_space.ui.parts.page_events import Act


class Owner:
    pass


@pytest.fixture
def texts(monkeypatch):
    monkeypatch.setattr(memory_quota, "texts", MemoryQuota(1000))


def message(question):
    return PendingMessage(question=question, files=(), settings=ReplySettings())


def test_there_is_room_again_when_an_owner_is_gone():
    room, one, other = MemoryQuota(10), Owner(), Owner()
    room.hold(one, 8)
    with pytest.raises(BusyError, match="Try again later"):
        room.hold(other, 3)
    del one
    gc.collect()
    room.hold(other, 10)


def test_an_owner_that_grows_or_shrinks_is_counted_anew():
    room, one, other = MemoryQuota(10), Owner(), Owner()
    for size in (4, 10, 10, 2):
        room.hold(one, size)
    room.hold(other, 8)
    with pytest.raises(BusyError):
        room.hold(one, 3)
    room.hold(one, 2)


def test_what_is_read_counts_while_it_is_read_even_if_that_fails():
    room = MemoryQuota(10)
    for _ in range(2):
        with pytest.raises(BusyError), room.reading(10):
            room.hold(Owner(), 1)
    with room.reading(10):
        pass


def test_threads_cannot_take_more_than_there_is():
    room, owners = MemoryQuota(100), [Owner() for _ in range(1000)]

    def takes(owner):
        try:
            room.hold(owner, 1)
        except BusyError:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(takes, owners)) == 100


def test_documents_of_a_thousand_visitors_end_in_a_refusal_and_count_until_they_are_dropped(texts):
    visitors = [Attached() for _ in range(1000)]
    for visitor in visitors:
        visitor.add([(Document(name="a.txt", text="x" * 100), 25)], Limits())
    assert sum(len(visitor.files) for visitor in visitors) == 10
    assert "Try again later" in visitors[-1].notes[0]
    visitors[0].clear()
    gc.collect()
    visitors[-1].add([(Document(name="a.txt", text="x" * 100), 25)], Limits())
    assert visitors[-1].files


def test_questions_of_all_visitors_are_counted_with_what_came_before(texts):
    long, other = Conversation(), Conversation()
    for _ in range(9):
        message("x" * 100).open(long)
    with pytest.raises(BusyError):
        message("x" * 101).open(other)
    assert not other.tree
    message("x" * 100).open(other)


def test_a_chat_that_is_opened_or_imported_is_counted(monkeypatch):
    answers = []

    class Events:
        def reply(self, act, **words):
            answers.append(words)
            return {}

    chats = ChatEvents(tab=None, events=Events())
    conversation = Conversation()
    message("x" * 100).open(conversation)
    act = Act(name="open_chat", text=json.dumps(to_record(conversation)))
    monkeypatch.setattr(memory_quota, "parsing", MemoryQuota(50))
    chats.on_import({}, act)
    monkeypatch.setattr(memory_quota, "parsing", MemoryQuota(10_000))
    chats.on_import({}, act)
    monkeypatch.setattr(memory_quota, "texts", MemoryQuota(50))
    page = type(
        "Tab", (), {"page_view": "page_view", "runner": type("ReplyRunner", (), {"find": lambda self, chat_id: None})()}
    )()
    assert list(ChatEvents(tab=page, events=Events()).on_open({"page_view": None}, act)) == [{}]
    assert ["Try again later" in answer.get("error", "") for answer in answers] == [True, False, True]
