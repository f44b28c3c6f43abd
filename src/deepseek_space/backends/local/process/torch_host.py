"""Our own engine as the model's process hosts it: rows by their keys, and what comes of them told. Imports torch."""

import time
from collections.abc import Callable
from typing import Any

from deepseek_space.engine.engine import Engine
from deepseek_space.engine.reply import Finished, Job, RowEvent
from deepseek_space.engine.row import Row
from deepseek_space.engine.worker import TIDY_EVERY_S
from deepseek_space.errors import SpaceError
from deepseek_space.events import Prefill

Tell = Callable[[str, RowEvent | SpaceError], None]


class TorchHost:
    """``engine`` under keys. ``cancel`` may be called by any thread, all else by one."""

    def __init__(self, engine: Engine, *, tell: Tell) -> None:
        self._engine, self._tell = engine, tell
        self._rows: dict[str, Row] = {}
        self._joined: set[str] = set()
        self._tidied_s = time.monotonic()

    @property
    def is_idle(self) -> bool:
        """Tell whether ``step`` would have nothing to do."""
        return not self._rows

    def submit(self, key: str, job: Job) -> None:
        """Queue ``job`` under ``key``."""
        try:
            self._rows[key] = self._engine.submit(job)
        except SpaceError as error:
            self._tell(key, error)

    def cancel(self, key: str) -> None:
        """Drop what is under ``key``; a pass that nobody else waits for is given up."""
        if row := self._rows.get(key):
            row.cancel()

    def step(self) -> None:
        """Move all on, and tell what came of it."""
        try:
            self._engine.step()
        except Exception as error:
            self._engine.break_off(error)
        for key, row in tuple(self._rows.items()):
            self._pass_on(key, row)
        now_s = time.monotonic()
        if now_s - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = now_s
            self._engine.tidy()

    def _pass_on(self, key: str, row: Row) -> None:
        if key not in self._joined and (row in self._engine.running or row.num_generated):
            self._joined.add(key)
            self._tell(key, Prefill(read=row.cached_tokens, total=len(row.job.prompt)))
        for event in row.taken():
            self._tell(key, event)
            if isinstance(event, Finished | SpaceError):
                del self._rows[key]
                self._joined.discard(key)

    def figures(self) -> dict[str, Any]:
        """Return what only the engine knows."""
        counters, prefixes = self._engine.counters, self._engine.prefixes
        return {
            "steps": counters.steps,
            "drafted_tokens": counters.drafted_tokens,
            "accepted_tokens": counters.accepted_tokens,
            "cache_bytes": self._engine.cache_bytes,
            "kept_bytes": prefixes.nbytes,
            "kept_limit_bytes": prefixes.limit_bytes,
        }
