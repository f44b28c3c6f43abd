"""The messages of a chat request to ours: text alone, in bounds, each refused by its place where it holds other things.

A last message by the assistant is the beginning of the reply. Knows no model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deepseek_space.api.fields.tools import read_calls
from deepseek_space.errors import FieldRefused
from deepseek_space.text.bounds import MAX_TURNS, check_length
from deepseek_space.types import Begun, Message, Role

MAX_PARTS = 10_000
_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# What clients send back of a reply, and what changes nothing.
_LET_THROUGH = frozenset({"role", "content", "reasoning_content", "reasoning", "annotations", "id"})
_NO_TOOLS = "the model that answers here was not trained to call tools."
_REASONS = {
    "name": "the prompt formats have no names. Leave it out, or put it into the text.",
    "tool_calls": _NO_TOOLS,
    "tool_call_id": _NO_TOOLS,
    "function_call": "OpenAI has replaced it: give tool_calls.",
    "prefix": "only the assistant's last message can be gone on with.",
}
_OTHER_PARTS = {
    "image_url": "this app takes no pictures",
    "input_audio": "this app takes no sound",
    "file": "this app takes no files here",
    "refusal": "a refusal is to be sent as text",
}


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """``messages`` up to a user's, and the reply that is ``begun``, if there is one."""

    messages: tuple[Message, ...]
    begun: Begun | None = None


def read_messages(given: Sequence[Any], *, calls_tools: bool = False) -> Conversation:
    """Return the conversation, which may hold calls and results where the model ``calls_tools``.

    Raises RequestError, which names the place, for what cannot be taken.
    """
    if len(given) > MAX_TURNS:
        raise FieldRefused("messages", f"there are {len(given):,}; the most that can be sent is {MAX_TURNS:,}.")
    parts = sum(len(item["content"]) for item in given if _has_parts(item))
    if parts > MAX_PARTS:
        raise FieldRefused("messages", f"they hold {parts:,} parts; the most that can be sent is {MAX_PARTS:,}.")
    read = _message_with_tools if calls_tools else _message
    messages = tuple(read(number, item, is_last=number == len(given) - 1) for number, item in enumerate(given))
    check_length("The conversation", "".join(message.content for message in messages))
    _check_results(messages)
    if not messages or messages[-1].role != "assistant":
        return Conversation(messages=messages)
    last = messages[-1]
    if last.tool_calls:
        raise FieldRefused("messages", "they end with calls of tools. Send the results too.")
    return Conversation(messages=messages[:-1], begun=Begun(reasoning=last.reasoning, answer=last.content))


def _has_parts(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("content"), list)


def _message(number: int, item: Any, *, is_last: bool) -> Message:
    place = f"messages.{number}"
    if not isinstance(item, dict):
        raise FieldRefused(place, 'it must be {"role": "user", "content": "text"}.')
    role = _ROLES.get(item["role"]) if isinstance(item.get("role"), str) else None
    if role is None:
        known = "it must be system, developer, user or assistant"
        raise FieldRefused(f"{place}.role", f"{known}; {_NO_TOOLS}")
    for name, value in item.items():
        if not (name == "prefix" and is_last and role == "assistant"):  # DeepSeek's word for what is done anyway
            _check_field(f"{place}.{name}", name, value)
    reasoning = item.get("reasoning_content") or item.get("reasoning") or ""
    return Message(
        role=role,
        content=_text(f"{place}.content", item.get("content")),
        reasoning=reasoning if isinstance(reasoning, str) else "",
    )


def _message_with_tools(number: int, item: Any, *, is_last: bool) -> Message:
    """Return a message that may be a result, or hold calls."""
    place = f"messages.{number}"
    match item:
        case {"role": "tool", "tool_call_id": str(id), **rest}:
            content = _text(f"{place}.content", rest.pop("content", None))
            for name, value in rest.items():
                if name != "name":  # which the format has no place for, and the call has told
                    _check_field(f"{place}.{name}", name, value)
            return Message(role="tool", content=content, tool_call_id=id)
        case {"role": "tool"}:
            raise FieldRefused(f"{place}.tool_call_id", "it must be the id of the call that this is the result of.")
        case {"role": "assistant", "tool_calls": [_, *_] as calls, **rest}:
            return replace(
                _message(number, {"role": "assistant", **rest}, is_last=is_last),
                tool_calls=read_calls(f"{place}.tool_calls", calls),
            )
    return _message(number, item, is_last=is_last)


def _check_results(messages: Sequence[Message]) -> None:
    """Raise FieldRefused unless each result is that of a call made right before."""
    known: set[str] = set()
    for number, message in enumerate(messages):
        if message.role == "assistant":
            known = {call.id for call in message.tool_calls}
        elif message.role == "tool" and message.tool_call_id not in known:
            raise FieldRefused(f"messages.{number}.tool_call_id", "the assistant has made no such call before it.")


def _check_field(place: str, name: str, value: Any) -> None:
    if name not in _LET_THROUGH and value not in (None, [], False):
        raise FieldRefused(place, _REASONS.get(name, "there is no such field here. Leave it out."))


def _text(place: str, content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise FieldRefused(place, "it must be text, or a list of parts that are text.")
    return "".join(_part(f"{place}.{number}", part) for number, part in enumerate(content))


def _part(place: str, part: Any) -> str:
    match part:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": str(kind)} if kind in _OTHER_PARTS:
            raise FieldRefused(place, f"{_OTHER_PARTS[kind]}. Leave it out.")
    raise FieldRefused(place, 'it must be {"type": "text", "text": "…"}.')
