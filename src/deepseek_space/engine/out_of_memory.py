"""Running out of memory: how torch says it, and going on without what was only to save time.

Knows neither whose memory it is nor what can be given up for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether ``error`` says so. torch's CPU allocator and cuBLAS raise a bare RuntimeError."""
    words = ("can't allocate memory", "not enough memory", "out of memory", "alloc_failed")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(word in str(error).lower() for word in words)


@contextmanager
def if_memory_allows() -> Iterator[None]:
    """End the block where memory runs out in it, and go on behind it. Other errors are raised."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
