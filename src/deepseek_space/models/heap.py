"""The process's heap: gives freed memory back, and stays low while many weights pass through.

Knows nothing of what the memory is for.
"""

import contextlib
import ctypes
import gc
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

TRIM_EVERY_BYTES = 8 * 2**20
ALONE_BYTES = 100 * 10**6
"""Inputs of at least this size are worked on by themselves, with no other in memory."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_WEIGHT_BYTES = 64 * 2**10
_ACTIVATION_BYTES = 32 * 2**20  # the highest that glibc would choose by itself; pages for each step would cost time


def share() -> None:
    """Serve all threads of this process from one heap; call it before they start.

    glibc gives each its own otherwise, and ``trim`` gives back what is free at the end of the first alone.
    """
    _set(_M_ARENA_MAX, 1)


def trim() -> None:
    """Give what the C library holds of freed memory back to the system; only glibc holds any for long."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Give every larger allocation pages of its own, so that all of a model's memory goes back when it goes.

    Otherwise the C library soon serves tensors of megabytes from one heap, where a small neighbour holds them back.
    """
    _serve_from_heap_below(_WEIGHT_BYTES)
    try:
        yield
    finally:
        _serve_from_heap_below(_ACTIVATION_BYTES)


def _serve_from_heap_below(size: int) -> None:
    _set(_M_MMAP_THRESHOLD, size)
    # As glibc does when it chooses by itself. Else each large activation would be given back when it is freed, and
    # fetching its pages anew takes longer than many products.
    _set(_M_TRIM_THRESHOLD, 2 * size)


def _set(parameter: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(parameter, value)


def release() -> None:
    """Give memory that nothing refers to any more back to the system; call it after dropping a model."""
    import torch  # here, for ``share`` comes before everything, and takes no time

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim()


class Workers:
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
            self._settle()
        if self._failure is not None:
            return
        self._pending.append(self._pool.submit(job))
        self._untrimmed_bytes += input_bytes
        if input_bytes >= ALONE_BYTES:
            self._settle_all()
        if self._untrimmed_bytes >= TRIM_EVERY_BYTES:
            self._untrimmed_bytes = 0
            trim()

    def finish(self) -> None:
        """Wait for all jobs. Raises what the first that failed raised."""
        self._settle_all()
        self._pool.shutdown()
        trim()
        if self._failure is not None:
            raise self._failure

    def _settle_all(self) -> None:
        while self._pending:
            self._settle()

    def _settle(self) -> None:
        self._failure = self._pending.popleft().exception() or self._failure


def _compute_singly(pool: ThreadPoolExecutor, threads: int) -> None:
    """Have torch use one core in each of the pool's threads, and as many as before in all others."""
    import torch

    usual, all_are_set = torch.get_num_threads(), threading.Barrier(threads)

    def settle() -> None:
        torch.get_num_threads()  # or the thread's first computation would set it anew
        torch.set_num_threads(1)
        all_are_set.wait()

    for started in [pool.submit(settle) for _ in range(threads)]:
        started.result()
    torch.set_num_threads(usual)  # new threads begin with what was set last, wherever that was
