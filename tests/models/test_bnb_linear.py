import pytest
import torch
from torch import nn

from deepseek_space.models.bnb_linear import FP4Linear, LLMInt8Linear, NF4Linear

KINDS = {NF4Linear: 0.12, FP4Linear: 0.18, LLMInt8Linear: 0.03}


@pytest.mark.parametrize(("kind", "bound"), KINDS.items())
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("inputs", "outputs"), [(64, 96), (128, 64), (48, 40), (24, 12)])
def test_product_is_near_the_float_product(kind, bound, inputs, outputs, bias):
    torch.manual_seed(0)
    linear = nn.Linear(inputs, outputs, bias=bias).to(torch.bfloat16).requires_grad_(False)
    layer = kind.like(linear)
    layer.take(linear.weight)
    rows = torch.randn(5, inputs).to(torch.bfloat16)
    result, wanted = layer(rows), linear(rows)
    assert result.dtype == torch.bfloat16
    assert ((result - wanted).float().norm() / wanted.float().norm()).item() < bound


@pytest.mark.parametrize(("kind", "share"), [(NF4Linear, 0.30), (FP4Linear, 0.30), (LLMInt8Linear, 0.51)])
def test_bytes_are_those_of_the_packed_form(kind, share):
    linear = nn.Linear(1024, 512, bias=False).to(torch.bfloat16)
    layer = kind.like(linear)
    assert layer.weight.device.type == "meta"
    layer.take(linear.weight)
    assert 0.25 * linear.weight.nbytes < layer.weight_bytes < share * linear.weight.nbytes
