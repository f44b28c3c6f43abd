"""OpenAI's chat format in and out: a request's JSON to ours, our events to what clients read.

Beside OpenAI's own fields it takes those of vLLM for sampling and thinking. Knows no routes and no backend.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepseek_space.errors import (
    BusyError,
    KeyRefused,
    ModelNotFound,
    PromptTooLong,
    RemoteError,
    RequestError,
    SpaceError,
    Unsupported,
)
from deepseek_space.text.templates import END_THINK
from deepseek_space.types import Answer, Done, Event, Message, Reasoning, Request, Resorted, Sampling, Status, Usage

# The first that fits: HTTP status, OpenAI's type and code.
_ERRORS: tuple[tuple[type[SpaceError], int, str, str | None], ...] = (
    (PromptTooLong, 400, "invalid_request_error", "context_length_exceeded"),
    (RequestError, 400, "invalid_request_error", None),
    (Unsupported, 400, "invalid_request_error", None),
    (ModelNotFound, 404, "invalid_request_error", "model_not_found"),
    (BusyError, 429, "rate_limit_error", None),
    (KeyRefused, 502, "server_error", None),
    (RemoteError, 502, "server_error", None),
    (SpaceError, 500, "server_error", None),
)


class _Lax(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Part(_Lax):
    type: Literal["text"]
    text: str


class _Turn(_Lax):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class _StreamOptions(_Lax):
    include_usage: bool = False


class _TemplateChoices(_Lax):
    thinking: bool | None = None


class ChatBody(_Lax):
    """What clients send; fields that are not known here are passed over, as vLLM does."""

    model: str = ""
    messages: list[_Turn]
    stream: bool = False
    stream_options: _StreamOptions = Field(default_factory=_StreamOptions)
    n: Literal[1] = 1
    tools: list[Any] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    chat_template_kwargs: _TemplateChoices = Field(default_factory=_TemplateChoices)
    thinking_token_budget: int | None = None
    cache_salt: str | None = None


def read_body(data: bytes) -> ChatBody:
    """Return the request in ``data``. Raises RequestError that names the first field that cannot be used."""
    try:
        body = ChatBody.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "The body"
        raise RequestError(f"{where}: {first['msg']}.") from error
    if body.tools:
        raise RequestError("tools: this app calls none. Leave them out.")
    return body


def to_request(body: ChatBody, status: Status) -> Request:
    """Return what ``body`` asks of the model that answers; what it leaves open is as recommended for it.

    Raises RequestError for a value out of range, ModelNotFound for another model.
    """
    if body.model and body.model != status.model:
        raise ModelNotFound(f"There is no model {body.model} here; {status.model or 'none'} answers.")
    stop = [body.stop] if isinstance(body.stop, str) else body.stop
    length = body.max_completion_tokens if body.max_tokens is None else body.max_tokens
    given = {"max_new_tokens": length, "stop": None if stop is None else tuple(stop)}
    own = {item.name: given.get(item.name, getattr(body, item.name, None)) for item in fields(Sampling)}
    chosen = {name: getattr(status.sampling, name) if value is None else value for name, value in own.items()}
    return Request(
        messages=tuple(Message(role=_role(turn), content=turn.text) for turn in body.messages),
        sampling=Sampling(**chosen),
        thinking=body.chat_template_kwargs.thinking,
        thinking_budget=body.thinking_token_budget,
    )


def _role(turn: _Turn) -> Literal["system", "user", "assistant"]:
    return "system" if turn.role == "developer" else turn.role


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
    card = {"id": status.model, "object": "model", "created": 0, "owned_by": "deepseek-space"}
    limit = {"max_model_len": status.context_tokens} if status.context_tokens else {}
    return {"object": "list", "data": [{**card, **limit}] if status.state == "ready" else []}


def error_json(error: SpaceError) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the JSON that tell of ``error``."""
    status, kind, code = next((status, kind, code) for type_, status, kind, code in _ERRORS if isinstance(error, type_))
    return status, {"error": {"message": str(error), "type": kind, "param": None, "code": code}}
