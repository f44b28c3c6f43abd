"""Our events and figures as OpenAI's clients read them. Knows no routes and no backend."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deepseek_space.api.chat.calls import begun_json, grown_json
from deepseek_space.api.chat.logprobs import logprobs_json
from deepseek_space.api.chat.told import Told
from deepseek_space.api.wire.usage import finish, usage_json
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted, ToolArguments, ToolCallBegun, Usage
from deepseek_space.text.templates import END_THINK


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The replies to one request in OpenAI's format, in pieces that tell their number, or whole."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def piece(self, number: int, event: Event) -> dict[str, Any] | None:
        """Return the piece that ``event`` of reply ``number`` makes; None for one that says nothing."""
        match event:
            case Reasoning(text=text, tokens=tokens) if text or tokens:
                return self._piece(number, {"reasoning_content": text}, logprobs=logprobs_json((event,)))
            case Answer(text=text, tokens=tokens) if text or tokens:
                return self._piece(number, {"content": text}, logprobs=logprobs_json((event,)))
            case ToolCallBegun():
                return self._piece(number, {"tool_calls": [begun_json(event)]})
            case ToolArguments():
                return self._piece(number, {"tool_calls": [grown_json(event)]})
            case Resorted(answer=answer):  # what is out cannot be taken back: the tag tells what it was
                return self._piece(number, {"content": answer or f"\n{END_THINK}\n\n"})
            case Done(usage=usage):
                return self._piece(number, {}, finish=finish(usage))
        return None

    def first_piece(self, number: int) -> dict[str, Any]:
        """Return the piece that tells who speaks in reply ``number``."""
        return self._piece(number, {"role": "assistant", "content": ""})

    def usage_piece(self, told: Sequence[Told]) -> dict[str, Any]:
        """Return the piece that holds the figures alone."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage_json(_sum(told))}

    def whole(self, told: Sequence[Told]) -> dict[str, Any]:
        """Return the replies in one piece, once all of them have ended."""
        choices = [_choice(number, one) for number, one in enumerate(told)]
        return {**self._head("chat.completion"), "choices": choices, "usage": usage_json(_sum(told))}

    def _piece(
        self,
        number: int,
        delta: Mapping[str, Any],
        *,
        finish: str | None = None,
        logprobs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        choice = {"index": number, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def _choice(number: int, told: Told) -> dict[str, Any]:
    thoughts = {"reasoning_content": told.thoughts} if told.thoughts else {}
    calls = {"tool_calls": told.calls.json()} if told.calls else {}
    content = None if calls and not told.answer else told.answer
    message = {"role": "assistant", "content": content, **thoughts, **calls}
    return {
        "index": number,
        "message": message,
        "finish_reason": finish(told.usage),
        "logprobs": logprobs_json(told.scored),
    }


def _sum(told: Sequence[Told]) -> Usage:
    """Return the figures of all replies to one request: its prompt counts once."""
    usages = [one.usage for one in told if one.usage]
    thoughts = [usage.reasoning_tokens for usage in usages if usage.reasoning_tokens is not None]
    return replace(
        usages[0],
        generated_tokens=sum(usage.generated_tokens for usage in usages),
        reasoning_tokens=sum(thoughts) if thoughts else None,
    )
