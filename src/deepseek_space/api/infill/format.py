"""What was filled in, as llama.cpp's clients read it. Knows no route and no backend."""

from collections.abc import Mapping, Sequence
from typing import Any

from deepseek_space.events import Usage


def infill_json(content: str, usage: Usage) -> dict[str, Any]:
    """Return the whole answer, or the last piece of one."""
    limit = usage.finish_reason in ("length", "time")
    return {
        "content": content,
        "stop": True,
        "model": usage.model,
        "tokens_predicted": usage.generated_tokens,
        "tokens_evaluated": usage.prompt_tokens,
        "tokens_cached": usage.cached_tokens or 0,
        "truncated": False,
        "stop_type": "limit" if limit else "eos",
        "timings": _timings(usage),
    }


def piece_json(content: str) -> dict[str, Any]:
    """Return a piece that is not the last."""
    return {"content": content, "stop": False}


def chosen(answer: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return those fields of ``answer`` that are named, as ``a/b`` where one is within another; none: all."""
    if not names:
        return dict(answer)
    found = {}
    for name in names:
        value: Any = answer
        for key in name.split("/"):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found[name] = value
    return found


def _timings(usage: Usage) -> dict[str, float]:
    generated_tokens = usage.generated_tokens
    prompt_n = usage.prompt_tokens - (usage.cached_tokens or 0)
    prompt_ms = usage.time_to_first_token_s * 1000
    predicted_ms = generated_tokens / usage.tokens_per_second * 1000 if usage.tokens_per_second else 0.0
    return {
        "prompt_n": prompt_n,
        "prompt_ms": prompt_ms,
        "prompt_per_token_ms": prompt_ms / prompt_n if prompt_n else 0.0,
        "prompt_per_second": prompt_n / prompt_ms * 1000 if prompt_ms else 0.0,
        "predicted_n": generated_tokens,
        "predicted_ms": predicted_ms,
        "predicted_per_token_ms": predicted_ms / generated_tokens if generated_tokens else 0.0,
        "predicted_per_second": usage.tokens_per_second,
    }
