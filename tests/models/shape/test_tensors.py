"""The table of tensors is what transformers saves, for every architecture and every kind of bias."""

import json

import pytest

from deepseek_space.models.files.safetensors_header import read_header
from deepseek_space.models.shape.config_json import read_architecture
from deepseek_space.models.shape.tensors import tensors, with_model_prefix
from deepseek_space.models.shape.weights import matrices, params_total
from gguf_files import random_model
from tiny_models import ARCHITECTURES

BIASED = [
    ("llama-mha", {"attention_bias": True}),
    ("llama-mha", {"mlp_bias": True}),
    ("qwen3-gqa", {"attention_bias": True}),
    ("v2", {"attention_bias": True, "mlp_bias": True}),
    ("v3", {"attention_bias": True}),
    ("llama-mqa", {"tie_word_embeddings": True}),
]


@pytest.mark.parametrize(("name", "changes"), [*((name, {}) for name in ARCHITECTURES), *BIASED])
def test_names_and_shapes_are_those_of_the_saved_model(tmp_path, name, changes):
    model = random_model(name, **changes)
    model.save_pretrained(tmp_path)
    arch = read_architecture(json.loads((tmp_path / "config.json").read_text()))
    saved = read_header(tmp_path / "model.safetensors")
    assert tensors(arch) == {key: info.shape for key, info in saved.items()}
    assert params_total(matrices(arch)) == sum(parameter.numel() for parameter in model.parameters())


def test_a_model_that_was_saved_without_its_head_gets_the_same_names():
    bare = {"embed_tokens.weight": 1, "layers.0.mlp.up_proj.weight": 2, "lm_head.weight": 3}
    named = {"model.embed_tokens.weight": 1, "model.layers.0.mlp.up_proj.weight": 2, "lm_head.weight": 3}
    assert with_model_prefix(bare) == with_model_prefix(named) == named


def test_what_a_file_leaves_out_is_what_transformers_takes():
    from transformers import CONFIG_MAPPING

    for name, (_, config_class, values) in ARCHITECTURES.items():
        written = {key: values[key] for key in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")}
        written |= {"num_attention_heads": 4, "model_type": config_class.model_type}
        if name.startswith("v"):
            written |= {"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 48}
        found, taken = read_architecture(written), CONFIG_MAPPING[config_class.model_type].from_dict(written)
        assert (found.kv_heads, found.max_positions) == (taken.num_key_value_heads, taken.max_position_embeddings), name
        if not found.latent:
            assert found.head_dim == (getattr(taken, "head_dim", None) or 16), name
        if found.experts:
            assert found.experts.shared == taken.n_shared_experts
            assert found.experts.dense_layers == min(taken.first_k_dense_replace, found.layers)
            assert found.experts.groups == (taken.n_group or 1)
            assert (found.experts.scale, found.experts.normalised) == (
                taken.routed_scaling_factor,
                taken.norm_topk_prob,
            )
