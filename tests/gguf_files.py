"""Small GGUF files as llama.cpp's converter writes them: a tiny model and a tokenizer in DeepSeek's manner."""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quants
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from gguf_latent import KIND as LATENT_KIND
from gguf_latent import describe_latent, latent_tensors
from tiny_models import ARCHITECTURES
from tiny_tokenizers import BOS, EOS, deepseek_tokenizer

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def random_model(name: str, **changes: Any) -> PreTrainedModel:
    """Return a random model of ``ARCHITECTURES`` with a configuration that is changed."""
    model_class, config_class, values = ARCHITECTURES[name]
    torch.manual_seed(0)
    model = model_class(config_class(**values | changes)).eval()
    for key, parameter in model.named_parameters():
        if key.endswith("bias"):
            parameter.data.normal_(std=0.1)
    return model


def gguf_tensors(model: PreTrainedModel) -> dict[str, np.ndarray]:
    """Return the weights of ``model`` by GGUF's names."""
    tensors = {}
    for name, weight in model.state_dict().items():
        stem, _, part = name.rpartition(".")
        prefix, layer = ("", stem)
        if stem.startswith("model.layers."):
            _, _, number, layer = stem.split(".", 3)
            prefix = f"blk.{number}."
        if model.config.model_type == "llama" and layer in ("self_attn.q_proj", "self_attn.k_proj"):
            heads = model.config.num_attention_heads if "q_proj" in layer else model.config.num_key_value_heads
            weight = weight.view(heads, 2, -1, *weight.shape[1:]).transpose(1, 2).reshape(weight.shape)
        tensors[f"{prefix}{_NAMES[layer]}.{part}"] = weight.numpy().copy()
    if model.config.tie_word_embeddings:
        del tensors["output.weight"]
    return tensors


def token_list(tokenizer: PreTrainedTokenizerFast) -> tuple[list[str], list[int]]:
    """Return the tokens of ``tokenizer`` in order, and their types."""
    vocabulary, added = tokenizer.get_vocab(), tokenizer.get_added_vocab()
    tokens = sorted(vocabulary, key=vocabulary.get)
    control = [token in added and token.startswith(("<｜", "<|")) for token in tokens]
    types = [CONTROL if c else USER_DEFINED if t in added else NORMAL for t, c in zip(tokens, control, strict=True)]
    return tokens, types


def describe(writer: GGUFWriter, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pre: str) -> None:
    config = model.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    is_latent = hasattr(config, "kv_lora_rank")
    writer.add_head_count_kv(1 if is_latent else config.num_key_value_heads)  # the latent is one for all heads
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    tokens, types = token_list(tokenizer)
    padding = range(len(tokens), config.vocab_size)  # llama.cpp wants a token for each row of the embedding
    tokens, types = [*tokens, *(f"[PAD{n}]" for n in padding)], [*types, *(UNUSED for _ in padding)]
    writer.add_tokenizer_model("gpt2")
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(tokens.index(BOS))
    writer.add_eos_token_id(tokens.index(EOS))


def write_gguf(
    path: Path,
    model: PreTrainedModel,
    *,
    tokenizer: PreTrainedTokenizerFast | None = None,
    pre: str = "deepseek-v3",
    kind: str | None = None,
    values: Mapping[str, Any] | None = None,
    extra: Mapping[str, np.ndarray] | None = None,
    without: Collection[str] = (),
    quantised: GGMLQuantizationType | None = None,
    split_max_tensors: int = 0,
    change: Callable[[GGUFWriter], None] = lambda writer: None,
) -> Path:
    """Write ``model`` to ``path`` and return it. ``values`` are further keys of its architecture, ``extra`` tensors."""
    is_latent = hasattr(model.config, "kv_lora_rank")
    kind = kind or (LATENT_KIND if is_latent else model.config.model_type)
    writer = GGUFWriter(path, kind, split_max_tensors=split_max_tensors)
    describe(writer, model, tokenizer or deepseek_tokenizer(pieces=300), pre)
    if is_latent:
        describe_latent(writer, model.config)
    for key, value in (values or {}).items():
        add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32, bool: writer.add_bool}
        add[type(value)](f"{kind}.{key}", value)
    change(writer)
    for name, weight in ((latent_tensors if is_latent else gguf_tensors)(model) | dict(extra or {})).items():
        if name in without:
            continue
        if quantised is not None and weight.ndim == 2:
            writer.add_tensor(name, quants.quantize(weight, quantised), raw_dtype=quantised)
        else:
            writer.add_tensor(name, weight.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
