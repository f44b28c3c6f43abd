"""Several linear layers as one: every output as it was, at every precision."""

import pytest
import torch
from torch import nn

from deepseek_space.engine.gated_mlp import GatedMLP
from deepseek_space.engine.gqa import GroupedQueryAttention
from deepseek_space.engine.joint_linear import Separate, join
from deepseek_space.engine.packed_linear import PackedLinear, has_product
from deepseek_space.engine.step import prepare
from deepseek_space.models.quantised.int8 import Int8Linear
from tiny_models import ARCHITECTURES, DENSE, tiny_model

OUTPUTS = (96, 32, 32)


def linears(*, bias, dtype=torch.float32):
    torch.manual_seed(0)
    return [nn.Linear(64, outputs, bias=bias).to(dtype).requires_grad_(False) for outputs in OUTPUTS]


def int8(linear):
    layer = Int8Linear.like(linear)
    layer.take(linear.weight)
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
