"""Attention over a packed batch: tokens of several rows in one sequence, each row with a cache of its own.

The linear layers see all tokens at once. Attention runs row by row while prompts are read; rows that decode and are
of similar length share one call. transformers calls ``packed_attention`` under the name ``packed``; the model gets
``batch=`` as a keyword argument. Knows nothing about requests or sampling. Latent attention is in ``engine.mla``.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

from deepseek_space.engine.kv_cache import GRANULE_TOKENS, KVCache

# Up to here it costs less to gather the caches of several rows than to call attention for each.
GATHERED_TOKENS = 1024
ALIGNED_TOKENS = 8  # what CUDA's kernels ask of a mask


@dataclass(kw_only=True)
class Span:
    """The tokens of one row within a packed sequence: ``start`` to ``stop``."""

    cache: KVCache
    start: int
    stop: int
    _masks: dict[torch.device, torch.Tensor] = field(default_factory=dict)

    @property
    def num_tokens(self) -> int:
        """Return how many of the row's tokens this step reads."""
        return self.stop - self.start

    def mask(self, device: torch.device) -> torch.Tensor | None:
        """Return the causal mask [new, cached + new], built once a step; None for one token, which sees all."""
        if self.num_tokens == 1:
            return None
        if device not in self._masks:
            total = self.cache.length + self.num_tokens
            ones = torch.ones(self.num_tokens, total, dtype=torch.bool, device=device)
            self._masks[device] = ones.tril(self.cache.length)
        return self._masks[device]


@dataclass(frozen=True, kw_only=True)
class Peers:
    """Rows, by number, that decode over so similar lengths that one call of attention serves them all."""

    rows: tuple[int, ...]
    lengths: tuple[int, ...]
    _masks: dict[tuple[torch.device, torch.dtype], torch.Tensor] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Return how many entries of each row's cache are looked at."""
        return self.lengths[0] if len(self.rows) == 1 else _rounded(max(self.lengths), ALIGNED_TOKENS)

    def mask(self, like: torch.Tensor) -> torch.Tensor | None:
        """Return what hides the entries beyond each row's end [rows, 1, 1, tokens], built once a step."""
        if len(self.rows) == 1:
            return None
        key = (like.device, like.dtype)
        if key not in self._masks:
            places = torch.arange(self.tokens, device=like.device)
            beyond = places >= torch.tensor(self.lengths, device=like.device)[:, None]
            hidden = torch.zeros(beyond.shape, dtype=like.dtype, device=like.device).masked_fill_(beyond, -torch.inf)
            self._masks[key] = hidden[:, None, None]
        return self._masks[key]


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
    def peers(self) -> tuple[Peers, ...]:
        """Return the rows of a decode step by length, at most a granule of the caches apart; long rows one by one."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, span in enumerate(self.spans):
            length = span.cache.length + 1
            is_alone = length > GATHERED_TOKENS
            groups[_rounded(length, GRANULE_TOKENS), row if is_alone else -1].append(row)
        return tuple(
            Peers(rows=tuple(rows), lengths=tuple(self.spans[row].cache.length + 1 for row in rows))
            for rows in groups.values()
        )

    def check(self) -> None:
        """Raise StepAbandoned if the rest of the step would be for nobody."""
        if self.is_abandoned():
            raise StepAbandoned


def attend(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, *, mask: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    """Return attention [1, heads, new, value_dim] of ``query`` [1, heads, new, dim] over one row's cache.

    ``keys`` and ``values`` are [1, kv_heads, cached + new, dim]; heads are a multiple of kv_heads.
    """
    _, heads, new, dim = query.shape
    kv_heads = keys.shape[1]
    groups = heads // kv_heads
    if new == 1:
        # The queries that share a key head become rows of one product: no key is copied.
        packed = query.reshape(1, kv_heads, groups, dim)
        return scaled_dot_product_attention(packed, keys, values, scale=scaling).view(1, heads, 1, -1)
    is_first_chunk = keys.shape[2] == new
    if groups > 1 and query.is_cuda and not is_first_chunk:
        # CUDA's fused kernels take a mask or shared heads, not both; the plain one would hold all scores at once.
        keys, values, groups = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1), 1
    return scaled_dot_product_attention(
        query,
        keys,
        values,
        attn_mask=None if is_first_chunk else mask,
        is_causal=is_first_chunk,
        scale=scaling,
        enable_gqa=groups > 1,
    )


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    batch: Batch,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Append each row's keys and values to its cache and attend; all tensors are [1, heads, tokens, dim].

    Returns [1, tokens, heads, dim] and no weights, as transformers' attention functions do.
    """
    batch.check()
    entries = torch.cat((key, value), dim=1)
    if batch.is_decode:
        return _decode(module.layer_idx, query, entries, batch, scaling), None
    outputs = []
    for span in batch.spans:
        new = slice(span.start, span.stop)
        (cached,) = span.cache.append(module.layer_idx, entries[:, :, new])
        keys, values = cached.chunk(2, dim=1)
        mask = span.mask(query.device)
        outputs.append(attend(query[:, :, new], keys, values, mask=mask, scaling=scaling).transpose(1, 2))
    return torch.cat(outputs, dim=1), None


def _decode(layer: int, query: torch.Tensor, entries: torch.Tensor, batch: Batch, scaling: float) -> torch.Tensor:
    """Do the same for one token a row, with as few calls as possible: they cost more than the arithmetic."""
    _, heads, rows, dim = query.shape
    kv_heads = entries.shape[1] // 2
    # The queries that share a key head become rows of one product: no key is copied.
    queries = query[0].transpose(0, 1).reshape(rows, kv_heads, heads // kv_heads, dim)
    for span, new in zip(batch.spans, entries.split(1, dim=2), strict=True):
        span.cache.write(layer, new)
    if len(batch.peers) == 1:
        return _decode_peers(layer, queries, batch, batch.peers[0], scaling).view(1, rows, heads, dim)
    mixed = torch.empty_like(queries)
    for peers in batch.peers:
        chosen = list(peers.rows)
        mixed[chosen] = _decode_peers(layer, queries[chosen], batch, peers, scaling)
    return mixed.view(1, rows, heads, dim)


def _decode_peers(layer: int, queries: torch.Tensor, batch: Batch, peers: Peers, scaling: float) -> torch.Tensor:
    """Attend for ``peers``; ``queries`` [rows, kv_heads, group, dim] → the same shape."""
    caches = [batch.spans[row].cache.view(layer, peers.tokens)[0] for row in peers.rows]
    cached = torch.cat(caches) if len(caches) > 1 else caches[0]
    keys, values = cached.chunk(2, dim=1)
    return scaled_dot_product_attention(queries, keys, values, attn_mask=peers.mask(queries), scale=scaling)


def register(name: str, function: Callable) -> None:
    """Make ``function`` known to transformers as an attention implementation. Harmless when done twice."""
    AttentionInterface.register(name, function)
    # The spans carry the masks; the model must not build one for the packed sequence.
    AttentionMaskInterface.register(name, lambda *args, **kwargs: None)


def _rounded(tokens: int, granule: int) -> int:
    return -(-tokens // granule) * granule
