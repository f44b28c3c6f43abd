"""Weights arranged for a CPU: the same numbers from the same model, and nothing arranged that others read."""

import pytest
import torch
from torch import nn

from deepseek_space.engine.packed_linear import PackedLinear, SharedLinear, has_product, pack
from tiny_models import ARCHITECTURES, tiny_model


def packed_names(model):
    return {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, PackedLinear)}


@pytest.mark.parametrize("rows", [1, 8, 100])
@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_layer_gives_the_same_numbers(rows, bias):
    torch.manual_seed(0)
    linear, x = nn.Linear(96, 200, bias=bias).bfloat16(), torch.randn(1, rows, 96).bfloat16()
    model = nn.Sequential(linear)
    pack(model)
    assert isinstance(model[0], PackedLinear) is has_product()
    with torch.inference_mode():
        torch.testing.assert_close(model(x), linear(x))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_computes_what_it_did(name):
    model, ids = tiny_model(name).bfloat16(), torch.arange(8, 48)[None]
    with torch.inference_mode():
        plain = model(ids).logits
        pack(model)
        torch.testing.assert_close(model(ids).logits, plain)
    assert packed_names(model) >= {"o_proj", "lm_head", "down_proj"} if has_product() else not packed_names(model)


def test_other_types_and_shared_weights_stay_as_they_are():
    model = tiny_model("qwen2-gqa")
    pack(model)
    assert not packed_names(model)
    model.bfloat16().lm_head.weight = model.model.embed_tokens.weight
    pack(model)
    assert ("q_proj" in packed_names(model)) is has_product()
    assert "lm_head" not in packed_names(model)


@pytest.mark.parametrize("rows", [1, 8, 40])
def test_a_shared_weight_is_read_as_it_lies_and_gives_the_same_numbers(rows):
    model, x = tiny_model("qwen2-gqa").bfloat16(), torch.randn(2, rows, 64).bfloat16()
    model.lm_head.weight = model.model.embed_tokens.weight
    with torch.inference_mode():
        plain = model.lm_head(x)
        pack(model)
        assert isinstance(model.lm_head, SharedLinear) is has_product()
        assert model.lm_head.weight is model.model.embed_tokens.weight
        torch.testing.assert_close(model.lm_head(x), plain)
