"""What an engine has done and holds, in numbers. Knows neither who counts nor who reads them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How many values were at most each of ``bounds``, and how many above the last; not cumulative."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What an engine has done since it started and what it holds now.

    ``prompt_tokens`` includes ``cached_tokens``, which were not read again; ``generated_tokens`` includes
    ``accepted_tokens``, those of the ``drafted_tokens`` that proved right and saved a step; ``errors`` counts requests
    that broke off, ``rejected`` those that found the queue full. ``cache_bytes`` includes ``kept_bytes``, the kept
    prefixes, which are at most ``kept_limit_bytes``.
    """

    requests: int
    rejected: int
    errors: int
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    drafted_tokens: int
    accepted_tokens: int
    steps: int
    time_to_first_token_s: Histogram
    cache_bytes: int
    kept_bytes: int
    kept_limit_bytes: int
    weight_bytes: int
