"""Caches of finished rows, found again by the longest common prefix of token ids and evicted by bytes.

A hit needs the very same ids from the first token on, so nobody can reach text they did not send themselves.
Knows nothing about text, users or models.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepseek_space.engine.kv_cache import KVCache

WORTH_TOKENS = 16


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Token ids (int32 array) and the cache that holds exactly their keys and values."""

    ids: np.ndarray
    cache: KVCache


def common_length(a: np.ndarray, b: np.ndarray) -> int:
    """Return how many ids two sequences share from their start."""
    n = min(len(a), len(b))
    different = a[:n] != b[:n]
    return int(different.argmax()) if different.any() else n


class PrefixCache:
    """Least recently used first; never more than ``limit_bytes`` after ``put``."""

    def __init__(self, *, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._entries: list[Prefix] = []

    def take(self, ids: np.ndarray, running: Iterable[Prefix] = ()) -> KVCache | None:
        """Return a cache that holds a prefix of ``ids`` and leaves at least one id to read; None if none is worth it.

        An entry that ``ids`` goes on from is handed over as it is; of any other, and of the ``running`` rows,
        the common part is copied.
        """
        shared, best = max(
            ((common_length(entry.ids, ids[:-1]), entry) for entry in (*self._entries, *running)),
            key=lambda pair: pair[0],
            default=(0, None),
        )
        if best is None or shared < WORTH_TOKENS:
            return None
        position = next((i for i, entry in enumerate(self._entries) if entry is best), None)
        if position is None:
            return best.cache.fork(shared, reserve_tokens=len(ids))
        entry = self._entries.pop(position)
        if shared == len(entry.ids):
            return entry.cache
        self._entries.append(entry)
        return entry.cache.fork(shared, reserve_tokens=len(ids))

    def put(self, ids: np.ndarray, cache: KVCache) -> None:
        """Keep ``cache``, which holds ``ids``, and evict the least recently used beyond the limit.

        Entries that are a prefix of the new one hold nothing more and go first.
        """
        self._entries = [entry for entry in self._entries if common_length(entry.ids, ids) < len(entry.ids)]
        self._entries.append(Prefix(ids=ids, cache=cache))
        self.shrink(self.limit_bytes)

    def shrink(self, limit_bytes: int) -> int:
        """Evict until at most ``limit_bytes`` are held; return the bytes that were freed."""
        before = self.nbytes
        while self._entries and self.nbytes > limit_bytes:
            self._entries.pop(0)
        return before - self.nbytes

    @property
    def nbytes(self) -> int:
        """Bytes held by all entries."""
        return sum(entry.cache.nbytes for entry in tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
