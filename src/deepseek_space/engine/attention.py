"""Attention over a packed batch: tokens of several rows in one sequence, each row with a cache of its own.

No padding and no mask between rows: the linear layers see all tokens at once, attention runs row by row.
transformers calls ``packed_attention`` under the name ``packed``; the model gets ``spans=`` as a keyword
argument. Knows nothing about requests or sampling. Latent attention is in ``engine.mla``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

from deepseek_space.engine.kv_cache import KVCache


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


def attend(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, *, mask: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    """Return attention [1, heads, new, value_dim] of ``query`` [1, heads, new, dim] over one row's cache.

    ``keys`` and ``values`` are [1, kv_heads, cached + new, dim]; heads are a multiple of kv_heads.
    """
    _, heads, new, dim = query.shape
    kv_heads = keys.shape[1]
    if new == 1:
        # The queries that share a key head become rows of one product: no key is copied.
        query = query.view(1, kv_heads, heads // kv_heads, dim)
        return scaled_dot_product_attention(query, keys, values, scale=scaling).view(1, heads, 1, -1)
    first_chunk = keys.shape[2] == new
    return scaled_dot_product_attention(
        query,
        keys,
        values,
        attn_mask=None if first_chunk else mask,
        is_causal=first_chunk,
        scale=scaling,
        enable_gqa=heads != kv_heads,
    )


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    spans: tuple[Span, ...],
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Append each row's keys and values to its cache and attend; all tensors are [1, heads, tokens, dim].

    Returns [1, tokens, heads, dim] and no weights, as transformers' attention functions do.
    """
    outputs = []
    for span in spans:
        new = slice(span.start, span.stop)
        keys, values = span.cache.append(module.layer_idx, key[:, :, new], value[:, :, new])
        mask = span.mask(query.device)
        outputs.append(attend(query[:, :, new], keys, values, mask=mask, scaling=scaling).transpose(1, 2))
    return torch.cat(outputs, dim=1), None


def register(name: str, function: Callable) -> None:
    """Make ``function`` known to transformers as an attention implementation. Harmless when done twice."""
    AttentionInterface.register(name, function)
    # The spans carry the masks; the model must not build one for the packed sequence.
    AttentionMaskInterface.register(name, lambda *args, **kwargs: None)
