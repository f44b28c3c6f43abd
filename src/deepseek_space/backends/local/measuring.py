"""Measures how fast the model answers while it does, for the next choice of how to run one.

Takes the figures of replies that were alone from end to end, and of those that always had several beside them.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
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


@dataclass(eq=False, kw_only=True)
class _Company:
    """How many replies were under way, this one included, at its least and at its most."""

    least: int
    most: int


class Measuring:
    """Follows the replies of the model that ``cache_dir`` is to know more of."""

    def __init__(self, cache_dir: Path, *, cores: Callable[[], int] = count_cores) -> None:
        self._cache_dir, self._cores = cache_dir, cores
        self._lock = threading.Lock()
        self._open: list[_Company] = []

    def follow(self, events: EventStream, recipe: Recipe) -> EventStream:
        """Yield ``events``, and keep what they tell of the pace of ``recipe``."""
        with self._joined() as company:
            try:
                for event in events:
                    if isinstance(event, Done):
                        self._take(event.usage, company, recipe)
                    yield event
            finally:
                events.close()

    @contextmanager
    def _joined(self) -> Generator[_Company]:
        with self._lock:
            count = len(self._open) + 1
            company = _Company(least=count, most=count)
            self._open.append(company)
            for each in self._open:
                each.most = max(each.most, count)
        try:
            yield company
        finally:
            with self._lock:
                self._open.remove(company)
                for each in self._open:
                    each.least = min(each.least, len(self._open))

    def _take(self, usage: Usage, company: _Company, recipe: Recipe) -> None:
        plan = recipe.plan
        if plan.device != "cpu" or usage.generated_tokens < LEAST_TOKENS or not usage.tokens_per_second:
            return
        with self._lock:
            if company.most == 1:
                self._keep(recipe, "one", usage.tokens_per_second)
            elif company.least >= MANY:
                self._keep(recipe, "many", usage.tokens_per_second * company.least)

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
