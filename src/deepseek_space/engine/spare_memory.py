"""How much memory the machine has left beside an engine, and how freed memory goes back to it. Knows no cache."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from deepseek_space.errors import is_out_of_memory


@dataclass(frozen=True, kw_only=True)
class SpareMemory:
    """The memory that other programs may come to need while an engine runs.

    With less than ``mark_bytes`` left the machine runs short; ``give_back`` returns what was freed here to it.
    """

    mark_bytes: int = 0
    free_bytes: Callable[[], int] = lambda: sys.maxsize
    give_back: Callable[[], None] = lambda: None

    @property
    def shortage_bytes(self) -> int:
        """Bytes that are missing for the mark."""
        return max(0, self.mark_bytes - self.free_bytes())


UNWATCHED = SpareMemory()


@contextmanager
def if_memory_allows() -> Generator[None, None, None]:
    """End the block, which is only to save time, where memory runs out in it. Other errors are raised."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
