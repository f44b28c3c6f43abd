"""The fields of a request that say how the next token is chosen, as several protocols have them, to ours.

Knows no route and no message.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pydantic import BaseModel

from deepseek_space.errors import FieldRefused, RequestError
from deepseek_space.types import Sampling


class SamplingFields(BaseModel):
    """What is the same for a conversation and for a text that is continued; None is as recommended for the model."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None


def to_sampling(body: SamplingFields, recommended: Sampling, *, max_new_tokens: int | None = None) -> Sampling:
    """Return the sampling; -1 and 0 mean what the programs mean that send them.

    ``max_new_tokens`` is the newer ``max_completion_tokens``: of both, the smaller one keeps both promises.
    Raises FieldRefused for a value out of range.
    """
    stop = [body.stop] if isinstance(body.stop, str) else body.stop
    most = [limit for limit in (body.max_tokens, max_new_tokens) if limit is not None]
    given = {
        "max_new_tokens": min(most, default=None),
        "stop": None if stop is None else tuple(stop),
        "top_k": 0 if body.top_k == -1 else body.top_k,
        "top_p": Sampling.LIMITS["top_p"][0] if body.top_p == 0 else body.top_p,
    }
    own: dict[str, Any] = {item.name: given.get(item.name, getattr(body, item.name, None)) for item in fields(Sampling)}
    chosen = {name: getattr(recommended, name) if value is None else value for name, value in own.items()}
    if body.seed == -1:
        chosen["seed"] = None
    _check(chosen, limit="max_tokens" if max_new_tokens is None else "max_completion_tokens")
    return Sampling(**chosen)


def _check(chosen: Mapping[str, Any], *, limit: str) -> None:
    """Raise FieldRefused for the first value that cannot be; ``limit`` is what the program calls max_new_tokens."""
    for name, value in chosen.items():
        try:
            Sampling(**{name: value})
        except RequestError as error:
            raise FieldRefused(limit if name == "max_new_tokens" else name, str(error)) from error


def numbered(sampling: Sampling, number: int) -> Sampling:
    """Return ``sampling`` for reply ``number`` to one request: the same, with a seed of its own."""
    if sampling.seed is None or not number:
        return sampling
    return replace(sampling, seed=(sampling.seed + number) % (Sampling.LIMITS["seed"][1] + 1))
