"""What a conversation sends, and what it keeps of a reply."""

from contextlib import closing

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.commands.conversation import Conversation
from deepseek_space.errors import EngineError, RequestError
from deepseek_space.events import Answer, Resorted
from deepseek_space.types import Message, Sampling

SCRIPT = (Scene(cue="broken", answer="", breaks_off="It broke."), Scene(cue="", answer="one two", reasoning="hm"))


@pytest.fixture
def backend():
    return ScriptedBackend(SCRIPT, delay_s=0)


def sent(backend):
    return [(message.role, message.content) for message in backend.requests[-1].messages]


def test_each_question_goes_with_all_that_was_said(backend):
    sampling = Sampling(temperature=0)
    conversation = Conversation(
        backend, opening=(Message(role="system", content="Be brief."),), sampling=sampling, thinking=False
    )
    for question in ("first", "second"):
        list(conversation.ask(question))
    assert sent(backend) == [
        ("system", "Be brief."),
        ("user", "first"),
        ("assistant", "one two"),
        ("user", "second"),
    ]
    assert (backend.requests[-1].sampling, backend.requests[-1].thinking) == (sampling, False)
    conversation.forget()
    list(conversation.ask("third"))
    assert sent(backend) == [("system", "Be brief."), ("user", "third")]


def test_what_was_said_until_the_stop_has_been_said(backend):
    conversation = Conversation(backend)
    with closing(conversation.ask("first")) as events:
        next(event for event in events if isinstance(event, Answer))
    assert backend.closed_early == 1
    list(conversation.ask("second"))
    assert sent(backend) == [("user", "first"), ("assistant", "one"), ("user", "second")]


class Unsorted(ScriptedBackend):
    def stream(self, request):
        *_, done = super().stream(request)
        yield from (Answer(text="hm"), Resorted(reasoning="hm"), Answer(text="42"), done)


def test_a_thought_that_was_taken_for_the_answer_is_not_sent_back():
    backend = Unsorted(SCRIPT, delay_s=0)
    conversation = Conversation(backend)
    for question in ("first", "second"):
        list(conversation.ask(question))
    assert sent(backend) == [("user", "first"), ("assistant", "42"), ("user", "second")]


def test_a_question_without_an_answer_is_forgotten(backend):
    conversation = Conversation(backend)
    with pytest.raises(EngineError, match="It broke"):
        list(conversation.ask("broken"))
    with pytest.raises(RequestError, match="empty"):
        list(conversation.ask(" "))
    list(conversation.ask("second"))
    assert sent(backend) == [("user", "second")]
