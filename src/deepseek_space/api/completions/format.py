"""Continued texts as OpenAI's clients read them, in pieces or whole. Knows no route and no backend."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deepseek_space.api.completions.text import CompletionText, Part
from deepseek_space.api.wire.usage import finish, usage_json
from deepseek_space.events import ScoredToken, Usage


@dataclass(frozen=True, kw_only=True)
class CompletionReply:
    """The answer to one request; ``scores`` says that the tokens are to be told."""

    model: str
    scores: bool = False
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def piece(self, number: int, text: CompletionText, part: Part) -> dict[str, Any]:
        """Return the piece for the next ``part`` of the text ``number``."""
        return {**self._head(), "choices": [self._choice(number, text, part)]}

    def usage_piece(self, usage: Usage) -> dict[str, Any]:
        """Return the piece that holds the figures alone."""
        return {**self._head(), "choices": [], "usage": usage_json(usage)}

    def whole(self, texts: Sequence[CompletionText], parts: Sequence[Sequence[Part]], usage: Usage) -> dict[str, Any]:
        """Return all ``texts`` that have ended, each of ``parts``."""
        joined = map(_joined, parts)
        choices = [self._choice(number, *pair) for number, pair in enumerate(zip(texts, joined, strict=True))]
        return {**self._head(), "choices": choices, "usage": usage_json(usage)}

    def _choice(self, number: int, text: CompletionText, part: Part) -> dict[str, Any]:
        logprobs = logprobs_json(part.tokens, offset=part.offset) if self.scores else None
        reason = finish(text.usage) if text.usage else None
        return {"index": number, "text": part.text, "logprobs": logprobs, "finish_reason": reason}

    def _head(self) -> dict[str, Any]:
        return {"id": self.id, "object": "text_completion", "created": self.created, "model": self.model}


def _joined(parts: Sequence[Part]) -> Part:
    return Part(
        text="".join(part.text for part in parts),
        tokens=tuple(token for part in parts for token in part.tokens),
        offset=parts[0].offset if parts else 0,
    )


def logprobs_json(tokens: Sequence[ScoredToken], *, offset: int) -> dict[str, list[Any]]:
    """Return the tokens that begin at ``offset`` as the protocol has them, in lists beside each other."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [_top(token) for token in tokens],
        "text_offset": offsets,
    }


def _top(token: ScoredToken) -> dict[str, float] | None:
    """Return the likeliest by their texts, the best of those that look the same; the token itself is among them."""
    if token.logprob is None:
        return None
    found: dict[str, float] = {}
    for text, logprob in (*token.top, (token.text, token.logprob)):
        found.setdefault(text, logprob)
    return found


def total(usages: Sequence[Usage], *, n: int, says_nothing: bool) -> Usage:
    """Return the figures of one request, of whose texts each was continued ``n`` times and counts once."""
    firsts = usages[::n]
    cached = [usage.cached_tokens for usage in firsts if usage.cached_tokens is not None]
    return replace(
        usages[0],
        prompt_tokens=sum(usage.prompt_tokens for usage in firsts),
        cached_tokens=sum(cached) if len(cached) == len(firsts) else None,
        generated_tokens=0 if says_nothing else sum(usage.generated_tokens for usage in usages),
    )
