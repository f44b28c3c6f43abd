"""Weights arranged for a CPU: the same numbers from the same model, and nothing arranged that others read."""

import pytest
import torch
from torch import nn

from deepseek_space.engine.fused_linear import GatedMLP, PackedLinear, Separate, SharedLinear, has_product, join, pack
from deepseek_space.engine.gqa import GroupedQueryAttention
from deepseek_space.engine.step import prepare
from deepseek_space.models.quantised.int8 import Int8Linear
from tiny_models import ARCHITECTURES, DENSE, tiny_model


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


OUTPUTS = (96, 32, 32)


def linears(*, bias, dtype=torch.float32):
    torch.manual_seed(0)
    return [nn.Linear(64, outputs, bias=bias).to(dtype).requires_grad_(False) for outputs in OUTPUTS]


def int8(linear):
    layer = Int8Linear.like(linear)
    layer.load_weight(linear.weight)
    return layer


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [1, 8, 50])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_plain_layers_become_one_with_the_same_outputs(bias, rows, dtype):
    layers, x = linears(bias=bias, dtype=dtype), torch.randn(1, rows, 64).to(dtype)
    joint = join(layers)
    assert type(joint) is nn.Linear
    torch.testing.assert_close(joint(x), torch.cat([layer(x) for layer in layers], dim=-1))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [1, 8, 50])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_int8_layers_become_one_with_the_same_bits_in_the_same_memory(bias, rows, dtype):
    layers = [int8(linear) for linear in linears(bias=bias, dtype=dtype)]
    x = torch.randn(2, rows, 64).to(dtype)
    joint = join(layers)
    assert type(joint) is Int8Linear
    assert torch.equal(joint(x), torch.cat([layer(x) for layer in layers], dim=-1))
    assert joint.weight_bytes == sum(layer.weight_bytes for layer in layers)


def test_layers_of_two_kinds_stay_and_give_the_same_outputs():
    plain = linears(bias=False)
    mixed, x = [int8(plain[0]), *plain[1:]], torch.randn(3, 64)
    joint = join(mixed)
    assert isinstance(joint, Separate)
    assert torch.equal(joint(x), torch.cat([layer(x) for layer in mixed], dim=-1))


def test_layers_that_come_and_go_stay():
    layers = linears(bias=True)
    layers[1]._hf_hook = object()
    assert isinstance(join(layers), Separate)


def test_a_bias_of_some_is_not_given_to_all():
    layers, x = [linears(bias=True)[0], linears(bias=False)[1]], torch.randn(3, 64)
    assert torch.equal(join(layers)(x), torch.cat([layer(x) for layer in layers], dim=-1))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_reads_an_input_once(name):
    model = tiny_model(name).bfloat16()
    weights = sum(parameter.numel() for parameter in model.parameters())
    prepare(model)
    mlps = [module for module in model.modules() if isinstance(module, GatedMLP)]
    assert len(mlps) == model.config.num_hidden_layers  # a mixture's: the dense layer and the shared experts
    joint = [mlp.gate_up_proj for mlp in mlps]
    joint += [module.qkv_proj for module in model.modules() if isinstance(module, GroupedQueryAttention)]
    assert len(joint) == model.config.num_hidden_layers * (2 if name in DENSE else 1)
    assert all(isinstance(layer, PackedLinear if has_product() else nn.Linear) for layer in joint)
    held = {id(tensor): tensor.numel() for tensor in (*model.parameters(), *model.buffers())}
    assert sum(held.values()) <= weights * 1.01  # tables of RoPE
