"""``config.json`` to Architecture. Knows the key names that Hub repositories use; reads no file.

A value that transformers would take in another way than it is written is refused here, by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, get_args

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.shape.architecture import (
    COMPUTED,
    Architecture,
    Compressed,
    Experts,
    Indexer,
    Latent,
    Rope,
    RopeKind,
)
from deepseek_space.sentences import Sentence

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
# What transformers' classes take where a file leaves a key out, if it is not what all of them take.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "qwen2": {"num_key_value_heads": 32, "max_position_embeddings": 32_768},
    "qwen3": {"num_key_value_heads": 32, "max_position_embeddings": 32_768, "head_dim": 128},
    "deepseek_v2": {"n_shared_experts": 2},
    "deepseek_v3": {
        "num_key_value_heads": 128,
        "max_position_embeddings": 4096,
        "first_k_dense_replace": 3,
        "n_group": 8,
        "topk_group": 4,
        "routed_scaling_factor": 2.5,
        "norm_topk_prob": True,
    },
}
_SIZES = ("num_attention_heads", "hidden_size", "num_hidden_layers", "vocab_size", "intermediate_size")
_MLA = ("deepseek_v2", "deepseek_v3", "deepseek_v32")


@dataclass(frozen=True, kw_only=True)
class _Reader:
    config: Mapping[str, Any]
    where: str = ""

    def count(self, key: str, default: int | None = None, *, least: int = 1) -> int:
        value = self.config.get(key)
        value = default if value is None else value
        most = _LIMITS.get(key, _DEFAULT_LIMIT)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            whole = Sentence("a whole number from {least} to {most:,}", least=least, most=most)
            raise _damaged(self.where + key, value, whole)
        return value

    def number(self, key: str, default: float) -> float:
        value = self.config.get(key)
        value = default if value is None else value
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise _damaged(self.where + key, value, Sentence("a number, without quotation marks"))
        return float(value)

    def optional(self, key: str) -> float | None:
        return None if self.config.get(key) is None else self.number(key, 0.0)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.config.get(key)
        value = default if value is None else value
        if not isinstance(value, bool):
            raise _damaged(self.where + key, value, Sentence("true or false, without quotation marks"))
        return value


def _damaged(key: str, value: Any, wanted: str) -> NotACheckpoint:
    shown = f"{value:,}" if type(value) is int else f"{value!r:.120}"
    return NotACheckpoint(
        "config.json says {key} = {value}; it must be {wanted}. The file is damaged or not a model's: fetch it again.",
        key=key,
        value=shown,
        wanted=wanted,
    )


def _not_computed(model_type: str) -> Unsupported:
    kinds = ", ".join(COMPUTED)
    return Unsupported("Models of type {kind} do not run here; these do: {kinds}.", kind=repr(model_type), kinds=kinds)


def read_architecture(config: Mapping[str, Any], *, foreign: bool = False) -> Architecture:
    """Return the shape that a parsed ``config.json`` describes.

    ``foreign`` lets other model types pass as if they were dense and called their sizes as Llama does.
    Raises Unsupported for a model type outside the family, NotACheckpoint for sizes that cannot be.
    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise NotACheckpoint("config.json names no model_type; this is not the configuration of a language model.")
    if model_type not in KNOWN and not foreign:
        raise _not_computed(model_type)
    config = _DEFAULTS.get(model_type, {}) | dict(config)
    read = _Reader(config=config)
    if model_type not in KNOWN and any(read.config.get(key) is None for key in _SIZES):
        raise _not_computed(model_type)
    read.number("rms_norm_eps", 1e-6)
    heads, hidden = read.count("num_attention_heads"), read.count("hidden_size")
    layers = read.count("num_hidden_layers")
    if config.get("head_dim") is None and hidden % heads:
        no_width = "config.json says hidden_size = {size}, which {heads} attention heads do not divide."
        raise NotACheckpoint(no_width, size=hidden, heads=heads)
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
        tied=read.flag("tie_word_embeddings"),
        qkv_bias=model_type == "qwen2" or read.flag("attention_bias"),
        mlp_bias=model_type in ("llama", "deepseek_v2") and read.flag("mlp_bias"),
        qk_norm=model_type == "qwen3",
        is_windowed=_is_windowed(config, layers),
        latent=_latent(read) if model_type in _MLA else None,
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
    if model_type in _MLA:
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
    experts = Experts(
        routed=read.count("n_routed_experts"),
        shared=read.count("n_shared_experts", 1),
        active=read.count("num_experts_per_tok"),
        width=read.count("moe_intermediate_size"),
        dense_layers=min(read.count("first_k_dense_replace", 0, least=0), read.count("num_hidden_layers")),
        groups=read.count("n_group", 1),
        active_groups=read.count("topk_group", 1),
        scale=read.number("routed_scaling_factor", 1.0),
        normalised=read.flag("norm_topk_prob"),
    )
    if read.config["model_type"] in _ROUTING:
        _check_routing(read.config, experts)
    return experts


