"""Caches of finished rows, found by the longest common prefix of token ids, evicted by bytes.

A hit needs the very same ids from the first token on, and the same scope: how soon a prompt is read, and how much of it
was known, would tell a guess at somebody else's words. Knows nothing about text, models or who stands behind a scope.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch

from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.spare_memory import UNWATCHED, SpareMemory

log = logging.getLogger(__name__)

WORTH_TOKENS = 16


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Token ids (int32 array) and the cache that holds exactly their keys and values.

    ``scope`` is whose it is. ``prompt_logits`` [vocabulary] are what followed the first ``prompt_tokens`` of them: read
    again in another company, the same prompt would get others by a rounding, and the same seed might give another text.
    """

    ids: np.ndarray
    cache: KVCache
    scope: str = ""
    prompt_tokens: int = 0
    prompt_logits: torch.Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.cache.nbytes + (0 if self.prompt_logits is None else self.prompt_logits.nbytes)

    def use_for(self, ids: np.ndarray) -> int:
        """Return how many of ``ids`` need not be read; all only where the logits after them are known."""
        shared = common_length(self.ids, ids)
        is_known = self.prompt_logits is not None and self.prompt_tokens == len(ids)
        return shared if is_known else min(shared, len(ids) - 1)

    def cut(self, length: int, *, reserve_tokens: int) -> "Prefix":
        """Return a copy of the first ``length`` tokens with room for ``reserve_tokens``."""
        return replace(self, ids=self.ids[:length], cache=self.cache.fork(length, reserve_tokens=reserve_tokens))


def common_length(a: np.ndarray, b: np.ndarray) -> int:
    """Return how many ids two sequences share from their start."""
    n = min(len(a), len(b))
    different = a[:n] != b[:n]
    return int(different.argmax()) if different.any() else n


class PrefixCache:
    """Least recently used first; never more than ``limit_bytes`` after ``put``, less where ``memory`` runs short."""

    def __init__(self, *, limit_bytes: int, memory: SpareMemory = UNWATCHED) -> None:
        self.limit_bytes = limit_bytes
        self._memory = memory
        self._entries: list[Prefix] = []

    def take(self, ids: np.ndarray, running: Iterable[Prefix] = (), *, scope: str = "") -> Prefix | None:
        """Return a prefix of ``ids`` in ``scope``; None if none is worth it.

        All of them are in it only if its logits follow them. An entry that ``ids`` goes on from is handed over as it
        is; of any other, and of the ``running`` rows, the common part is copied.
        """
        shared, best = max(
            ((entry.use_for(ids), entry) for entry in (*self._entries, *running) if entry.scope == scope),
            key=lambda pair: pair[0],
            default=(0, None),
        )
        if best is None or shared < WORTH_TOKENS:
            return None
        position = next((i for i, entry in enumerate(self._entries) if entry is best), None)
        if position is None:
            return best.cut(shared, reserve_tokens=len(ids))
        entry = self._entries.pop(position)
        if shared == len(entry.ids):
            return entry
        self._entries.append(entry)
        return entry.cut(shared, reserve_tokens=len(ids))

    def put(self, new: Prefix) -> None:
        """Keep ``new`` and evict the least recently used beyond the limit.

        Entries that are a prefix of it, in its scope, hold nothing more and go first.
        """
        self._entries = [
            entry
            for entry in self._entries
            if entry.scope != new.scope or common_length(entry.ids, new.ids) < len(entry.ids)
        ]
        self._entries.append(new)
        self.fit(self.limit_bytes)

    def fit(self, bytes_left: int) -> None:
        """Evict until what is held fits into ``bytes_left`` and the limit."""
        self.shrink(max(0, min(self.limit_bytes, bytes_left)))

    def shrink(self, limit_bytes: int) -> int:
        """Evict until at most ``limit_bytes`` are held; return the bytes that were freed."""
        before = self.nbytes
        while self._entries and self.nbytes > limit_bytes:
            self._entries.pop(0)
        return before - self.nbytes

    def relieve(self) -> None:
        """Evict as much as the machine is short of memory."""
        shortage = self._memory.shortage_bytes if self._entries else 0
        if shortage:
            freed = self.shrink(max(0, self.nbytes - shortage))
            self._memory.give_back()
            log.info("the machine runs short of memory: %.1f MB of kept prefixes are dropped", freed / 1e6)

    @property
    def nbytes(self) -> int:
        """Bytes held by all entries."""
        return sum(entry.nbytes for entry in tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
