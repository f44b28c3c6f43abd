"""The process's heap: gives freed memory back.

Knows nothing of what the memory is for.
"""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator

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
    gc.collect()
    torch = sys.modules.get("torch")  # a model in another process took none here
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim()
