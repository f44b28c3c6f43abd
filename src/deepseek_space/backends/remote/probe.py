"""What a server is asked about one of its models, since its list of models does not tell; each thing once.

A server that was away is asked anew: it may have been started in another way. Knows no reply.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepseek_space.backends.remote.connection import Connection, Order
from deepseek_space.backends.remote.model import RemoteModel
from deepseek_space.errors import SpaceError
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.text.templates import THINK

log = logging.getLogger(__name__)

Facts = dict[str, bool | None]  # fields of RemoteModel

_QUESTION = [{"role": "user", "content": "?"}]
_TOOL: dict[str, Any] = {"type": "function", "function": {"name": "look_around", "parameters": {"type": "object"}}}


class ServerProbe:
    """Asks the server behind ``connection``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, Facts] = {}

    def forget(self) -> None:
        """Take nothing that was found out for true any more."""
        self._known = {}

    def has_tried(self, model: RemoteModel) -> bool:
        """Tell whether it is known if ``model`` takes a limit to thoughts."""
        return "can_limit_thoughts" in self._known.get(model.name, {})

    def with_known(self, model: RemoteModel) -> RemoteModel:
        """Return ``model`` with what is known of it."""
        return replace(model, **self._known.get(model.name, {}))

    async def ask(self, model: RemoteModel) -> RemoteModel:
        """Return ``model`` with all that the server says of it; what it does not say now is asked the next time."""
        known = self._known.setdefault(model.name, {})
        try:
            if "opens_thought" not in known:
                known["opens_thought"] = await self._opens_thought(model)
            if "calls_tools" not in known:
                known["calls_tools"] = await self._calls_tools(model)
            if "can_limit_thoughts" not in known:
                known |= await self._limit(model)
        except (SpaceError, Interrupted) as error:
            log.info("%s", error)
        return self.with_known(model)

    async def _limit(self, model: RemoteModel) -> Facts:
        """Return whether a limit to thoughts is taken: by vLLM, where it was given a parser for them.

        Its answer of one token shows as well whether thoughts come in a field of their own.
        """
        if model.kind != "vllm" or model.is_base:
            return {"can_limit_thoughts": False}
        body = {"model": model.name, "messages": _QUESTION, "max_tokens": 1, "thinking_token_budget": 1}
        order = Order(url=self._connection.server.at("chat/completions"), body=body)
        answer = await self._connection.post(order)
        return {"can_limit_thoughts": answer is not None, "has_field": _has_field(answer)}

    async def _opens_thought(self, model: RemoteModel) -> bool | None:
        """Tell whether the server's template ends inside a thought; None: it does not say."""
        asked = {"model": model.name, "messages": _QUESTION}
        if model.is_base:
            return False
        if model.kind == "llamacpp":
            return _ends_in_thought(await self._connection.post(self._beside("apply-template", asked)))
        if model.kind != "vllm":
            return None
        tokens = (await self._connection.post(self._beside("tokenize", asked)) or {}).get("tokens")
        text = {"model": model.name, "tokens": tokens}
        return _ends_in_thought(await self._connection.post(self._beside("detokenize", text))) if tokens else None

    async def _calls_tools(self, model: RemoteModel) -> bool | None:
        """Tell whether llama.cpp's template shows the model its tools: where it does not, they are passed over."""
        if model.kind != "llamacpp" or model.is_base:
            return None
        asked = {"model": model.name, "messages": _QUESTION, "tools": [_TOOL]}
        prompt = (await self._connection.post(self._beside("apply-template", asked)) or {}).get("prompt")
        return _TOOL["function"]["name"] in prompt if isinstance(prompt, str) else None

    def _beside(self, path: str, body: dict[str, Any]) -> Order:
        return Order(url=self._connection.server.beside(path), body=body)


def _ends_in_thought(answer: Mapping[str, Any] | None) -> bool | None:
    prompt = (answer or {}).get("prompt")
    return prompt.rstrip().endswith(THINK) if isinstance(prompt, str) else None


def _has_field(answer: Mapping[str, Any] | None) -> bool:
    match answer:
        case {"choices": [{"message": {"content": None, "reasoning": str()} | {"reasoning_content": str()}}, *_]}:
            return True
    return False