# How transformers' classes choose experts, whatever the file says.
_ROUTING = {
    "deepseek_v2": {
        "topk_method": ("greedy", "group_limited_greedy"),
        "scoring_func": ("softmax",),
        "norm_topk_prob": (False,),
    },
    "deepseek_v3": {"topk_method": ("noaux_tc",), "scoring_func": ("sigmoid",)},
}


def _check_routing(config: Mapping[str, Any], experts: Experts) -> None:
    model_type = config["model_type"]
    for key, computed in {**_ROUTING[model_type], "moe_layer_freq": (1,)}.items():
        if (value := config.get(key)) is not None and value not in computed:
            raise Unsupported(
                "config.json says {key} = {value}; a {kind} model here computes {names}, and would choose "
                "other experts. Choose another checkpoint.",
                key=key,
                value=f"{value!r:.80}",
                kind=model_type,
                names=" or ".join(map(str, computed)),
            )
    if model_type == "deepseek_v2" and config.get("topk_method") != "group_limited_greedy":
        return  # one choice among all
    if experts.routed % experts.groups or experts.active_groups > experts.groups:
        raise NotACheckpoint(
            "config.json says n_group = {groups} and topk_group = {active_groups} for {routed} experts; "
            "the groups must be equal, and no more chosen than there are. Fetch it again.",
            groups=experts.groups,
            active_groups=experts.active_groups,
            routed=experts.routed,
        )
    if experts.active > experts.active_groups * (experts.routed // experts.groups):
        raise NotACheckpoint(
            "config.json says num_experts_per_tok = {active}, more than the {routed} experts in "
            "{active_groups} of {groups} groups allow. Fetch it again.",
            active=experts.active,
            routed=experts.routed,
            active_groups=experts.active_groups,
            groups=experts.groups,
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
            "config.json says compress_ratios = {value}; V4 needs 0, 4 or 128 for each of {layers} layers.",
            value=f"{ratios!r:.80}",
            layers=layers,
        )
    return Compressed(
        ratios=tuple(ratios[:layers]),
        q_rank=read.count("q_lora_rank", 1024),
        output_rank=read.count("o_lora_rank", 1024),
        output_groups=read.count("o_groups", 8),
        window=read.count("sliding_window", 128),
        rope_dim=read.count("qk_rope_head_dim", 64),
        rope_theta=read.number("compress_rope_theta", 160_000.0),
        streams=read.count("hc_mult", 4),
        hash_layers=read.count("num_hash_layers", 3, least=0),
    )


def _rope(config: Mapping[str, Any]) -> Rope:
    key = "rope_parameters" if config.get("rope_parameters") else "rope_scaling"
    values = config.get(key) or {}
    if not isinstance(values, Mapping):
        raise _damaged(key, values, Sentence("an object with a rope_type"))
    kind = values.get("rope_type") or values.get("type") or "default"
    if config["model_type"] in KNOWN and kind not in get_args(RopeKind):
        raise NotACheckpoint(
            "config.json says {key} is of type {kind}; models of the family have {names}.",
            key=key,
            kind=repr(kind),
            names=", ".join(get_args(RopeKind)),
        )
    read, whole = _Reader(config=values, where=f"{key}."), _Reader(config=config)
    if config["model_type"] in COMPUTED and read.number("partial_rotary_factor", 1.0) != 1.0:
        raise Unsupported(
            "config.json says partial_rotary_factor = {value}; heads that turn only in part are not "
            "computed here. Choose another model.",
            value=values["partial_rotary_factor"],
        )
    original = values.get("original_max_position_embeddings")
    return Rope(
        theta=read.number("rope_theta", whole.number("rope_theta", 10_000.0)),
        kind=kind,
        factor=read.number("factor", 1.0),
        original_context=read.count("original_max_position_embeddings") if original is not None else None,
        mscale=read.optional("mscale_all_dim"),
        attention_factor=read.optional("attention_factor"),
    )
