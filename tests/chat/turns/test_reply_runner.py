import threading

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.types import Message, Request
from waiting import until

REQUEST = Request(messages=(Message(role="user", content="x"),))
WORDS = "one two three four five"


class Gated(ScriptedBackend):
    """Lets its words through one by one; an empty piece is heard while it waits."""

    def __init__(self, answer=WORDS):
        super().__init__([Scene(cue="", answer=answer)], delay_s=0)
        self._let_through = threading.Semaphore(0)

    def let(self, words):
        self._let_through.release(words)

    def stream(self, request):
        for event in super().stream(request):
            while getattr(event, "text", "") and not self._let_through.acquire(timeout=0.01):
                yield type(event)(text="")
            yield event


@pytest.fixture
def backend():
    backend = Gated()
    yield backend
    backend.close()
    backend.let(1000)
    assert until(lambda: not writers())


@pytest.fixture
def conversation():
    return Conversation()


def writers():
    return [thread for thread in threading.enumerate() if thread.name == "reply"]


def started(runner, conversation):
    """Have a reply written; returns what its page reads, already reading."""
    steps = runner.write(conversation, conversation.ask("x"), REQUEST)
    next(steps)
    return steps


def read_until(steps, text):
    return next(turn for turn in steps if turn.answer == text)


def test_the_page_that_asks_sees_the_reply_grow_and_end(backend, conversation):
    steps = started(ReplyRunner(backend), conversation)
    backend.let(2)
    read_until(steps, "one two")
    backend.let(10)
    *_, last = steps
    assert (last.answer, last.state) == (WORDS, "done")
    assert conversation.turns == [last]


def test_a_page_that_comes_back_catches_up_and_misses_and_doubles_nothing(backend, conversation):
    runner = ReplyRunner(backend)
    first = started(runner, conversation)
    backend.let(2)
    read_until(first, "one two")
    first.close()
    backend.let(1)
    found = runner.find(conversation.id)
    again = runner.watch(conversation.id)
    read_until(again, "one two three")
    backend.let(10)
    *_, last = again
    assert found is conversation
    assert (last.answer, backend.closed_early) == (WORDS, 0)


def test_two_pages_read_the_same_and_one_may_leave(backend, conversation):
    runner = ReplyRunner(backend, grace_s=0)
    here, there = started(runner, conversation), runner.watch(conversation.id)
    next(there)
    here.close()
    backend.let(10)
    *_, last = there
    assert (last.answer, last.state) == (WORDS, "done")


def test_a_reply_that_nobody_reads_is_stopped_after_the_grace_and_not_before(backend, conversation):
    now_s = [0.0]
    runner = ReplyRunner(backend, grace_s=5, clock=lambda: now_s[0])
    started(runner, conversation).close()
    now_s[0] = 5.0
    backend.let(1)
    assert until(lambda: conversation.turns[-1].answer == "one")
    now_s[0] = 5.1
    assert until(lambda: not writers())
    assert (conversation.turns[-1].state, conversation.turns[-1].answer) == ("stopped", "one")
    assert backend.status().active_requests == 0


def test_without_a_grace_leaving_stops_it_at_once(backend, conversation):
    runner = ReplyRunner(backend, grace_s=0)
    started(runner, conversation).close()
    assert until(lambda: not writers())
    assert conversation.turns[-1].state == "stopped"
    assert runner.find(conversation.id) is None


def test_what_was_written_while_nobody_read_can_be_fetched_for_as_long_as_the_grace(backend, conversation):
    now_s = [0.0]
    runner = ReplyRunner(backend, grace_s=5, clock=lambda: now_s[0])
    started(runner, conversation).close()
    backend.let(10)
    assert until(lambda: not writers())
    now_s[0] = 4.9
    assert runner.find(conversation.id) is conversation
    assert [turn.answer for turn in runner.watch(conversation.id)] == [WORDS]
    now_s[0] = 20.0
    assert runner.find(conversation.id) is None


def test_an_id_that_is_not_known_finds_nothing(backend, conversation):
    runner = ReplyRunner(backend)
    steps = started(runner, conversation)
    assert runner.find("") is None
    assert runner.find(Conversation().id) is None
    assert list(runner.watch("nobody's")) == []
    steps.close()


def test_stop_ends_it_for_all_who_read(backend, conversation):
    runner = ReplyRunner(backend)
    here, there = started(runner, conversation), runner.watch(conversation.id)
    next(there)
    conversation.stop()
    assert [list(here)[-1].state, list(there)[-1].state] == ["stopped", "stopped"]
    assert backend.status().active_requests == 0


def test_a_reply_that_is_overtaken_leaves_the_new_one_alone(backend, conversation):
    runner = ReplyRunner(backend)
    old = started(runner, conversation)
    new = runner.write(conversation, conversation.retry(), REQUEST)
    next(new)
    backend.let(20)
    *_, last = new
    list(old)
    assert (conversation.turns[-1].answer, last.state) == (WORDS, "done")
    assert conversation.turns == [last]


def test_a_reply_that_nobody_reads_makes_room_for_one_that_somebody_asks_for(backend):
    runner = ReplyRunner(backend, max_replies=2)
    left, read, asked = Conversation(), Conversation(), Conversation()
    started(runner, left).close()
    reading, asking = started(runner, read), started(runner, asked)
    assert until(lambda: left.turns[-1].state == "stopped")
    assert (read.turns[-1].state, asked.turns[-1].state) == ("open", "open")
    reading.close()
    asking.close()


def test_with_no_room_the_question_is_answered_with_a_sentence(backend):
    runner = ReplyRunner(backend, max_replies=1)
    steps, refused = started(runner, Conversation()), Conversation()
    (turn,) = runner.write(refused, refused.ask("y"), REQUEST)
    assert (turn.state, refused.turns[-1]) == ("failed", turn)
    assert "Try again" in turn.error
    steps.close()


def test_inline_the_page_that_asks_writes_itself_and_no_thread_does(backend, conversation):
    runner = ReplyRunner(backend, inline=True)
    backend.let(2)
    steps = runner.write(conversation, conversation.ask("x"), REQUEST)
    read_until(steps, "one two")
    assert (writers(), backend.status().active_requests) == ([], 1)
    steps.close()
    assert (conversation.turns[-1].state, backend.status().active_requests) == ("stopped", 0)


def test_closing_the_backend_ends_the_threads(backend, conversation):
    steps = started(ReplyRunner(backend), conversation)
    backend.let(1)
    read_until(steps, "one")
    backend.close()
    backend.let(10)
    *_, last = steps
    assert last.state == "failed"
    assert until(lambda: not writers())
