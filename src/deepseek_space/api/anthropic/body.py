"""A request in Anthropic's words to a chat request in OpenAI's, so that both are understood in one place.

Every field is taken over or refused by name. Knows no route and no model.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deepseek_space.api.anthropic.blocks import messages_of, text_of
from deepseek_space.api.anthropic.tools import tool_fields
from deepseek_space.api.chat.body import ChatBody
from deepseek_space.api.wire.request_body import checked, json_object, without_nulls

# Claude Code's first one, which differs with each request: nothing of the prompt would ever be known from before.
_BILLING = "x-anthropic-billing-header:"
# They are for the books and caches of the service that is asked.
_CHANGE_NO_REPLY = ("metadata", "service_tier", "cache_control", "inference_geo", "betas")


class _Thinking(BaseModel):
    model_config = ConfigDict(extra="ignore")  # how a thought is to be shown

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = None


class _OutputConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None


class AnthropicBody(BaseModel):
    """What clients send; ``model_extra`` holds what is refused unless it asks for nothing."""

    model_config = ConfigDict(extra="allow")

    model: str = ""
    messages: list[Any]
    system: str | list[Any] = ""
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None
    stream: bool = False
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    thinking: _Thinking | None = None
    output_config: _OutputConfig = Field(default_factory=_OutputConfig)


def read_anthropic_body(data: bytes) -> AnthropicBody:
    """Return the request in ``data``. Raises RequestError that names the first field that cannot be used."""
    return checked(AnthropicBody, without_nulls(json_object(data)))


def to_chat(body: AnthropicBody) -> ChatBody:
    """Return the same request in OpenAI's words. Raises FieldRefused by the name of a part that cannot be had."""
    system = _system(body.system)
    head = [{"role": "system", "content": system}] if system else []
    given = body.model_extra or {}
    asked = {
        "model": body.model,
        "messages": [*head, *messages_of(body.messages)],
        "max_tokens": body.max_tokens,
        "stop": body.stop_sequences,
        "temperature": body.temperature,
        "top_p": body.top_p,
        "top_k": body.top_k,
        **_thought(body),
        **{name: value for name, value in given.items() if name not in (*_CHANGE_NO_REPLY, "tools", "tool_choice")},
        **tool_fields(given),
    }
    return checked(ChatBody, without_nulls(asked))


def texts_of(chat: ChatBody) -> Sequence[str]:
    """Return the texts that a model reads of ``chat``, one a message."""
    return [f"{message.get('reasoning_content') or ''}{message.get('content') or ''}" for message in chat.messages]


def _system(given: str | list[Any]) -> str:
    if isinstance(given, str):
        return given
    texts = [text_of(f"system.{number}", block) for number, block in enumerate(given)]
    return "\n\n".join(text for text in texts if not text.startswith(_BILLING))


def _thought(body: AnthropicBody) -> Mapping[str, Any]:
    thinking, effort = body.thinking, body.output_config.effort
    if thinking is not None and thinking.type == "disabled":
        return {"thinking": {"type": "disabled"}}
    wanted = {} if thinking is None or thinking.type == "adaptive" else {"thinking": {"type": "enabled"}}
    budget = thinking.budget_tokens if thinking else None
    return wanted | {"thinking_token_budget": budget, "reasoning_effort": effort}
