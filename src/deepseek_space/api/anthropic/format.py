"""Our events and figures as Anthropic's clients read them. Knows no route and no backend."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deepseek_space.api.chat.calls import new_id
from deepseek_space.api.chat.told import Told
from deepseek_space.api.wire.usage import finish
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted, ToolArguments, ToolCallBegun, Usage
from deepseek_space.text.templates import END_THINK

PING = 'event: ping\ndata: {"type": "ping"}\n\n'
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


@dataclass(kw_only=True)
class MessageStream:
    """One reply as the lines of a stream: a block for each stretch of thought or text."""

    model: str
    id: str = field(default_factory=lambda: f"msg_{secrets.token_hex(12)}")
    _open: str = ""
    _index: int = -1

    def begin(self) -> str:
        """Return the line that opens the message."""
        usage = {"input_tokens": 0, "output_tokens": 0}
        message = message_json(self.id, self.model, content=[], stop_reason=None, usage=usage)
        return named_line("message_start", message=message)

    def lines(self, event: Event) -> Iterator[str]:
        """Yield the lines that ``event`` makes; none for one that says nothing."""
        match event:
            case Reasoning(text=text) if text:
                yield from self._open_block("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                yield self._delta({"type": "thinking_delta", "thinking": text})
            case Answer(text=text) if text:
                yield from self._say(text)
            case ToolCallBegun(index=index, name=name):
                block = {"type": "tool_use", "id": new_id("toolu"), "name": name, "input": {}}
                yield from self._open_block(f"tool {index}", block)
            case ToolArguments(text=text):
                yield self._delta({"type": "input_json_delta", "partial_json": text})
            case Resorted(answer=answer):  # what is out cannot be taken back: the tag tells what it was
                yield from self._say(answer or f"\n{END_THINK}\n\n")
            case Done(usage=usage):
                yield from self._close_block()
                delta = {"stop_reason": _STOP_REASONS[finish(usage)], "stop_sequence": None}
                yield named_line("message_delta", delta=delta, usage=usage_json(usage))
                yield named_line("message_stop")

    def _say(self, text: str) -> Iterator[str]:
        yield from self._open_block("text", {"type": "text", "text": ""})
        yield self._delta({"type": "text_delta", "text": text})

    def _open_block(self, kind: str, block: Mapping[str, Any]) -> Iterator[str]:
        if self._open == kind:
            return
        yield from self._close_block()
        self._open, self._index = kind, self._index + 1
        yield named_line("content_block_start", index=self._index, content_block=block)

    def _close_block(self) -> Iterator[str]:
        if self._open:
            self._open = ""
            yield named_line("content_block_stop", index=self._index)

    def _delta(self, delta: Mapping[str, str]) -> str:
        return named_line("content_block_delta", index=self._index, delta=delta)


def whole(model: str, told: Told, usage: Usage) -> dict[str, Any]:
    """Return a reply that has ended, with its figures."""
    content: list[dict[str, Any]] = []
    if told.thoughts:
        content.append({"type": "thinking", "thinking": told.thoughts, "signature": ""})
    if told.answer:
        content.append({"type": "text", "text": told.answer})
    content += [
        {"type": "tool_use", "id": new_id("toolu"), "name": call.name, "input": _input(call.arguments)}
        for call in told.calls.found
    ]
    reason = _STOP_REASONS[finish(usage)]
    return message_json(
        f"msg_{secrets.token_hex(12)}", model, content=content, stop_reason=reason, usage=usage_json(usage)
    )


def _input(arguments: str) -> dict[str, Any]:
    """Return the arguments as the object that they should be; a call that broke off has what came of them as text."""
    try:
        found = json.loads(arguments or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"arguments": arguments}


def message_json(
    id: str, model: str, *, content: list[dict[str, Any]], stop_reason: str | None, usage: Mapping[str, int]
) -> dict[str, Any]:
    """Return a message as the protocol has it."""
    head = {"id": id, "type": "message", "role": "assistant", "model": model, "content": content}
    return {**head, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}


def usage_json(usage: Usage) -> dict[str, int]:
    """Return the counts of a reply; what was known from before is counted apart."""
    cached = usage.cached_tokens or 0
    return {
        "input_tokens": usage.prompt_tokens - cached,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": usage.generated_tokens,
    }


def named_line(kind: str, **values: Any) -> str:
    """Return one event of the stream."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **values}, ensure_ascii=False)}\n\n"
