"""Buffers on memory pages of their own: what they held goes back to the system the moment they go.

The C library serves tensors of some hundred kilobytes from one heap, where a small neighbour holds freed ones back:
among rows of many lengths that come and go, the heap grows to a multiple of what is in use. Knows no cache.
"""

import mmap
import sys
from contextlib import suppress
from math import prod

import torch

LEAST_BYTES = 64 * 2**10  # of a smaller one too much would be lost to whole pages
_CAN_MAP = sys.platform in ("linux", "darwin")


def zeros(*shape: int, like: torch.Tensor) -> torch.Tensor:
    """Return a buffer of zeros of ``like``'s type and place. On a CPU its pages are taken as they are first used."""
    nbytes = prod(shape) * like.element_size()
    if _CAN_MAP and like.device.type == "cpu" and nbytes >= LEAST_BYTES:
        with suppress(OSError):  # too many pieces, or no memory: torch says that in its own way
            pages = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            return torch.frombuffer(pages, dtype=like.dtype).view(shape)
    return like.new_zeros(shape)


def copied(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy of ``tensor`` in a buffer of its own."""
    return zeros(*tensor.shape, like=tensor).copy_(tensor)
