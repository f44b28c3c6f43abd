import bitsandbytes as bnb
import pytest
import torch
from torch import nn

from deepseek_space.models.quantised import bnb_linear
from deepseek_space.models.quantised.bnb_linear import (
    MANY_ROWS,
    FP4Linear,
    LLMInt8Linear,
    NF4Linear,
    dequantise,
    pack_for_avx512,
    quantise_on_cpu,
    unpack,
)

KINDS = {NF4Linear: 0.12, FP4Linear: 0.18, LLMInt8Linear: 0.03}


@pytest.mark.parametrize(("kind", "bound"), KINDS.items())
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("inputs", "outputs"), [(64, 96), (128, 64), (48, 40), (24, 12)])
def test_product_is_near_the_float_product(kind, bound, inputs, outputs, bias):
    torch.manual_seed(0)
    linear = nn.Linear(inputs, outputs, bias=bias).to(torch.bfloat16).requires_grad_(False)
    layer = kind.like(linear)
    layer.load_weight(linear.weight)
    rows = torch.randn(5, inputs).to(torch.bfloat16)
    result, wanted = layer(rows), linear(rows)
    assert result.dtype == torch.bfloat16
    assert ((result - wanted).float().norm() / wanted.float().norm()).item() < bound


@pytest.mark.parametrize(("kind", "share"), [(NF4Linear, 0.30), (FP4Linear, 0.30), (LLMInt8Linear, 0.51)])
def test_bytes_are_those_of_the_packed_form(kind, share):
    linear = nn.Linear(1024, 512, bias=False).to(torch.bfloat16)
    layer = kind.like(linear)
    assert layer.weight.device.type == "meta"
    layer.load_weight(linear.weight)
    assert 0.25 * linear.weight.nbytes < layer.weight_bytes < share * linear.weight.nbytes


@pytest.mark.parametrize("kind", [NF4Linear, FP4Linear])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("inputs", "outputs"), [(64, 96), (128, 40), (48, 40), (24, 12), (36, 5)])
def test_each_block_has_a_scale_of_its_own_whatever_the_width(kind, dtype, inputs, outputs):
    torch.manual_seed(1)
    linear = nn.Linear(inputs, outputs, bias=False).to(dtype).requires_grad_(False)
    linear.weight.view(-1).mul_(torch.logspace(-2, 2, linear.weight.numel()))
    layer = kind.like(linear)
    layer.load_weight(linear.weight)
    wanted = linear.weight.float()
    error = layer(torch.eye(inputs, dtype=dtype)).T.float() - wanted
    assert (error.norm() / wanted.norm()).item() < KINDS[kind]


@pytest.mark.parametrize("quant_type", ["nf4", "fp4"])
class TestRounding:
    def test_keeps_more_than_that_of_bitsandbytes(self, quant_type):
        torch.manual_seed(0)
        weight = torch.randn(256, 128)
        ours = dequantise(*quantise_on_cpu(weight, quant_type)) - weight
        quantised = bnb.functional.quantize_4bit(weight, quant_type=quant_type, blocksize=64, compress_statistics=False)
        theirs = bnb.functional.dequantize_4bit(*quantised) - weight
        assert ours.norm() < theirs.norm()
        heavy = weight.abs() > 2
        assert ours[heavy].norm() < 0.9 * theirs[heavy].norm()

    def test_is_exact_for_what_the_format_can_say(self, quant_type):
        values = bnb.functional.get_4bit_type(quant_type, device="cpu")
        values = values.where(values > -1, 0)  # of two largest magnitudes it could follow either
        weight = (
            values.repeat(32, 4) * torch.logspace(-4, 4, 32)[:, None] * torch.tensor([1.0, -1.0]).repeat(16)[:, None]
        )
        torch.testing.assert_close(dequantise(*quantise_on_cpu(weight, quant_type)), weight, rtol=1e-6, atol=0)

    def test_of_zeros_is_zeros(self, quant_type):
        assert not dequantise(*quantise_on_cpu(torch.zeros(4, 64), quant_type)).any()


@pytest.mark.parametrize("quant_type", ["nf4", "fp4"])
@pytest.mark.parametrize(("outputs", "inputs"), [(32, 64), (96, 128), (64, 192)])
class TestTheLayoutForAvx512:
    def test_is_the_one_that_bitsandbytes_makes(self, quant_type, outputs, inputs):
        weight = torch.randn(outputs, inputs).bfloat16()
        theirs, their_state = bnb.functional._convert_weight_packed_for_cpu(*quantise_on_cpu(weight, quant_type))
        packed, state = quantise_on_cpu(weight, quant_type)
        pack_for_avx512(packed, state)
        assert torch.equal(packed.flatten(), theirs.flatten())
        assert torch.equal(state.absmax, their_state.absmax)

    def test_is_unpacked_to_the_weight_that_was_rounded(self, quant_type, outputs, inputs, monkeypatch):
        monkeypatch.setattr(bnb_linear, "UNPACK_ELEMENTS", 2 * 32 * inputs)  # several steps, the last one smaller
        packed, state = quantise_on_cpu(torch.randn(outputs, inputs).bfloat16(), quant_type)
        wanted = bnb.functional.dequantize_4bit(packed, state).float()
        pack_for_avx512(packed, state)
        torch.testing.assert_close(unpack(packed, state).float(), wanted, rtol=0.02, atol=0)  # in bf16


@pytest.mark.parametrize("kind", [NF4Linear, FP4Linear])
@pytest.mark.parametrize("bias", [False, True])
def test_few_rows_and_many_give_the_same_product(kind, bias):
    torch.manual_seed(0)
    linear = nn.Linear(256, 96, bias=bias).to(torch.bfloat16).requires_grad_(False)
    layer = kind.like(linear)
    layer.load_weight(linear.weight)
    rows = torch.randn(2, MANY_ROWS, 256).bfloat16()
    one_by_one = torch.stack([layer(row) for row in rows.flatten(0, 1)]).unflatten(0, (2, -1))
    torch.testing.assert_close(layer(rows), one_by_one, rtol=0.02, atol=0.02)
