"""Messages as clients write them."""

import pytest

from deepseek_space.api.chat.messages import MAX_PARTS, read_messages
from deepseek_space.errors import FieldRefused, RequestError
from deepseek_space.text.bounds import MAX_CHARACTERS, MAX_TURNS
from deepseek_space.types import Begun, Message


def user(content="Hi", **more):
    return {"role": "user", "content": content, **more}


def test_a_reply_may_come_back_as_a_client_has_it():
    reply = {
        "role": "assistant",
        "content": "Four.",
        "reasoning_content": "2 + 2",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
    }
    messages = read_messages([user(), reply, user("And 3 + 3?")]).messages
    assert messages[1] == Message(role="assistant", content="Four.", reasoning="2 + 2")


def test_parts_are_one_text_and_a_developer_is_the_system():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = read_messages([{"role": "developer", "content": "Be brief."}, user(parts)]).messages
    assert messages == (Message(role="system", content="Be brief."), Message(role="user", content="ab"))


def test_the_last_message_of_the_assistant_is_the_beginning_of_the_reply():
    begun = read_messages([user(), {"role": "assistant", "content": "It is"}])
    assert begun.messages == (Message(role="user", content="Hi"),)
    assert begun.begun == Begun(answer="It is")


@pytest.mark.parametrize(
    ("message", "field", "says"),
    [
        ("Hi", "messages.1", "it must be"),
        ({"content": "x"}, "messages.1.role", "it must be system, developer, user or assistant"),
        ({"role": ["user"], "content": "x"}, "messages.1.role", "it must be"),
        ({"role": "tool", "content": "4"}, "messages.1.role", "was not trained to call tools"),
        ({"role": "assistant", "tool_calls": [{"id": "1"}]}, "messages.1.tool_calls", "was not trained to call tools"),
        (user(name="Ada"), "messages.1.name", "the prompt formats have no names"),
        (user(colour="red"), "messages.1.colour", "there is no such field"),
        (user(prefix=True), "messages.1.prefix", "only the assistant's last message"),
        (user(5), "messages.1.content", "it must be text"),
        (user([{"type": "image_url", "image_url": {}}]), "messages.1.content.0", "this app takes no pictures"),
        (user([{"type": "input_audio"}]), "messages.1.content.0", "this app takes no sound"),
        (user([{"type": "text", "text": "a"}, {"type": "x"}]), "messages.1.content.1", "it must be"),
        (user(["a"]), "messages.1.content.0", "it must be"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_place(message, field, says):
    with pytest.raises(FieldRefused, match=says) as refused:
        read_messages([user(), message])
    assert refused.value.field == field


def test_there_are_bounds_before_anything_is_looked_at():
    with pytest.raises(FieldRefused, match="10,001; the most that can be sent is 10,000"):
        read_messages([None] * (MAX_TURNS + 1))
    with pytest.raises(FieldRefused, match="parts; the most that can be sent is 10,000"):
        read_messages([user([None] * (MAX_PARTS + 1))])
    with pytest.raises(RequestError, match="400,001 characters long"):
        read_messages([user("x" * (MAX_CHARACTERS + 1))])
