"""Multi-head latent attention on the latent itself, for DeepSeek V2, V3 and R1.

The checkpoint caches one latent of ``kv_lora_rank`` and one RoPE key a token, shared by all heads, and expands
them to keys and values through ``kv_b_proj``. For few queries it is cheaper to fold that matrix into the query
and the output instead: *absorbed* attention (DeepSeek-V2 paper, section 2.1.2, and appendix B). Both give the
same function; which one costs less is arithmetic (``break_even_tokens``).
Knows nothing about requests, sampling or how RoPE and the queries are computed: the model's own code does that.
"""

import sys
from dataclasses import dataclass
from types import MethodType

import torch
from torch import nn
from torch.nn.functional import pad, scaled_dot_product_attention

from deepseek_space.engine.attention import Batch, Span, StockLayer, attend

# The largest mask for queries of several tokens, which has a row for each head and token: 8 MB in 16 bits.
MASK_ELEMENTS = 2**22


@dataclass(frozen=True, kw_only=True)
class UpProjection:
    """``kv_b_proj`` cut by head: keys [heads, nope_dim, rank] and values [heads, value_dim, rank]."""

    keys: torch.Tensor
    values: torch.Tensor


def install(model: nn.Module) -> bool:
    """Make the attention layers of ``model`` hand out their latents unexpanded; return whether it has any."""
    layers: list[StockLayer] = [
        module for module in model.modules() if hasattr(module, "expand_kv") and hasattr(module, "kv_b_proj")
    ]
    for layer in layers:
        layer.expand_kv = MethodType(_keep_latent, layer)
    return bool(layers)


def _keep_latent(layer: StockLayer, latent: torch.Tensor, rope_key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return latent, rope_key


def break_even_tokens(layer: StockLayer) -> int:
    """Return from how many new tokens on expanding the cache takes fewer multiplications than absorbing it.

    Per cached token and head, expanding costs rank · (nope + value) once and nope + rope + value per query;
    absorbing costs 2 · rank + rope per query and nothing else.
    """
    rank, expanded = layer.kv_lora_rank, layer.qk_nope_head_dim + layer.v_head_dim
    saved_per_query = 2 * rank - expanded
    return rank * expanded // saved_per_query if saved_per_query > 0 else sys.maxsize


def up_projection(layer: StockLayer, like: torch.Tensor) -> UpProjection:
    """Return the up-projection, dense whatever precision ``kv_b_proj`` has, where ``like`` is; made once.

    The copy is a few thousandths of the model. Batched products in bf16 on views into ``kv_b_proj`` take up to nine
    times as long on a CPU, which is a third of a layer's decode.
    """
    if not hasattr(layer, "dense_up_projection"):
        layer.dense_up_projection = _cut(layer, _dense_weight(layer, like))
    return layer.dense_up_projection


def _dense_weight(layer: StockLayer, like: torch.Tensor) -> torch.Tensor:
    projection = layer.kv_b_proj
    if type(projection) is nn.Linear and projection.weight.device.type != "meta":
        return projection.weight
    # A product with the identity yields the weights of a quantised layer, and of one whose weights come and go.
    identity = torch.eye(layer.kv_lora_rank, dtype=like.dtype, device=like.device)
    return projection(identity).T


def _cut(layer: StockLayer, weight: torch.Tensor) -> UpProjection:
    nope = layer.qk_nope_head_dim
    by_head = weight.reshape(-1, nope + layer.v_head_dim, layer.kv_lora_rank)
    return UpProjection(keys=by_head[:, :nope].contiguous(), values=by_head[:, nope:].contiguous())


def packed_latent_attention(
    layer: StockLayer,
    query: torch.Tensor,
    latent: torch.Tensor,
    rope_key: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    batch: Batch,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Append each row's latents to its cache and attend, absorbed or expanded by what costs less.

    ``query`` is [1, heads, tokens, nope + rope], ``latent`` [1, 1, tokens, rank], ``rope_key`` [1, 1, tokens, rope].
    Returns [1, tokens, heads, value_dim] and no weights, as transformers' attention functions do.
    """
    batch.check()
    spans = batch.spans
    entries = torch.cat((latent, rope_key), dim=-1)
    caches = [span.cache.append(layer.layer_idx, entries[:, :, span.start : span.stop])[0] for span in spans]
    few = [span.num_tokens < break_even_tokens(layer) for span in spans]
    short = [pair for pair, is_few in zip(zip(spans, caches, strict=True), few, strict=True) if is_few]
    output = query.new_empty(1, query.shape[2], query.shape[1], layer.v_head_dim)
    if short:
        tokens = [token for span, _ in short for token in range(span.start, span.stop)]
        output[0, tokens] = _absorbed(layer, query[0, :, tokens], short, scaling)
    for span, cache, is_few in zip(spans, caches, few, strict=True):
        if not is_few:
            new = slice(span.start, span.stop)
            output[:, new] = _expanded(layer, query[:, :, new], cache, span, scaling)
    return output, None


def _absorbed(
    layer: StockLayer, query: torch.Tensor, rows: list[tuple[Span, torch.Tensor]], scaling: float
) -> torch.Tensor:
    """Attend on the latents; ``query`` [heads, tokens, nope + rope] of all ``rows`` → [tokens, heads, value_dim].

    The two products with the up-projection are shared by all rows, as they do not depend on the cache.
    """
    up, rank = up_projection(layer, query), layer.kv_lora_rank
    nope, rope = query.split((layer.qk_nope_head_dim, layer.qk_rope_head_dim), dim=-1)
    folded = torch.cat((torch.bmm(nope, up.keys), rope), dim=-1)
    mixed, start = [], 0
    for span, cache in rows:
        mine = folded[:, start : start + span.num_tokens]
        mixed.append(_attend_latent(mine, cache, span, scaling)[..., :rank])
        start += span.num_tokens
    return torch.bmm(torch.cat(mixed, dim=1), up.values.transpose(1, 2)).transpose(0, 1)


def _attend_latent(query: torch.Tensor, cache: torch.Tensor, span: Span, scaling: float) -> torch.Tensor:
    """Mix the ``cache`` [1, 1, total, rank + rope] of ``span`` for ``query`` [heads, new, rank + rope]; the same shape.

    The cache serves as keys and values: a value that is as wide as its key lets the fused kernel run. All heads share
    the one key head, so they become the rows of a single product, as many at once as their mask allows.
    """
    one_head = span.mask(query)
    heads_at_once = len(query) if one_head is None else max(1, MASK_ELEMENTS // one_head.numel())
    mixed = []
    for part in query.split(heads_at_once):
        packed, mask = part.reshape(1, 1, -1, query.shape[-1]), span.mask(query, heads=len(part))
        mixed.append(scaled_dot_product_attention(packed, cache, cache, attn_mask=mask, scale=scaling).view_as(part))
    return torch.cat(mixed)


def _expanded(layer: StockLayer, query: torch.Tensor, cache: torch.Tensor, span: Span, scaling: float) -> torch.Tensor:
    """Attend on expanded keys and values; ``query`` [1, heads, new, nope + rope] → [1, new, heads, value_dim]."""
    latent, rope_key = cache.split((layer.kv_lora_rank, layer.qk_rope_head_dim), dim=-1)
    keys, values = type(layer).expand_kv(layer, latent, rope_key)
    # The fused kernels want keys and values of one width.
    widened = pad(values, (0, keys.shape[-1] - values.shape[-1]))
    output = attend(query, keys, widened, span=span, scaling=scaling)
    return output[..., : layer.v_head_dim].transpose(1, 2)
