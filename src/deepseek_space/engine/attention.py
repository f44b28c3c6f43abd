"""A packed batch for attention: tokens of several rows in one sequence, a cache for each row.

The linear layers see all tokens at once. Attention runs row by row while prompts are read; rows that decode and are
of similar length share one call. Every layer gets the batch as ``batch=``. Knows nothing about requests or sampling.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from deepseek_space.engine.kv_cache import GRANULE_TOKENS, CacheGroup, KVCache

# Up to here the caches of several rows are moved side by side, as one call for all is what they cost.
GATHERED_TOKENS = 1024
ALIGNED_TOKENS = 8  # what CUDA's kernels ask of a mask
# Up to here the queries that share a key head become rows of one product, for which the keys are read once.
SHARING_TOKENS = 32

StockLayer = Any
"""A layer of transformers: what it holds is known to the model's own code alone."""


@dataclass(kw_only=True)
class Span:
    """The tokens of one row within a packed sequence: ``start`` to ``stop``."""

    cache: KVCache
    start: int
    stop: int
    _masks: dict[tuple[torch.device, torch.dtype, int], torch.Tensor] = field(default_factory=dict)

    @property
    def num_tokens(self) -> int:
        """Return how many of the row's tokens this step reads."""
        return self.stop - self.start

    def mask(self, like: torch.Tensor, *, heads: int = 1) -> torch.Tensor | None:
        """Return the causal mask [heads * new, cached + new], built once a step; None for one token, which sees all.

        It is added to the scores: of booleans, attention would make such a one in every layer.
        """
        if self.num_tokens == 1:
            return None
        key = (like.device, like.dtype, heads)
        if key not in self._masks:
            one_head = self.mask(like) if heads > 1 else None
            self._masks[key] = self._causal(like) if one_head is None else one_head.repeat(heads, 1)
        return self._masks[key]

    def _causal(self, like: torch.Tensor) -> torch.Tensor:
        hidden = like.new_full((self.num_tokens, self.cache.length + self.num_tokens), -torch.inf)
        return hidden.triu_(self.cache.length + 1)


@dataclass(frozen=True, kw_only=True)
class DecodeGroup:
    """Rows, by number, that decode over so similar lengths that one call of attention serves them all."""

    rows: tuple[int, ...]
    caches: tuple[KVCache, ...]
    _masks: dict[tuple[torch.device, torch.dtype], torch.Tensor] = field(default_factory=dict)
    _lengths: dict[torch.device, torch.Tensor] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> int:
        """Return how many entries of each row's cache are looked at, the new one included."""
        tokens = max(cache.length for cache in self.caches) + 1
        return tokens if len(self.rows) == 1 else _rounded(tokens, ALIGNED_TOKENS)

    @cached_property
    def _group(self) -> CacheGroup:
        return CacheGroup.of(self.caches, capacity=_rounded(self.tokens, GRANULE_TOKENS))

    def append(self, layer: int, entries: torch.Tensor) -> torch.Tensor:
        """Write each row's new entry [rows, heads, dim]; return what is looked at [rows, heads, tokens, dim]."""
        if len(self.rows) == 1:
            self.caches[0].detach()
            return self.caches[0].append(layer, entries[:, :, None])[0]
        lengths = self._on(entries.device)
        return self._group.append(layer, self.caches, lengths, entries).narrow(2, 0, self.tokens)

    def mask(self, like: torch.Tensor) -> torch.Tensor | None:
        """Return what hides the entries beyond each row's end [rows, 1, 1, tokens], built once a step."""
        if len(self.rows) == 1:
            return None
        key = (like.device, like.dtype)
        if key not in self._masks:
            beyond = torch.arange(self.tokens, device=like.device) > self._on(like.device)[:, None]
            hidden = torch.zeros(beyond.shape, dtype=like.dtype, device=like.device).masked_fill_(beyond, -torch.inf)
            self._masks[key] = hidden[:, None, None]
        return self._masks[key]

    def _on(self, device: torch.device) -> torch.Tensor:
        """Return how many entries each row has already [rows]."""
        if device not in self._lengths:
            self._lengths[device] = torch.tensor([cache.length for cache in self.caches], device=device)
        return self._lengths[device]


class StepAbandoned(Exception):
    """Nobody waits for this step any more. It was left half-way, and no cache was advanced."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The rows of one packed sequence, in order. ``is_abandoned`` is asked at every layer."""

    spans: tuple[Span, ...]
    is_abandoned: Callable[[], bool]

    @property
    def is_decode(self) -> bool:
        """Tell whether every row reads a single token."""
        return self.spans[-1].stop == len(self.spans)

    @cached_property
    def peers(self) -> tuple[DecodeGroup, ...]:
        """Return the rows of a decode step by length, at most a granule of the caches apart; long rows one by one."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, span in enumerate(self.spans):
            length = span.cache.length + 1
            is_alone = length > GATHERED_TOKENS
            groups[_rounded(length, GRANULE_TOKENS), row if is_alone else -1].append(row)
        return tuple(
            DecodeGroup(rows=tuple(rows), caches=tuple(self.spans[row].cache for row in rows))
            for rows in groups.values()
        )

    def check(self) -> None:
        """Raise StepAbandoned if the rest of the step would be for nobody."""
        if self.is_abandoned():
            raise StepAbandoned


def attend(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, *, span: Span, scaling: float
) -> torch.Tensor:
    """Return attention [1, heads, new, value_dim] of ``query`` [1, heads, new, dim] over the cache of ``span``.

    ``keys`` and ``values`` are [1, kv_heads, cached + new, dim]; heads are a multiple of kv_heads.
    """
    _, heads, new, dim = query.shape
    kv_heads = keys.shape[1]
    groups = heads // kv_heads
    if new <= SHARING_TOKENS:
        packed, mask = query.reshape(1, kv_heads, groups * new, dim), span.mask(query, heads=groups)
        mixed = scaled_dot_product_attention(packed, keys, values, attn_mask=mask, scale=scaling)
        return mixed.reshape(1, heads, new, -1)
    is_first_chunk = keys.shape[2] == new
    if groups > 1 and query.is_cuda and not is_first_chunk:
        # CUDA's fused kernels take a mask or shared heads, not both; the plain one would hold all scores at once.
        keys, values, groups = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1), 1
    return scaled_dot_product_attention(
        query,
        keys,
        values,
        attn_mask=None if is_first_chunk else span.mask(query),
        is_causal=is_first_chunk,
        scale=scaling,
        enable_gqa=groups > 1,
    )


def _rounded(tokens: int, granule: int) -> int:
    return -(-tokens // granule) * granule
