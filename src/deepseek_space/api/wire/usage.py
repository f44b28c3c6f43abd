"""The figures of a reply, and why it ended, as OpenAI's clients read them. Knows no reply."""

from typing import Any

from deepseek_space.events import Usage


def finish(usage: Usage | None) -> str:
    """Return why a reply ended."""
    if usage and usage.finish_reason == "tool_calls":
        return "tool_calls"
    return "length" if usage and usage.finish_reason in ("length", "time") else "stop"


def usage_json(usage: Usage) -> dict[str, Any]:
    """Return the counts of a reply."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.generated_tokens,
        "total_tokens": usage.prompt_tokens + usage.generated_tokens,
        **_cached(usage),
        **_reasoning(usage),
    }


def _cached(usage: Usage) -> dict[str, Any]:
    """Return what of the prompt was remembered, in OpenAI's words and in DeepSeek's; nothing where it is not known."""
    cached = usage.cached_tokens
    if cached is None:
        return {}
    return {
        "prompt_tokens_details": {"cached_tokens": cached},
        "prompt_cache_hit_tokens": cached,
        "prompt_cache_miss_tokens": max(0, usage.prompt_tokens - cached),
    }


def _reasoning(usage: Usage) -> dict[str, Any]:
    tokens = usage.reasoning_tokens
    return {} if tokens is None else {"completion_tokens_details": {"reasoning_tokens": tokens}}
