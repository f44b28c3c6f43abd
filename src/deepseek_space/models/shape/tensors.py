"""Every tensor that a model of the family takes, by its published name, with its shape.

Pure arithmetic. Names follow the published checkpoints, where each routed expert has matrices of its own; the classes
of transformers fuse those.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from deepseek_space.models.shape.architecture import Architecture, Experts, Latent

Shape = tuple[int, ...]
Stored = TypeVar("Stored")

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")


def layer_of(name: str) -> int | None:
    """Return the number of the layer that the tensor ``name`` belongs to; None for the rest of the model."""
    match = _LAYER.search(name)
    return int(match[1]) if match else None


def tensors(arch: Architecture) -> dict[str, Shape]:
    """Return names and shapes (outputs, inputs) of what ``arch`` takes; a tied head is not among them."""
    needed: dict[str, Shape] = {EMBEDDING: (arch.vocab, arch.hidden), "model.norm.weight": (arch.hidden,)}
    if not arch.tied:
        needed[HEAD] = (arch.vocab, arch.hidden)
    for layer in range(arch.layers):
        needed |= {f"model.layers.{layer}.{name}": shape for name, shape in _layer(arch, layer)}
    return needed


def with_model_prefix(stored: Mapping[str, Stored]) -> dict[str, Stored]:
    """Return ``stored`` by the names of ``tensors``: a model that was saved without its head has no ``model.``."""
    if EMBEDDING in stored or EMBEDDING.partition(".")[2] not in stored:
        return dict(stored)
    return {name if name == HEAD else f"model.{name}": tensor for name, tensor in stored.items()}


def _layer(arch: Architecture, layer: int) -> Iterator[tuple[str, Shape]]:
    yield "input_layernorm.weight", (arch.hidden,)
    yield "post_attention_layernorm.weight", (arch.hidden,)
    for name, shape in _latent_attention(arch, arch.latent) if arch.latent else _attention(arch):
        yield f"self_attn.{name}", shape
    if arch.experts and layer >= arch.experts.dense_layers:
        yield from _experts(arch, arch.experts)
    else:
        yield from _feed_forward("mlp", arch, arch.ffn)


def _linear(name: str, rows: int, columns: int, *, bias: bool) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (rows, columns)
    if bias:
        yield f"{name}.bias", (rows,)


def _attention(arch: Architecture) -> Iterator[tuple[str, Shape]]:
    query, key = arch.heads * arch.head_dim, arch.kv_heads * arch.head_dim
    yield from _linear("q_proj", query, arch.hidden, bias=arch.qkv_bias)
    yield from _linear("k_proj", key, arch.hidden, bias=arch.qkv_bias)
    yield from _linear("v_proj", key, arch.hidden, bias=arch.qkv_bias)
    yield from _linear("o_proj", arch.hidden, query, bias=arch.output_bias)
    if arch.qk_norm:
        yield "q_norm.weight", (arch.head_dim,)
        yield "k_norm.weight", (arch.head_dim,)


def _latent_attention(arch: Architecture, latent: Latent) -> Iterator[tuple[str, Shape]]:
    query = arch.heads * latent.query_dim
    if latent.q_rank is None:
        yield "q_proj.weight", (query, arch.hidden)
    else:
        yield from _linear("q_a_proj", latent.q_rank, arch.hidden, bias=arch.qkv_bias)
        yield "q_a_layernorm.weight", (latent.q_rank,)
        yield "q_b_proj.weight", (query, latent.q_rank)
    yield from _linear("kv_a_proj_with_mqa", latent.kv_rank + latent.rope_dim, arch.hidden, bias=arch.qkv_bias)
    yield "kv_a_layernorm.weight", (latent.kv_rank,)
    yield "kv_b_proj.weight", (arch.heads * (latent.nope_dim + latent.value_dim), latent.kv_rank)
    yield from _linear("o_proj", arch.hidden, arch.heads * latent.value_dim, bias=arch.output_bias)


def _experts(arch: Architecture, experts: Experts) -> Iterator[tuple[str, Shape]]:
    yield "mlp.gate.weight", (experts.routed, arch.hidden)
    if arch.model_type == "deepseek_v3":
        yield "mlp.gate.e_score_correction_bias", (experts.routed,)
    for expert in range(experts.routed):
        yield f"mlp.experts.{expert}.gate_proj.weight", (experts.width, arch.hidden)
        yield f"mlp.experts.{expert}.up_proj.weight", (experts.width, arch.hidden)
        yield f"mlp.experts.{expert}.down_proj.weight", (arch.hidden, experts.width)
    yield from _feed_forward("mlp.shared_experts", arch, experts.shared * experts.width)


def _feed_forward(name: str, arch: Architecture, width: int) -> Iterator[tuple[str, Shape]]:
    yield from _linear(f"{name}.gate_proj", width, arch.hidden, bias=arch.mlp_bias)
    yield from _linear(f"{name}.up_proj", width, arch.hidden, bias=arch.mlp_bias)
    yield from _linear(f"{name}.down_proj", arch.hidden, width, bias=arch.mlp_bias)
