"""Grouped-query attention of Llama, Qwen2 and Qwen3 over a packed batch.

MHA and MQA are its ends. Stands in for transformers' layers: queries, keys and values are one product, RoPE turns
queries and keys together, and rows attend by themselves while prompts are read, in groups while they decode.
Knows nothing about requests or sampling. Latent attention is in ``engine.mla``.
"""

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.llama.modeling_llama import rotate_half

from deepseek_space.engine.attention import Batch, DecodeGroup, StockLayer, attend
from deepseek_space.engine.fused_linear import join

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj")


class GroupedQueryAttention(nn.Module):
    """The attention of one layer with the weights of transformers' module for it."""

    def __init__(self, stock: StockLayer) -> None:
        super().__init__()
        config = stock.config
        self.layer_idx, self.scaling, self.head_dim = stock.layer_idx, stock.scaling, stock.head_dim
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.qkv_proj = join([stock.q_proj, stock.k_proj, stock.v_proj])
        self.o_proj = stock.o_proj
        # Qwen3's alone.
        self.q_norm, self.k_norm = getattr(stock, "q_norm", None), getattr(stock, "k_norm", None)

    def forward(
        self,
        hidden_states: torch.Tensor,
        *,
        position_embeddings: tuple[torch.Tensor, torch.Tensor],
        batch: Batch,
        **_: object,
    ) -> tuple[torch.Tensor, None]:
        """Append to the rows' caches and attend: [1, tokens, hidden] → the same shape, and no weights."""
        batch.check()
        heads = self.qkv_proj(hidden_states).view(-1, self.heads + 2 * self.kv_heads, self.head_dim)
        turned = self._turned(heads, *position_embeddings)
        heads[:, self.heads : -self.kv_heads] = turned[:, self.heads :]
        queries, entries = turned[:, : self.heads], heads[:, self.heads :]
        mixed = self._decode(queries, entries, batch) if batch.is_decode else self._read(queries, entries, batch)
        return self.o_proj(mixed.reshape(1, len(heads), -1)), None

    def _turned(self, heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Return queries and keys [tokens, heads + kv_heads, dim] with their positions; ``cos`` is [1, tokens, dim]."""
        plain = heads[:, : -self.kv_heads]
        if self.q_norm is not None and self.k_norm is not None:
            queries, keys = plain.split((self.heads, self.kv_heads), dim=1)
            plain = torch.cat((self.q_norm(queries), self.k_norm(keys)), dim=1)
        return plain * cos[0, :, None] + rotate_half(plain) * sin[0, :, None]

    def _read(self, queries: torch.Tensor, entries: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Attend row by row; ``queries`` [tokens, heads, dim], ``entries`` keys, then values → as the queries."""
        outputs = []
        for span in batch.spans:
            new = slice(span.start, span.stop)
            (cached,) = span.cache.append(self.layer_idx, entries[new].transpose(0, 1)[None])
            keys, values = cached.chunk(2, dim=1)
            query = queries[new].transpose(0, 1)[None]
            outputs.append(attend(query, keys, values, span=span, scaling=self.scaling)[0].transpose(0, 1))
        return torch.cat(outputs)

    def _decode(self, queries: torch.Tensor, entries: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Do the same for one token a row, with as few calls as possible: they cost more than the arithmetic."""
        if len(batch.peers) == 1:
            return self._decode_peers(queries, entries, batch.peers[0])
        mixed = torch.empty_like(queries)
        for peers in batch.peers:
            chosen = list(peers.rows)
            mixed[chosen] = self._decode_peers(queries[chosen], entries[chosen], peers)
        return mixed

    def _decode_peers(self, queries: torch.Tensor, entries: torch.Tensor, peers: DecodeGroup) -> torch.Tensor:
        keys, values = peers.append(self.layer_idx, entries).chunk(2, dim=1)
        # The queries that share a key head become rows of one product: no key is copied.
        grouped = queries.view(len(queries), self.kv_heads, -1, self.head_dim)
        mask = peers.mask(queries)
        return scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=self.scaling).flatten(1, 2)


def install(model: nn.Module) -> None:
    """Put it in place of the attention layers of ``model``; one layer's projections at a time are there twice."""
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if all(hasattr(layer, projection) for projection in PROJECTIONS):
                setattr(parent, name, GroupedQueryAttention(layer))
