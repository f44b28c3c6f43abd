"""The sequences of one cache: which tokens each holds, whose they were, and what a new prompt can begin from.

What was read for one scope is never used for another. Knows no request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

import numpy as np


class Cache(Protocol):
    """As much of ``GgufContext`` as is needed."""

    def forget(self, sequence: int, *, start: int = 0) -> bool:
        """Drop what is held of ``sequence`` from ``start`` on; tell whether that can be done."""
        ...

    def copy(self, source: int, target: int, *, end: int) -> None:
        """Let ``target`` begin with the first ``end`` tokens of ``source``."""
        ...


@dataclass(kw_only=True)
class Held:
    """What one sequence of the cache holds; ``is_taken`` while a reply goes on in it.

    ``after`` are the logits after its first ``num_read`` tokens, a prompt, (vocabulary,). Read again with another
    number of tokens beside it the last token would give others, by rounding, and the same seed another text.
    """

    number: int
    ids: list[int] = field(default_factory=list)
    scope: str = ""
    is_taken: bool = False
    used: int = 0
    num_read: int = 0
    after: np.ndarray | None = None


class Sequences:
    """``num_sequences`` of ``cache``, which has room for ``cells`` tokens of all of them together."""

    def __init__(self, cache: Cache, *, num_sequences: int, cells: int) -> None:
        self._cache, self._cells = cache, cells
        self._all = [Held(number=number) for number in range(num_sequences)]
        self._clock = count(1)

    @property
    def num_tokens(self) -> int:
        """Return how many tokens are held, those that several share counted for each."""
        return sum(len(held.ids) for held in self._all)

    def take(self, ids: Sequence[int], scope: str, *, is_fresh: bool) -> Held:
        """Return a sequence that begins ``ids`` as far as it is known in ``scope``, whole only with what came after.

        ``is_fresh`` has it begin empty. There must be one that is free.
        """
        known, length = (None, 0) if is_fresh else self._longest(ids, scope)
        after = known.after if known is not None else None
        free = [held for held in self._all if not held.is_taken]
        # What goes on an earlier chat takes its place; what only begins like it leaves that as it is.
        if known is not None and not known.is_taken and 2 * length >= len(known.ids):
            chosen = known
            length = length if self._shorten(chosen, length) else 0
        else:
            chosen = min((held for held in free if held is not known), key=self._worth, default=known or free[0])
            if chosen is known:
                length = length if self._shorten(chosen, length) else 0
            else:
                self._empty(chosen)
                if known is not None and length:
                    self._cache.copy(known.number, chosen.number, end=length)
        chosen.ids, chosen.scope, chosen.is_taken, chosen.used = list(ids[:length]), scope, True, next(self._clock)
        chosen.after, chosen.num_read = (after, length) if length == len(ids) else (None, 0)
        return chosen

    def leave(self, held: Held) -> None:
        """Keep what ``held`` holds for whoever goes on with it."""
        held.is_taken, held.used = False, next(self._clock)

    def drop(self, held: Held) -> None:
        """Keep nothing of ``held``: what it holds may be inconsistent."""
        self._empty(held)
        held.is_taken = False

    def make_room(self, num_tokens: int) -> None:
        """Forget what was used longest ago until ``num_tokens`` more have room, as far as there is anything free."""
        while self.num_tokens + num_tokens > self._cells and self.shrink():
            pass

    def shrink(self) -> bool:
        """Forget what was used longest ago of what nobody goes on with; tell whether there was any."""
        free = [held for held in self._all if held.ids and not held.is_taken]
        if not free:
            return False
        self._empty(min(free, key=lambda held: held.used))
        return True

    @staticmethod
    def _worth(held: Held) -> tuple[bool, int]:
        return bool(held.ids), held.used

    def _longest(self, ids: Sequence[int], scope: str) -> tuple[Held | None, int]:
        lengths = {held.number: common_length(held.ids, ids) for held in self._all if held.scope == scope and held.ids}
        if not lengths:
            return None, 0
        best = max(lengths, key=lambda number: (lengths[number], self._all[number].num_read == len(ids)))
        is_whole = lengths[best] == len(ids) == self._all[best].num_read
        return self._all[best], lengths[best] if is_whole else min(lengths[best], len(ids) - 1)

    def _shorten(self, held: Held, length: int) -> bool:
        if length == len(held.ids) or self._cache.forget(held.number, start=length):
            return True
        self._empty(held)  # a model whose state cannot be taken back
        return False

    def _empty(self, held: Held) -> None:
        if held.ids:
            self._cache.forget(held.number)
        held.ids, held.after, held.num_read = [], None, 0


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many ids two sequences begin with together."""
    size = min(len(first), len(second))
    differ = np.flatnonzero(np.asarray(first[:size]) != np.asarray(second[:size]))
    return int(differ[0]) if len(differ) else size
