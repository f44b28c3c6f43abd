"""How likely tokens were, as OpenAI's clients read it; thoughts in a field of their own, as DeepSeek has it."""

from collections.abc import Sequence
from typing import Any

from deepseek_space.events import Answer, Reasoning, TokenLogprob


def logprobs_json(events: Sequence[Reasoning | Answer]) -> dict[str, Any] | None:
    """Return the tokens of ``events``; None where they hold none, as none were asked for."""
    if not any(event.tokens for event in events):
        return None
    answer = [_token(token) for event in events if isinstance(event, Answer) for token in event.tokens]
    thoughts = [_token(token) for event in events if isinstance(event, Reasoning) for token in event.tokens]
    return {"content": answer, "refusal": None, **({"reasoning_content": thoughts} if thoughts else {})}


def _token(token: TokenLogprob) -> dict[str, Any]:
    return {**_likelihood(token), "top_logprobs": [_likelihood(other) for other in token.top]}


def _likelihood(token: TokenLogprob) -> dict[str, Any]:
    text = token.bytes.decode("utf-8", "replace")
    return {"token": text, "logprob": token.logprob, "bytes": list(token.bytes)}
