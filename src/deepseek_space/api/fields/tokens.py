"""The fields of a request that weigh single tokens, to ours. Knows no model: which ids there are is seen later."""

from collections.abc import Mapping
from typing import Any

from deepseek_space.errors import FieldRefused
from deepseek_space.types import Penalties

MAX_BIASES = 1024
MAX_TOP_LOGPROBS = 20
_PENALTY = (-2.0, 2.0)
_BIAS = (-100.0, 100.0)


def read_penalties(given: Mapping[str, Any]) -> Penalties:
    """Return what ``given`` asks for. Raises FieldRefused for a value out of OpenAI's range."""
    return Penalties(
        presence=_number("presence_penalty", given.get("presence_penalty", 0), _PENALTY),
        frequency=_number("frequency_penalty", given.get("frequency_penalty", 0), _PENALTY),
        bias=_biases(given.get("logit_bias", {})),
    )


def read_top_logprobs(given: Mapping[str, Any]) -> int | None:
    """Return how many of the likeliest tokens to tell; None where no probabilities are asked for."""
    wanted, top = given.get("logprobs", False), given.get("top_logprobs", 0)
    if not isinstance(wanted, bool):
        raise FieldRefused("logprobs", "it must be true or false.")
    if isinstance(top, bool) or not isinstance(top, int) or not 0 <= top <= MAX_TOP_LOGPROBS:
        raise FieldRefused("top_logprobs", f"it must be a whole number from 0 to {MAX_TOP_LOGPROBS}.")
    if top and not wanted:
        raise FieldRefused("top_logprobs", "it goes with logprobs: true. Give both, or leave it out.")
    return top if wanted else None


def _number(place: str, value: Any, limits: tuple[float, float]) -> float:
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FieldRefused(place, f"it must be a number from {low:g} to {high:g}.")
    return float(value)


def _biases(value: Any) -> tuple[tuple[int, float], ...]:
    if not isinstance(value, dict):
        raise FieldRefused("logit_bias", 'it must be {"id of a token": number}.')
    if len(value) > MAX_BIASES:
        raise FieldRefused(
            "logit_bias", f"it names {len(value):,} tokens; the most that can be weighed is {MAX_BIASES:,}."
        )
    return tuple((_id(key), _number(f"logit_bias.{key}", bias, _BIAS)) for key, bias in value.items())


def _id(key: str) -> int:
    if not (key.isascii() and key.isdecimal() and len(key) < 10):
        raise FieldRefused("logit_bias", f"{key!r:.40} is no id of a token.")
    return int(key)
