"""A chat request's JSON to ours: bounded before it is looked at, every field honoured or refused by name.

Beside OpenAI's own fields it takes those of DeepSeek and vLLM for sampling and thinking. Knows no routes, no backend.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deepseek_space.api.chat.messages import Conversation, read_messages
from deepseek_space.api.fields.formats import read_constraint
from deepseek_space.api.fields.handed_on import to_hand_on
from deepseek_space.api.fields.models import check_model, thinking_of
from deepseek_space.api.fields.sampling import SamplingFields, to_sampling
from deepseek_space.api.fields.stream_options import StreamOptions
from deepseek_space.api.fields.tokens import read_penalties, read_top_logprobs
from deepseek_space.api.fields.tools import read_tools, without_tools
from deepseek_space.api.wire.request_body import checked, json_object, without_nulls
from deepseek_space.errors import FieldRefused
from deepseek_space.status import Status
from deepseek_space.types import Request

# Tokens of thought for each effort, about as other services have it; None: as long as the model likes.
_EFFORTS: Mapping[str, int | None] = {
    "minimal": 512,
    "low": 1024,
    "medium": 4096,
    "high": None,
    "xhigh": None,
    "max": None,
    "ultra": None,
}

MAX_REPLIES = 8  # to one request: each is a row of the engine, of which others want some too


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _TemplateChoices(_Part):
    thinking: bool | None = None
    enable_thinking: bool | None = None


class _Thinking(_Part):
    type: Literal["enabled", "disabled"]


class ChatBody(SamplingFields):
    """What clients send; ``model_extra`` holds the fields that this app does not work by itself."""

    model_config = ConfigDict(extra="allow")

    model: str = ""
    messages: list[Any]
    stream: bool = False
    stream_options: StreamOptions = Field(default_factory=StreamOptions)
    n: int = Field(default=1, ge=1, le=MAX_REPLIES)
    max_completion_tokens: int | None = None
    chat_template_kwargs: _TemplateChoices = Field(default_factory=_TemplateChoices)
    thinking: _Thinking | None = None
    enable_thinking: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"] | None = None
    thinking_token_budget: int | None = None
    cache_salt: str | None = None


def read_body(data: bytes) -> ChatBody:
    """Return the request in ``data``. Raises RequestError that names the first field that cannot be used."""
    return checked(ChatBody, _without_nulls(json_object(data)), place=_place)


def to_request(body: ChatBody, status: Status) -> Request:
    """Return what ``body`` asks of the model that answers; what it leaves open is as recommended for it.

    Raises NotReady while none answers yet, ModelNotFound for another model, RequestError for what cannot be had.
    """
    check_model(body.model, status)
    conversation = read_messages(body.messages, calls_tools=status.tool_format != "none")
    _check_begun(conversation, status)
    thinking, budget = _thought(body, status)
    given = body.model_extra or {}
    offered, given = read_tools(given, status, thinking=thinking), without_tools(given)
    worked = {name: value for name, value in given.items() if name in status.honours}
    return Request(
        messages=conversation.messages,
        begun=conversation.begun,
        sampling=to_sampling(body, status.sampling, max_new_tokens=body.max_completion_tokens),
        thinking=thinking,
        thinking_budget=budget,
        server_fields=to_hand_on(
            {name: value for name, value in given.items() if name not in worked}, passes_on=status.passes_on
        ),
        penalties=read_penalties(worked),
        top_logprobs=read_top_logprobs(worked),
        tools=offered.tools,
        forced_tools=offered.forced,
        calls_once=offered.calls_once,
        constraint=read_constraint(worked),
    )


def _without_nulls(found: Mapping[str, Any]) -> dict[str, Any]:
    left = without_nulls(found)
    for name in ("stream_options", "chat_template_kwargs"):
        if isinstance(left.get(name), dict):
            left[name] = without_nulls(left[name])
    return left


def _place(location: tuple[int | str, ...]) -> str:
    # What follows a field's own name is which of its types was tried.
    return ".".join(map(str, location if location[0] in ("chat_template_kwargs", "stream_options") else location[:1]))


def _check_begun(conversation: Conversation, status: Status) -> None:
    if conversation.begun and not status.can_continue:
        raise FieldRefused(
            "messages", f"{status.model} cannot go on with the assistant's last message. End with a user's message."
        )


def _thought(body: ChatBody, status: Status) -> tuple[bool | None, int | None]:
    """Return whether to think, None for the model's own way, and for at most how many tokens.

    Raises FieldRefused where what is asked for and what the model does are not the same.
    """
    wishes = _wishes(body)
    if len(set(wishes.values())) > 1:
        raise FieldRefused(next(iter(wishes)), f"{' and '.join(wishes)} ask for different things. Give one of them.")
    thinking = next(iter(wishes.values()), thinking_of(body.model, status))
    if thinking is not None and not status.can_choose_thinking and thinking != status.can_think:
        way = "always thinks" if status.can_think else "does not think"
        raise FieldRefused(next(iter(wishes)), f"{status.model} {way}. Leave it out.")
    return thinking, _budget(body, status)


def _budget(body: ChatBody, status: Status) -> int | None:
    name, budget = "thinking_token_budget", body.thinking_token_budget
    if budget is None and body.reasoning_effort is not None:
        name, budget = "reasoning_effort", _EFFORTS.get(body.reasoning_effort)
    if budget is not None and status.can_think and not status.can_limit_thoughts:
        raise FieldRefused(name, f"the thoughts of {status.model} cannot be limited here. Leave it out.")
    return budget


def _wishes(body: ChatBody) -> dict[str, bool]:
    """Return what each field says that has a say in whether to think."""
    kwargs = body.chat_template_kwargs
    said = {
        "thinking": None if body.thinking is None else body.thinking.type == "enabled",
        "enable_thinking": body.enable_thinking,
        "chat_template_kwargs.thinking": kwargs.thinking,
        "chat_template_kwargs.enable_thinking": kwargs.enable_thinking,
        "reasoning_effort": None if body.reasoning_effort is None else body.reasoning_effort != "none",
    }
    return {name: value for name, value in said.items() if value is not None}
