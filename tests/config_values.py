"""Architecture to ``config.json``: the values from which transformers builds the same shape. Writes no file."""

from typing import Any

from deepseek_space.models.shape.architecture import Architecture, Rope


def config_values(arch: Architecture) -> dict[str, Any]:
    """Return the ``config.json`` values from which ``AutoConfig.for_model`` builds this shape."""
    values: dict[str, Any] = {
        "model_type": arch.model_type,
        "num_hidden_layers": arch.layers,
        "hidden_size": arch.hidden,
        "num_attention_heads": arch.heads,
        "num_key_value_heads": arch.kv_heads,
        "vocab_size": arch.vocab,
        "max_position_embeddings": arch.max_positions,
        "tie_word_embeddings": arch.tied,
        "rope_parameters": _rope_values(arch.rope),
    }
    if arch.ffn:
        values["intermediate_size"] = arch.ffn
    if not arch.latent:
        values["head_dim"] = arch.head_dim
    if arch.qkv_bias and arch.model_type != "qwen2":
        values["attention_bias"] = True
    if arch.mlp_bias:
        values["mlp_bias"] = True
    for part in (_latent_values, _experts_values, _indexer_values, _compressed_values):
        values.update(part(arch))
    return values


def _rope_values(rope: Rope) -> dict[str, Any]:
    values: dict[str, Any] = {"rope_type": rope.kind, "rope_theta": rope.theta}
    if rope.kind != "default":
        values["factor"] = rope.factor
    if rope.original_context:
        values["original_max_position_embeddings"] = rope.original_context
    if rope.kind == "llama3":
        values |= {"low_freq_factor": 1.0, "high_freq_factor": 4.0}
    if rope.mscale is not None:
        values |= {"mscale": rope.mscale, "mscale_all_dim": rope.mscale}
    if rope.attention_factor is not None:
        values["attention_factor"] = rope.attention_factor
    return values


def _latent_values(arch: Architecture) -> dict[str, Any]:
    if not (latent := arch.latent):
        return {}
    return {
        "kv_lora_rank": latent.kv_rank,
        "q_lora_rank": latent.q_rank,
        "qk_nope_head_dim": latent.nope_dim,
        "qk_rope_head_dim": latent.rope_dim,
        "v_head_dim": latent.value_dim,
    }


def _experts_values(arch: Architecture) -> dict[str, Any]:
    if not (experts := arch.experts):
        return {}
    values = {
        "n_routed_experts": experts.routed,
        "n_shared_experts": experts.shared,
        "num_experts_per_tok": experts.active,
        "moe_intermediate_size": experts.width,
        "routed_scaling_factor": experts.scale,
        "norm_topk_prob": experts.normalised,
    }
    if arch.compressed:
        return values
    values |= {"n_group": experts.groups, "topk_group": experts.active_groups}
    if arch.model_type == "deepseek_v2":
        values["topk_method"] = "greedy" if experts.groups == 1 else "group_limited_greedy"
    return values | {"first_k_dense_replace": experts.dense_layers}


def _indexer_values(arch: Architecture) -> dict[str, Any]:
    if not (indexer := arch.indexer):
        return {}
    return {"index_n_heads": indexer.heads, "index_head_dim": indexer.dim, "index_topk": indexer.top_k}


def _compressed_values(arch: Architecture) -> dict[str, Any]:
    if not (compressed := arch.compressed):
        return {}
    return {
        "compress_ratios": list(compressed.ratios),
        "q_lora_rank": compressed.q_rank,
        "o_lora_rank": compressed.output_rank,
        "o_groups": compressed.output_groups,
        "sliding_window": compressed.window,
        "qk_rope_head_dim": compressed.rope_dim,
        "compress_rope_theta": compressed.rope_theta,
        "hc_mult": compressed.streams,
        "num_hash_layers": compressed.hash_layers,
    }
