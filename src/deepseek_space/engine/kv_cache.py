"""What one row's attention remembers, for all layers, in buffers that grow in place.

A layer keeps any number of tensors side by side: keys and values for MHA, GQA and MQA, one of latent and
RoPE key for MLA. Knows nothing about batches, requests or which tokens the entries stand for.
"""

import torch

GRANULE_TOKENS = 256


class KVCache:
    """One row's cache.

    A step first appends to every layer and then commits with ``advance``, so a step that fails half-way
    leaves the row as it was.
    """

    def __init__(self, *, reserve_tokens: int = GRANULE_TOKENS) -> None:
        self.length = 0
        self._reserve_tokens = reserve_tokens
        self._layers: dict[int, list[torch.Tensor]] = {}

    def append(self, layer: int, *new: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Write the new tokens' tensors, each [1, heads, new, dim]; return views of all tokens so far."""
        size = new[0].shape[2]
        end = self.length + size
        buffers = self._layers.get(layer)
        if buffers is None:
            capacity = _rounded(max(end, self._reserve_tokens))
            buffers = self._layers[layer] = [_buffer(tensor, capacity) for tensor in new]
        elif end > buffers[0].shape[2]:
            # Doubling copies each entry once on average, however long the row becomes.
            self._grow(buffers, _rounded(max(end, 2 * buffers[0].shape[2])))
        for buffer, tensor in zip(buffers, new, strict=True):
            buffer.narrow(2, self.length, size).copy_(tensor)
        return tuple(buffer.narrow(2, 0, end) for buffer in buffers)

    def _grow(self, buffers: list[torch.Tensor], capacity: int) -> None:
        for index, old in enumerate(buffers):
            buffers[index] = _buffer(old, capacity)
            buffers[index][:, :, : self.length] = old[:, :, : self.length]

    def advance(self, tokens: int) -> None:
        """Commit ``tokens`` entries that were appended to every layer."""
        self.length += tokens

    def crop(self, length: int) -> None:
        """Forget everything after the first ``length`` tokens. Copies nothing."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot crop a cache of {self.length} tokens to {length}")
        self.length = length

    def fork(self, length: int, *, reserve_tokens: int = 0) -> "KVCache":
        """Return a copy of the first ``length`` tokens with room for ``reserve_tokens``; this cache stays as it is."""
        copy = KVCache(reserve_tokens=max(reserve_tokens, length))
        for layer, buffers in self._layers.items():
            copy.append(layer, *(buffer[:, :, :length] for buffer in buffers))
        copy.advance(length)
        return copy

    @property
    def capacity(self) -> int:
        """Tokens that fit before a buffer has to grow; 0 before the first append."""
        return next(iter(self._layers.values()))[0].shape[2] if self._layers else 0

    @property
    def nbytes(self) -> int:
        """Bytes held, unused capacity included."""
        return sum(buffer.nbytes for buffers in self._layers.values() for buffer in buffers)


def _buffer(like: torch.Tensor, capacity: int) -> torch.Tensor:
    return like.new_empty((1, like.shape[1], capacity, like.shape[3]))


def _rounded(tokens: int) -> int:
    return -(-tokens // GRANULE_TOKENS) * GRANULE_TOKENS
