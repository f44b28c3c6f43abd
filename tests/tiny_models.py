"""Small random models of every architecture of the family, in float32, the same at each call."""

import copy
from functools import cache

import torch
from transformers import (
    DeepseekV2Config,
    DeepseekV2ForCausalLM,
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCABULARY = 320
YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 40.0,
    "original_max_position_embeddings": 64,
    "mscale": 0.707,
    "mscale_all_dim": 0.707,
    "beta_fast": 32,
    "beta_slow": 1,
}
_COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 4096,
    "initializer_range": 0.25,  # wide enough for replies that vary
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
_EXPERTS = {
    "moe_intermediate_size": 48,
    "n_routed_experts": 8,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "first_k_dense_replace": 1,
}
_LATENT = {"kv_lora_rank": 32, "qk_rope_head_dim": 8, "qk_nope_head_dim": 16, "v_head_dim": 12}
_V2 = _COMMON | _EXPERTS | _LATENT | {"num_key_value_heads": 4, "n_group": 1, "topk_group": 1, "topk_method": "greedy"}
_V3 = _COMMON | _EXPERTS | _LATENT | {"num_key_value_heads": 4, "n_group": 2, "topk_group": 1, "q_lora_rank": 24}

ARCHITECTURES = {
    "llama-mha": (LlamaForCausalLM, LlamaConfig, _COMMON | {"num_key_value_heads": 4}),
    "llama-mqa": (LlamaForCausalLM, LlamaConfig, _COMMON | {"num_key_value_heads": 1}),
    "qwen2-gqa": (Qwen2ForCausalLM, Qwen2Config, _COMMON | {"num_key_value_heads": 2}),
    "qwen3-gqa": (Qwen3ForCausalLM, Qwen3Config, _COMMON | {"num_key_value_heads": 2, "head_dim": 16}),
    "v2-lite": (DeepseekV2ForCausalLM, DeepseekV2Config, _V2 | {"q_lora_rank": None, "rope_parameters": YARN}),
    "v2": (DeepseekV2ForCausalLM, DeepseekV2Config, _V2 | {"q_lora_rank": 24}),
    "v3": (DeepseekV3ForCausalLM, DeepseekV3Config, _V3 | {"rope_interleave": True, "rope_parameters": YARN}),
    "v3-plain-rope": (DeepseekV3ForCausalLM, DeepseekV3Config, _V3 | {"rope_interleave": False}),
}
DENSE = ("llama-mha", "llama-mqa", "qwen2-gqa", "qwen3-gqa")
LATENT = ("v2-lite", "v2", "v3", "v3-plain-rope")


@cache
def _original(name: str) -> PreTrainedModel:
    model_class, config_class, values = ARCHITECTURES[name]
    generator_state = torch.random.get_rng_state()
    torch.manual_seed(0)
    model = model_class(config_class(**values)).eval()
    torch.random.set_rng_state(generator_state)
    return model


def tiny_model(name: str) -> PreTrainedModel:
    """Return a fresh copy of the tiny model ``name`` (see ARCHITECTURES)."""
    return copy.deepcopy(_original(name))


@cache
def greedy_reference(name: str, prompt: tuple[int, ...], new_tokens: int) -> tuple[int, ...]:
    """Return what transformers' own greedy ``generate`` appends to ``prompt``; nothing stops it early."""
    ids = torch.tensor([prompt])
    output = _original(name).generate(
        ids,
        attention_mask=torch.ones_like(ids),  # else a token that is the padding's, by chance, would not be seen
        max_new_tokens=new_tokens,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=1,
    )
    return tuple(output[0, len(prompt) :].tolist())


def prompt_of(length: int, seed: int) -> tuple[int, ...]:
    """Return ``length`` random ids, none of them a control token."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(8, VOCABULARY, (length,), generator=generator).tolist())
