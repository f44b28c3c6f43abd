"""Threads that work on many weights with few of them in memory at a time. Knows nothing of what is done to them."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from deepseek_space.models.heap import trim

TRIM_EVERY_BYTES = 8 * 2**20
ALONE_BYTES = 100 * 10**6
"""Inputs of at least this size are worked on by themselves, with no other in memory."""


class BoundedPool:
    """Runs memory-hungry jobs on ``threads`` threads; no more jobs are accepted than threads, so few inputs live.

    ``one_core_each`` keeps torch from sharing a thread's work with helpers, which would wait for the same cores: better
    for many small computations, worse for few large ones.

    A job with an input of ALONE_BYTES is done when ``submit`` returns.

    A failure is kept for ``finish`` and ends the work: what is submitted later is dropped.
    """

    def __init__(self, threads: int, *, one_core_each: bool = False) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="quantise")
        self._pending: deque[Future[None]] = deque()
        self._threads = threads
        self._untrimmed_bytes = 0
        self._failure: BaseException | None = None
        if one_core_each:
            _compute_singly(self._pool, threads)

    def submit(self, job: Callable[[], None], *, input_bytes: int) -> None:
        """Start ``job``, once fewer than ``threads`` are left."""
        while len(self._pending) >= self._threads:
            self._wait_for_oldest()
        if self._failure is not None:
            return
        self._pending.append(self._pool.submit(job))
        self._untrimmed_bytes += input_bytes
        if input_bytes >= ALONE_BYTES:
            self._wait_for_all()
        if self._untrimmed_bytes >= TRIM_EVERY_BYTES:
            self._untrimmed_bytes = 0
            trim()

    def finish(self) -> None:
        """Wait for all jobs. Raises what the first that failed raised."""
        self._wait_for_all()
        self._pool.shutdown()
        trim()
        if self._failure is not None:
            raise self._failure

    def _wait_for_all(self) -> None:
        while self._pending:
            self._wait_for_oldest()

    def _wait_for_oldest(self) -> None:
        self._failure = self._pending.popleft().exception() or self._failure


def _compute_singly(pool: ThreadPoolExecutor, threads: int) -> None:
    """Have torch use one core in each of the pool's threads, and as many as before in all others."""
    import torch

    usual, all_are_set = torch.get_num_threads(), threading.Barrier(threads)

    def use_one_core() -> None:
        torch.get_num_threads()  # or the thread's first computation would set it anew
        torch.set_num_threads(1)
        all_are_set.wait()

    for started in [pool.submit(use_one_core) for _ in range(threads)]:
        started.result()
    torch.set_num_threads(usual)  # new threads begin with what was set last, wherever that was
