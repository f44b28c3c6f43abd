"""Measures how fast the model answers while it does, for the next choice of how to run one.

Takes the figures of replies that were alone from end to end, and of those that had several beside them.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.backends.local.resident_model import Recipe
from deepseek_space.events import Done, EventStream, Usage
from deepseek_space.models.fit.hardware import count_cores
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.fit.pace import Readers
from deepseek_space.models.fit.pace_file import read_paces, this_machine, write_paces
from deepseek_space.models.source import ModelSource

LEAST_TOKENS = 48
"""A shorter reply tells little."""
MANY = 4
"""Replies at a time, on average while one is written."""


@dataclass(frozen=True, kw_only=True)
class _Start:
    """When a reply began, the seconds of all replies until then, and which it is of all; None: it was not alone."""

    at_s: float
    spent_s: float
    number: int | None


class Measuring:
    """Follows the replies of the model that ``cache_dir`` is to know more of."""

    def __init__(
        self,
        cache_dir: Path,
        *,
        cores: Callable[[], int] = count_cores,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache_dir, self._cores, self._clock = cache_dir, cores, clock
        self._lock = threading.Lock()
        self._open = self._begun = 0
        self._spent_s, self._until_s = 0.0, clock()

    def follow(self, events: EventStream, recipe: Recipe) -> EventStream:
        """Yield ``events``, and keep what they tell of the pace of ``recipe``."""
        start = self._begin()
        try:
            for event in events:
                if isinstance(event, Done):
                    self._take(event.usage, start, recipe)
                yield event
        finally:
            events.close()
            with self._lock:
                self._count(-1)

    def _begin(self) -> _Start:
        with self._lock:
            is_alone = self._open == 0
            self._count(1)
            self._begun += 1
            return _Start(at_s=self._until_s, spent_s=self._spent_s, number=self._begun if is_alone else None)

    def _count(self, change: int) -> None:
        """Add up the time that passed with as many replies as there were; let there be ``change`` more."""
        now_s = self._clock()
        self._spent_s += self._open * (now_s - self._until_s)
        self._until_s, self._open = now_s, self._open + change

    def _take(self, usage: Usage, start: _Start, recipe: Recipe) -> None:
        if recipe.plan.device != "cpu" or usage.generated_tokens < LEAST_TOKENS or not usage.tokens_per_second:
            return
        with self._lock:
            self._count(0)
            together = (self._spent_s - start.spent_s) / max(self._until_s - start.at_s, 1e-9)
            if start.number == self._begun:
                self._keep(recipe, "one", usage.tokens_per_second)
            elif together >= MANY:
                self._keep(recipe, "many", usage.tokens_per_second * together)

    def _keep(self, recipe: Recipe, readers: Readers, tokens_per_s: float) -> None:
        machine, model = this_machine(self._cores()), measured_as(recipe.source, recipe.plan)
        paces = read_paces(self._cache_dir, machine=machine).adding(model, recipe.plan, readers, tokens_per_s)
        write_paces(self._cache_dir, paces, machine=machine)


def measured_as(source: ModelSource, plan: LoadPlan) -> str:
    """Return the name under which the pace of ``source`` is kept, the same for all its precisions and engines."""
    if source.spec:
        return source.spec.name
    if source.kind == "starter":
        return source.kind
    return source.location if source.kind == "hub" else plan.name
