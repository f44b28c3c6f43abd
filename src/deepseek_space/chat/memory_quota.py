"""How much text of all visitors is held at once: what goes beyond is refused for the moment.

What one visitor may send has bounds of its own; those of a thousand visitors would still fill any memory.
"""

import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager

from deepseek_space.errors import BusyError

MOST_CHARACTERS = 256 * 2**20  # Python takes one to four bytes for each
MOST_READ_AT_ONCE = 64 * 2**20  # of what is parsed, which takes ten times as much while it lasts


class MemoryQuota:
    """Counts characters by what they belong to, until that is gone. Each method is one step for threads."""

    def __init__(self, most_characters: int) -> None:
        self._left = most_characters
        self._lock = threading.RLock()  # an owner may die, and so give back, while another is being counted
        self._characters: dict[int, int] = {}

    def hold(self, owner: object, characters: int) -> None:
        """Count ``characters`` as those of ``owner`` from now on. Raises BusyError, and changes nothing."""
        key = id(owner)
        with self._lock:
            before = self._characters.get(key)
            self._reserve(characters - (before or 0))
            self._characters[key] = characters
        if before is None:
            weakref.finalize(owner, self._let_go, key).atexit = False

    @contextmanager
    def reading(self, characters: int) -> Generator[None, None, None]:
        """Count ``characters`` as long as the block lasts. Raises BusyError."""
        self._reserve(characters)
        try:
            yield
        finally:
            self._reserve(-characters)

    def _reserve(self, characters: int) -> None:
        with self._lock:
            if characters > max(0, self._left):
                raise BusyError("This app has more to hold for its visitors than it can just now. Try again later.")
            self._left -= characters

    def _let_go(self, key: int) -> None:
        with self._lock:
            self._left += self._characters.pop(key)


# The memory is the process's, and so are these.
texts = MemoryQuota(MOST_CHARACTERS)
parsing = MemoryQuota(MOST_READ_AT_ONCE)
