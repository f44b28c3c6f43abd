"""Tiny models of V2's and V3's kind as llama.cpp's converter writes them: absorbed attention, experts in one tensor."""

from typing import Any

import numpy as np
from gguf import ExpertGatingFuncType, GGUFWriter
from transformers import PreTrainedModel

KIND = "deepseek2"
_PLAIN = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.q_a_proj": "attn_q_a",
    "self_attn.q_a_layernorm": "attn_q_a_norm",
    "self_attn.q_b_proj": "attn_q_b",
    "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa",
    "self_attn.kv_a_layernorm": "attn_kv_a_norm",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "mlp.gate": "ffn_gate_inp",
    "mlp.shared_experts.gate_proj": "ffn_gate_shexp",
    "mlp.shared_experts.up_proj": "ffn_up_shexp",
    "mlp.shared_experts.down_proj": "ffn_down_shexp",
}
_WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def latent_tensors(model: PreTrainedModel) -> dict[str, np.ndarray]:
    """Return the weights of ``model`` by GGUF's names."""
    config, tensors = model.config, {}
    for name, weight in model.state_dict().items():
        stem, _, part = name.rpartition(".")
        value = weight.numpy().copy()
        if stem in _WHOLE:
            tensors[f"{_WHOLE[stem]}.{part}"] = value
            continue
        _, _, number, rest = name.split(".", 3)
        block, inner = f"blk.{number}", rest.removesuffix(f".{part}")
        if inner in _PLAIN and part != "e_score_correction_bias":
            tensors[f"{block}.{_PLAIN[inner]}.{part}"] = value
        elif part == "e_score_correction_bias":
            tensors[f"{block}.exp_probs_b.bias"] = value
        elif inner == "self_attn.kv_b_proj":
            heads = value.reshape(config.num_attention_heads, -1, config.kv_lora_rank)
            keys, values = np.split(heads, [config.qk_nope_head_dim], axis=1)
            tensors[f"{block}.attn_k_b.weight"] = np.ascontiguousarray(keys.transpose(0, 2, 1))
            tensors[f"{block}.attn_v_b.weight"] = np.ascontiguousarray(values)
        elif rest == "mlp.experts.gate_up_proj":
            gate, up = np.split(value, 2, axis=1)
            tensors[f"{block}.ffn_gate_exps.weight"] = np.ascontiguousarray(gate)
            tensors[f"{block}.ffn_up_exps.weight"] = np.ascontiguousarray(up)
        elif rest == "mlp.experts.down_proj":
            tensors[f"{block}.ffn_down_exps.weight"] = value
        else:
            raise KeyError(name)
    return tensors


def describe_latent(writer: GGUFWriter, config: Any) -> None:
    """Write what GGUF says of such a model beyond what it says of all."""
    writer.add_leading_dense_block_count(config.first_k_dense_replace)
    if config.q_lora_rank is not None:
        writer.add_q_lora_rank(config.q_lora_rank)
    writer.add_kv_lora_rank(config.kv_lora_rank)
    writer.add_key_length(config.kv_lora_rank + config.qk_rope_head_dim)
    writer.add_value_length(config.kv_lora_rank)
    writer.add_key_length_mla(config.qk_nope_head_dim + config.qk_rope_head_dim)
    writer.add_value_length_mla(config.v_head_dim)
    writer.add_rope_dimension_count(config.qk_rope_head_dim)
    writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    writer.add_expert_count(config.n_routed_experts)
    writer.add_expert_used_count(config.num_experts_per_tok)
    writer.add_expert_shared_count(config.n_shared_experts)
    writer.add_expert_weights_scale(config.routed_scaling_factor)
    writer.add_expert_weights_norm(config.norm_topk_prob)
    is_v3 = config.model_type == "deepseek_v3"
    writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID if is_v3 else ExpertGatingFuncType.SOFTMAX)
