"""Who calls ``Engine.step``: a thread of its own, or the reader. Knows nothing about what a step does."""

import logging
import threading
import time
from collections.abc import Iterator

from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job, Reply, RowEvent
from deepseek_space.figures import Figures

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 2.0
# Idle or not: what memory is left is other programs' doing too, and what was freed in a crowd lies about in the heap.
TIDY_EVERY_S = 5.0


class _OverEngine:
    """What both tell of their ``engine``."""

    trouble = ""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def limits(self) -> EngineLimits:
        """How much is taken on."""
        return self.engine.limits

    @property
    def num_active(self) -> int:
        """How many replies are being written."""
        return len(self.engine.running)

    @property
    def num_waiting(self) -> int:
        """How many have no place yet."""
        return self.engine.num_waiting

    @property
    def cache_bytes(self) -> int:
        """Bytes held for replies and for what was kept of earlier ones."""
        return self.engine.cache_bytes

    def figures(self, *, weight_bytes: int) -> Figures:
        """Return what has been counted since the start, beside ``weight_bytes``."""
        prefixes = self.engine.prefixes
        return self.engine.counters.snapshot(
            cache_bytes=self.cache_bytes,
            kept_bytes=prefixes.nbytes,
            kept_limit_bytes=prefixes.limit_bytes,
            weight_bytes=weight_bytes,
        )


class Worker(_OverEngine):
    """Runs ``engine.step`` in a thread of its own while there is work, and starts it again should it die."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.restarts = 0
        self._work = threading.Condition()
        self._tidied_s = time.monotonic()
        self._thread = self._start()

    def submit(self, job: Job) -> Reply:
        """Queue ``job``; see ``Engine.submit`` for what it raises."""
        with self._work:
            row = self.engine.submit(job)
            if not self._thread.is_alive():
                log.error("the engine's thread had died; starting it again")
                self.restarts += 1
                self._thread = self._start()
            self._work.notify_all()
        return row

    def events(self, reply: Reply, *, wait_s: float) -> Iterator[RowEvent | None]:
        """Yield ``reply``'s events until ``Finished``, and None after each ``wait_s`` without one."""
        return reply.events(wait_s=wait_s)

    def close(self, *, drain_s: float = 0.0) -> None:
        """Let rows in flight go on for ``drain_s`` at most, then end them and the thread.

        Takes no more than ``CLOSE_TIMEOUT_S`` beyond that, even if a pass takes longer.
        """
        with self._work:
            # Another thread may want the end at once while this one waits.
            self._work.wait_for(lambda: self.engine.is_idle or self.engine.is_closed, timeout=drain_s)
            self.engine.is_closed = True
            self._work.notify_all()
        self._thread.join(CLOSE_TIMEOUT_S)
        self.engine.close()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="engine", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        engine = self.engine
        while not engine.is_closed:
            with self._work:
                self._work.notify_all()  # whoever waits for the rows to end
                self._work.wait_for(lambda: engine.is_closed or not engine.is_idle, TIDY_EVERY_S)
            try:
                self._tidy()
                while not engine.is_closed and engine.step():
                    self._tidy()
            except BaseException as error:
                engine.break_off(error)
                if not isinstance(error, Exception):
                    raise

    def _tidy(self) -> None:
        now_s = time.monotonic()
        if now_s - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = now_s
            self.engine.tidy()


class Inline(_OverEngine):
    """Steps the engine in the thread of whoever reads.

    For ZeroGPU, where a call runs in a forked process and no thread of ours may serve it.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._turn = threading.Lock()

    def submit(self, job: Job) -> Reply:
        """Queue ``job``; see ``Engine.submit`` for what it raises."""
        with self._turn:  # not while ``close`` ends the rows: this one would be left
            return self.engine.submit(job)

    def events(self, reply: Reply, *, wait_s: float) -> Iterator[RowEvent | None]:
        """Yield ``reply``'s events until ``Finished``, with a None after each step; ``wait_s`` is not needed."""
        return reply.events(wait_s=wait_s, drive=self._step)

    def close(self, *, drain_s: float = 0.0) -> None:
        """End all rows; their readers drive them, so there is nothing to wait for but the step that one is at."""
        self.engine.is_closed = True
        with self._turn:
            self.engine.close()

    def _step(self) -> bool:
        with self._turn:
            return self.engine.step()
