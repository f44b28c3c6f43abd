"""What an engine counts while it runs. Knows nothing about who reads the figures, or how."""

from bisect import bisect_left
from dataclasses import dataclass, field

from deepseek_space.figures import Figures, Histogram

# From a cached turn on a GPU to a long prompt on a CPU.
FIRST_TOKEN_BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Tally:
    """Counts values by size. Written by one thread; another may read at any time."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        """Count ``value`` under the first bound that it does not exceed."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def snapshot(self) -> Histogram:
        """Return the counts as they are now."""
        return Histogram(bounds=self._bounds, counts=tuple(self._counts), total=self._total)


@dataclass(kw_only=True)
class Counters:
    """Totals since the engine started; ``types.Figures`` says what each counts."""

    requests: int = 0
    rejected: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    steps: int = 0
    first_token: Tally = field(default_factory=lambda: Tally(FIRST_TOKEN_BOUNDS_S))

    def snapshot(self, *, cache_bytes: int, kept_bytes: int, kept_limit_bytes: int, weight_bytes: int) -> Figures:
        """Return the totals as they are now, beside the memory that is held."""
        return Figures(
            requests=self.requests,
            rejected=self.rejected,
            errors=self.errors,
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            generated_tokens=self.generated_tokens,
            drafted_tokens=self.drafted_tokens,
            accepted_tokens=self.accepted_tokens,
            steps=self.steps,
            time_to_first_token_s=self.first_token.snapshot(),
            cache_bytes=cache_bytes,
            kept_bytes=kept_bytes,
            kept_limit_bytes=kept_limit_bytes,
            weight_bytes=weight_bytes,
        )
