"""Caches of rows that decode together, side by side in memory.

A layer has one buffer for all, so that one call attends for them and none has to be gathered at each step.
A member's own buffers are views of its place here, so that whatever else is done with a cache needs to know nothing of
the group. Who belongs together is decided elsewhere.
"""

from collections.abc import Sequence

import torch

from deepseek_space.engine.kv_cache import KVCache


class CacheGroup:
    """Buffers [members, heads, capacity, dim] of every layer. Entries that were never written are finite."""

    def __init__(self, *, members: int, capacity: int) -> None:
        self.members, self.capacity = members, capacity
        self._layers: dict[int, torch.Tensor] = {}
        self._places: dict[torch.device, torch.Tensor] = {}

    @staticmethod
    def of(caches: Sequence[KVCache], *, capacity: int) -> "CacheGroup":
        """Return the group of exactly ``caches``, in this order, with room for ``capacity`` tokens each.

        A new one gets their entries layer by layer, as ``append`` comes to it.
        """
        seat = caches[0].seat
        if seat is not None:
            group, _ = seat
            is_whole = group.members == len(caches) and group.capacity == capacity
            if is_whole and all(cache.seat == (group, place) for place, cache in enumerate(caches)):
                return group
        group = CacheGroup(members=len(caches), capacity=capacity)
        for place, cache in enumerate(caches):
            cache.seat = (group, place)
        return group

    def append(
        self, layer: int, caches: Sequence[KVCache], lengths: torch.Tensor, entries: torch.Tensor
    ) -> torch.Tensor:
        """Write each member's next entry, [members, heads, dim], after its first ``lengths``; return the buffer."""
        if layer not in self._layers:
            self._layers[layer] = self._gathered(layer, caches, entries)
        if lengths.device not in self._places:
            self._places[lengths.device] = torch.arange(self.members, device=lengths.device)
        buffer = self._layers[layer]
        buffer[self._places[lengths.device], :, lengths] = entries
        return buffer

    def _gathered(self, layer: int, caches: Sequence[KVCache], like: torch.Tensor) -> torch.Tensor:
        _, heads, dim = like.shape
        # Zeros: entries beyond a row's end are read with a weight of 0, which would leave NaN as it is.
        buffer = like.new_zeros(self.members, heads, self.capacity, dim)
        for cache, place in zip(caches, buffer.split(1), strict=True):
            cache.move(layer, place)
        return buffer
