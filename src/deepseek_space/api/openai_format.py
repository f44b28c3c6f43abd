"""Our events and figures as OpenAI's clients read them. Knows no routes and no backend."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted, Usage
from deepseek_space.text.templates import END_THINK
from deepseek_space.types import Status


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply in OpenAI's format, in pieces or whole."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def piece(self, event: Event) -> dict[str, Any] | None:
        """Return the piece that ``event`` makes; None for one that says nothing."""
        match event:
            case Reasoning(text=text) if text:
                return self._piece({"reasoning_content": text})
            case Answer(text=text) if text:
                return self._piece({"content": text})
            case Resorted(answer=answer):  # what is out cannot be taken back: the tag tells what it was
                return self._piece({"content": answer or f"\n{END_THINK}\n\n"})
            case Done(usage=usage):
                return self._piece({}, finish=_finish(usage))
        return None

    def first_piece(self) -> dict[str, Any]:
        """Return the piece that tells who speaks."""
        return self._piece({"role": "assistant", "content": ""})

    def usage_piece(self, usage: Usage) -> dict[str, Any]:
        """Return the piece that holds the figures alone."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage_json(usage)}

    def whole(self, thoughts: str, answer: str, usage: Usage) -> dict[str, Any]:
        """Return the reply in one piece."""
        message = {"role": "assistant", "content": answer, **({"reasoning_content": thoughts} if thoughts else {})}
        choice = {"index": 0, "message": message, "finish_reason": _finish(usage), "logprobs": None}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage_json(usage)}

    def _piece(self, delta: Mapping[str, str], *, finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def _finish(usage: Usage) -> str:
    return "length" if usage.finish_reason in ("length", "time") else "stop"


def usage_json(usage: Usage) -> dict[str, Any]:
    """Return the counts of a reply."""
    cached = {} if usage.cached_tokens is None else {"prompt_tokens_details": {"cached_tokens": usage.cached_tokens}}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.generated_tokens,
        "total_tokens": usage.prompt_tokens + usage.generated_tokens,
        **cached,
    }


def models_json(status: Status) -> dict[str, Any]:
    """Return the list of models: the one that answers, if there is one."""
    return {"object": "list", "data": [model_json(status)] if status.state == "ready" else []}


def model_json(status: Status) -> dict[str, Any]:
    """Return the model that answers."""
    card = {"id": status.model, "object": "model", "created": 0, "owned_by": "deepseek-space"}
    return {**card, "max_model_len": status.context_tokens} if status.context_tokens else card
