"""What one row's attention remembers, for all layers, in buffers that grow in place.

A layer keeps any number of tensors side by side: one of key heads and value heads for MHA, GQA and MQA, one of latent
and RoPE key for MLA. Rows that decode together have their buffers side by side: one call attends for all of them, and
none has to be gathered at each step. Knows nothing about requests, or which tokens the entries stand for.
"""

import sys
from collections.abc import Sequence

import torch

from deepseek_space.engine import own_pages

GRANULE_TOKENS = 256
NO_LIMIT = sys.maxsize
WORTH_SHARE = 1 / 8  # of a cache that is kept: copying it for less room would cost more than it gives


class KVCache:
    """One row's cache.

    A step first appends to every layer and then commits with ``advance``, so a step that fails half-way
    leaves the row as it was, and of tokens that were guesses the right ones alone can be taken.
    ``most_tokens`` is the length that the row may reach.
    """

    def __init__(self, *, reserve_tokens: int = GRANULE_TOKENS, most_tokens: int = NO_LIMIT) -> None:
        self.length = 0
        self.most_tokens = most_tokens
        self.slot: tuple[CacheGroup, int] | None = None  # the group that the buffers are part of, and its place there
        self._reserve_tokens = reserve_tokens
        self._layers: dict[int, list[torch.Tensor]] = {}

    def append(self, layer: int, *new: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Write the new tokens' tensors, each [1, heads, new, dim]; return views of all tokens so far."""
        self.write(layer, *new)
        return self.view(layer, self.length + new[0].shape[2])

    def view(self, layer: int, tokens: int) -> tuple[torch.Tensor, ...]:
        """Return views of the first ``tokens`` entries."""
        return tuple(buffer.narrow(2, 0, tokens) for buffer in self._layers[layer])

    def write(self, layer: int, *new: torch.Tensor) -> None:
        """Write the new tokens' tensors, each [1, heads, new, dim], after the last committed one."""
        size = new[0].shape[2]
        end = self.length + size
        buffers = self._layers.get(layer)
        if buffers is None:
            capacity = _rounded(max(end, self._reserve_tokens))
            buffers = self._layers[layer] = [_buffer(tensor, capacity) for tensor in new]
        for index, tensor in enumerate(new):
            # One by one: where memory runs out between two of them, the next try finds the second still small.
            if end > buffers[index].shape[2]:
                buffers[index] = self._grown(buffers[index], end)
            buffers[index].narrow(2, self.length, size).copy_(tensor)

    def _grown(self, old: torch.Tensor, end: int) -> torch.Tensor:
        self.slot = None
        # Doubling copies each entry once on average; nothing grows beyond what the row may ever hold.
        usual = self._reserve_tokens if end <= self._reserve_tokens else min(2 * old.shape[2], self.most_tokens)
        new = _buffer(old, _rounded(max(end, usual)))
        new[:, :, : self.length] = old[:, :, : self.length]
        return new

    def advance(self, tokens: int) -> None:
        """Commit ``tokens`` entries that were appended to every layer."""
        self.length += tokens

    def reserve(self, tokens: int) -> None:
        """Have the buffers take ``tokens`` when they next grow."""
        self._reserve_tokens = tokens

    def fork(self, length: int, *, reserve_tokens: int = 0) -> "KVCache":
        """Return a copy of the first ``length`` tokens with room for ``reserve_tokens``; this cache stays as it is."""
        copy = KVCache(reserve_tokens=max(reserve_tokens, length))
        for layer, buffers in self._layers.items():
            copy.append(layer, *(buffer[:, :, :length] for buffer in buffers))
        copy.advance(length)
        return copy

    def move(self, layer: int, *places: torch.Tensor) -> None:
        """Keep the layer's entries in ``places`` from now on, each [1, heads, capacity, dim]."""
        for place, buffer in zip(places, self._layers.get(layer, ()), strict=False):
            place[:, :, : self.length] = buffer[:, :, : self.length]
        self._layers[layer] = list(places)

    def detach(self) -> None:
        """Leave the group: its buffers live on as long as any part of them is used."""
        if self.slot is not None:
            self._layers = {
                layer: [own_pages.copied(buffer) for buffer in buffers] for layer, buffers in self._layers.items()
            }
            self.slot = None

    def trim(self) -> None:
        """Leave the group, and give back the room beyond the tokens that are held, where that is worth a copy."""
        if self.slot is None and self.capacity - self.length <= WORTH_SHARE * self.length:
            return
        for layer, buffers in self._layers.items():
            self._layers[layer] = [own_pages.copied(buffer.narrow(2, 0, self.length)) for buffer in buffers]
        self.slot = None

    @property
    def capacity(self) -> int:
        """Tokens that fit before a buffer has to grow; 0 before the first append."""
        return next((buffers[0].shape[2] for buffers in self._snapshot()), 0)

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one more token takes; 0 before the first append."""
        return self.nbytes // max(1, self.capacity)

    @property
    def nbytes(self) -> int:
        """Bytes held, unused capacity included."""
        return sum(buffer.nbytes for buffers in self._snapshot() for buffer in buffers)

    def _snapshot(self) -> tuple[list[torch.Tensor], ...]:
        # Other threads ask for figures while the engine's thread adds layers.
        return tuple(self._layers.values())


def _buffer(like: torch.Tensor, capacity: int) -> torch.Tensor:
    return own_pages.zeros(1, like.shape[1], capacity, like.shape[3], like=like)


def _rounded(tokens: int) -> int:
    return -(-tokens // GRANULE_TOKENS) * GRANULE_TOKENS


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
        slot = caches[0].slot
        if slot is not None:
            group, _ = slot
            is_whole = group.members == len(caches) and group.capacity == capacity
            if is_whole and all(cache.slot == (group, place) for place, cache in enumerate(caches)):
                return group
        group = CacheGroup(members=len(caches), capacity=capacity)
        for place, cache in enumerate(caches):
            cache.slot = (group, place)
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
        buffer = own_pages.zeros(self.members, heads, self.capacity, dim, like=like)
        for cache, place in zip(caches, buffer.split(1), strict=True):
            cache.move(layer, place)
        return buffer
