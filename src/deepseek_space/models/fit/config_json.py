"""``config.json`` to Architecture and back. Knows the key names that Hub repositories use; reads no file.

The other way yields the values from which transformers builds the same shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.fit.architecture import (
    COMPUTED,
    Architecture,
    Compressed,
    Experts,
    Indexer,
    Latent,
    Rope,
    RopeKind,
)

KNOWN = (*COMPUTED, "deepseek_v32", "deepseek_v4", "deepseek")

# Far above every published model, far below what makes arithmetic or allocation meaningless.
_LIMITS = {
    "num_hidden_layers": 1_000,
    "hidden_size": 131_072,
    "num_attention_heads": 4_096,
    "num_key_value_heads": 4_096,
    "head_dim": 8_192,
    "intermediate_size": 1_048_576,
    "moe_intermediate_size": 1_048_576,
    "vocab_size": 10_000_000,
    "max_position_embeddings": 100_000_000,
    "n_routed_experts": 16_384,
}
_DEFAULT_LIMIT = 1_048_576


@dataclass(frozen=True, kw_only=True)
class _Reader:
    config: Mapping[str, Any]

    def count(self, key: str, default: int | None = None, *, least: int = 1) -> int:
        value = self.config.get(key)
        value = default if value is None else value
        most = _LIMITS.get(key, _DEFAULT_LIMIT)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise NotACheckpoint(
                f"config.json says {key} = {value!r}; it must be a whole number from {least} to {most:,}. "
                "The file is damaged or not a model's: fetch it again."
            )
        return value


def read_architecture(config: Mapping[str, Any], *, foreign: bool = False) -> Architecture:
    """Return the shape that a parsed ``config.json`` describes.

    ``foreign`` lets other model types pass as if they were dense and called their sizes as Llama does.
    Raises Unsupported for a model type outside the family, NotACheckpoint for sizes that cannot be.
    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise NotACheckpoint("config.json names no model_type; this is not the configuration of a language model.")
    if model_type not in KNOWN and not foreign:
        raise Unsupported(f"Models of type {model_type!r} do not run here; these do: {', '.join(COMPUTED)}.")
    read = _Reader(config=config)
    heads, hidden = read.count("num_attention_heads"), read.count("hidden_size")
    layers = read.count("num_hidden_layers")
    if "head_dim" not in config and hidden % heads:
        raise NotACheckpoint(f"config.json says hidden_size = {hidden}, which {heads} attention heads do not divide.")
    return Architecture(
        model_type=model_type,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=read.count("num_key_value_heads", heads),
        head_dim=_head_dim(read, model_type, hidden // heads),
        ffn=0 if model_type == "deepseek_v4" else read.count("intermediate_size"),
        vocab=read.count("vocab_size"),
        max_positions=read.count("max_position_embeddings", 2048),
        rope=_rope(config),
        tied=bool(config.get("tie_word_embeddings", False)),
        qkv_bias=model_type == "qwen2" or bool(config.get("attention_bias", False)),
        qk_norm=model_type == "qwen3",
        is_windowed=_is_windowed(config, layers),
        latent=_latent(read) if model_type in ("deepseek_v2", "deepseek_v3", "deepseek_v32") else None,
        experts=_experts(read) if model_type in KNOWN and model_type.startswith("deepseek") else None,
        indexer=_indexer(read) if model_type in ("deepseek_v32", "deepseek_v4") else None,
        compressed=_compressed(read) if model_type == "deepseek_v4" else None,
    )


def _is_windowed(config: Mapping[str, Any], layers: int) -> bool:
    # Qwen names the window even where it is off; without a list it holds for the layers from max_window_layers on.
    if (kinds := config.get("layer_types")) is not None:
        return isinstance(kinds, list) and "sliding_attention" in kinds
    first = config.get("max_window_layers", 28)
    window = config.get("use_sliding_window") and config.get("sliding_window", 4096)
    return bool(window) and (not isinstance(first, int) or first < layers)


def _head_dim(read: _Reader, model_type: str, even: int) -> int:
    # The MLA classes call the position part of a head its head_dim, whatever the file says.
    if model_type in ("deepseek_v2", "deepseek_v3", "deepseek_v32"):
        return read.count("qk_rope_head_dim", 64)
    return read.count("head_dim", 512 if model_type == "deepseek_v4" else even)


def _latent(read: _Reader) -> Latent:
    # V2-Lite writes null for "no query rank"; a key that is absent means transformers' default.
    without_rank = "q_lora_rank" in read.config and read.config["q_lora_rank"] is None
    return Latent(
        kv_rank=read.count("kv_lora_rank", 512),
        q_rank=None if without_rank else read.count("q_lora_rank", 1536),
        nope_dim=read.count("qk_nope_head_dim", 128),
        rope_dim=read.count("qk_rope_head_dim", 64),
        value_dim=read.count("v_head_dim", 128),
    )


def _experts(read: _Reader) -> Experts | None:
    if read.config.get("n_routed_experts") is None and read.config["model_type"] == "deepseek":
        return None
    return Experts(
        routed=read.count("n_routed_experts"),
        shared=read.count("n_shared_experts", 1),
        active=read.count("num_experts_per_tok"),
        width=read.count("moe_intermediate_size"),
        dense_layers=min(read.count("first_k_dense_replace", 0, least=0), read.count("num_hidden_layers")),
        groups=read.count("n_group", 1),
        active_groups=read.count("topk_group", 1),
        scale=float(read.config.get("routed_scaling_factor") or 1.0),
        normalised=bool(read.config.get("norm_topk_prob", False)),
    )


def _indexer(read: _Reader) -> Indexer:
    return Indexer(
        heads=read.count("index_n_heads", 64),
        dim=read.count("index_head_dim", 128),
        top_k=read.count("index_topk", 2048),
    )


def _compressed(read: _Reader) -> Compressed:
    layers, ratios = read.count("num_hidden_layers"), read.config.get("compress_ratios")
    if not isinstance(ratios, list) or len(ratios) < layers or not set(ratios) <= {0, 4, 128}:
        raise NotACheckpoint(
            f"config.json says compress_ratios = {ratios!r:.80}; V4 needs 0, 4 or 128 for each of {layers} layers."
        )
    return Compressed(
        ratios=tuple(ratios[:layers]),
        q_rank=read.count("q_lora_rank", 1024),
        output_rank=read.count("o_lora_rank", 1024),
        output_groups=read.count("o_groups", 8),
        window=read.count("sliding_window", 128),
        rope_dim=read.count("qk_rope_head_dim", 64),
        rope_theta=float(read.config.get("compress_rope_theta", 160_000.0)),
        streams=read.count("hc_mult", 4),
        hash_layers=read.count("num_hash_layers", 3, least=0),
    )


def _rope(config: Mapping[str, Any]) -> Rope:
    key = "rope_parameters" if config.get("rope_parameters") else "rope_scaling"
    values = config.get(key) or {}
    try:
        kind = values.get("rope_type") or values.get("type") or "default"
        original = values.get("original_max_position_embeddings")
        rope = Rope(
            theta=float(values.get("rope_theta") or config.get("rope_theta") or 10_000.0),
            kind=kind,
            factor=float(values.get("factor") or 1.0),
            original_context=int(original) if original else None,
            mscale=values.get("mscale_all_dim"),
            attention_factor=values.get("attention_factor"),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise NotACheckpoint(f"config.json says {key} = {values!r:.120}, which is damaged; fetch it again.") from error
    if config["model_type"] in KNOWN and kind not in get_args(RopeKind):
        raise NotACheckpoint(
            f"config.json says {key} is of type {kind!r}; models of the family have {', '.join(get_args(RopeKind))}."
        )
    return rope


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
