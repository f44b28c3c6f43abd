"""The blocks that Anthropic's messages are made of, to messages in OpenAI's words.

Text alone, each refused by its place where it holds other things. Knows no model.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepseek_space.errors import FieldRefused

_OTHERS = {
    "image": "this app takes no pictures. Leave it out.",
    "document": "this app takes no files here. Put their text into the message.",
    "search_result": "this app takes no search results. Put their text into the message.",
}


def messages_of(given: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the messages. Raises FieldRefused, which names the place, for what cannot be taken."""
    return [message for number, item in enumerate(given) for message in _messages(f"messages.{number}", item)]


def text_of(place: str, block: Any) -> str:
    """Return the text of a block that has to be one of text."""
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": str(kind)} if kind in _OTHERS:
            raise FieldRefused(place, _OTHERS[kind])
    raise FieldRefused(place, 'it must be {"type": "text", "text": "…"}.')


def _messages(place: str, item: Any) -> Iterator[dict[str, Any]]:
    match item:
        case {"role": "user" | "assistant" as role, "content": str(text), **rest} if not rest:
            yield {"role": role, "content": text}
        case {"role": "user", "content": list(blocks), **rest} if not rest:
            yield from _of_user(place, blocks)
        case {"role": "assistant", "content": list(blocks), **rest} if not rest:
            yield _of_assistant(place, blocks)
        case _:
            raise FieldRefused(place, 'it must be {"role": "user" or "assistant", "content": text or blocks}.')


def _of_user(place: str, blocks: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield the results that a turn holds, each as a message, and then its text."""
    texts = []
    for number, block in enumerate(blocks):
        match block:
            case {"type": "tool_result", "tool_use_id": str(id)}:
                yield {"role": "tool", "tool_call_id": id, "content": _result(f"{place}.content.{number}", block)}
            case _:
                texts.append(text_of(f"{place}.content.{number}", block))
    if texts:
        yield {"role": "user", "content": "\n\n".join(texts)}


def _result(place: str, block: Mapping[str, Any]) -> str:
    content = block.get("content") or ""
    text = content if isinstance(content, str) else _joined(place, content)
    return f"Error: {text}" if block.get("is_error") else text


def _joined(place: str, blocks: Sequence[Any]) -> str:
    return "\n\n".join(text_of(f"{place}.content.{number}", block) for number, block in enumerate(blocks))


def _of_assistant(place: str, blocks: Sequence[Any]) -> dict[str, Any]:
    thoughts, texts, calls = [], [], []
    for number, block in enumerate(blocks):
        match block:
            case {"type": "thinking", "thinking": str(thought)}:
                thoughts.append(thought)
            case {"type": "tool_use", "id": str(id), "name": str(name), "input": dict(arguments)}:
                function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
                calls.append({"id": id, "type": "function", "function": function})
            case {"type": "redacted_thinking"}:  # another model's, which nobody can read
                pass
            case _:
                texts.append(text_of(f"{place}.content.{number}", block))
    message = {"role": "assistant", "content": "\n\n".join(texts), "reasoning_content": "".join(thoughts)}
    return {**message, "tool_calls": calls} if calls else message
