import pytest
import torch
from torch import nn

from deepseek_space.models.quantised.int8 import (
    FineInt8Linear,
    Int8Embedding,
    Int8Linear,
    PackedWeight,
    activation_levels,
    zero_point,
)

WIDTHS = [(24, 40), (64, 96), (576, 192), (1408, 320)]


def packed(inputs: int, outputs: int, *, bias: bool = False) -> tuple[nn.Linear, Int8Linear]:
    torch.manual_seed(inputs)
    linear = nn.Linear(inputs, outputs, bias=bias).requires_grad_(False)
    layer = Int8Linear.like(linear)
    layer.load_weight(linear.weight)
    return linear, layer


def relative_error(result: torch.Tensor, reference: torch.Tensor) -> float:
    return ((result.float() - reference.float()).norm() / reference.float().norm()).item()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("inputs", "outputs"), WIDTHS)
def test_product_is_near_the_float_product(inputs, outputs, bias):
    linear, layer = packed(inputs, outputs, bias=bias)
    rows = torch.randn(9, inputs)
    assert relative_error(layer(rows), linear(rows)) < 0.02


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_error_does_not_grow_with_the_size_of_a_row(size):
    linear, layer = packed(64, 96)
    rows = torch.randn(2, 64) * torch.tensor([[1.0], [size]])
    for row in range(2):
        assert relative_error(layer(rows)[row], linear(rows)[row]) < 0.02


@pytest.mark.parametrize(("inputs", "outputs"), WIDTHS)
def test_a_row_alone_and_in_any_batch_gives_the_same_bits(inputs, outputs):
    _, layer = packed(inputs, outputs, bias=True)
    rows = torch.randn(7, inputs) * torch.logspace(-3, 3, 7)[:, None]
    together = layer(rows)
    assert torch.equal(torch.cat([layer(row[None]) for row in rows]), together)
    assert torch.equal(layer(rows.flip(0)).flip(0), together)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(64,), (0, 64), (5, 64), (2, 3, 64), (2, 0, 64)])
def test_shape_and_type_of_the_input_are_kept(shape, dtype):
    _, layer = packed(64, 96)
    result = layer(torch.randn(shape).to(dtype))
    assert result.shape == (*shape[:-1], 96)
    assert result.dtype == dtype


def test_rows_of_zeros_give_the_bias():
    linear, layer = packed(64, 96, bias=True)
    assert torch.equal(layer(torch.zeros(2, 64)), linear.bias.expand(2, 96))


def test_a_fine_layer_rounds_its_activations_far_less():
    torch.manual_seed(0)
    linear = nn.Linear(576, 320, bias=False).requires_grad_(False)
    fine, layer = FineInt8Linear.like(linear), Int8Linear.like(linear)
    fine.load_weight(linear.weight)
    layer.load_weight(linear.weight)
    rounded = layer(torch.eye(576)).T
    rows = torch.randn(5, 576) * torch.logspace(-2, 2, 5)[:, None]
    wanted = rows @ rounded.T
    assert relative_error(fine(rows), wanted) < 0.02 * relative_error(layer(rows), wanted)
    assert torch.equal(torch.cat([fine(row[None]) for row in rows]), fine(rows))


def test_full_range_inputs_do_not_saturate():
    layer = Int8Linear(64, 2)
    layer.load_weight(torch.ones(2, 64))
    assert layer(torch.ones(1, 64)).tolist() == [pytest.approx([64.0, 64.0], rel=0.01)]
    assert activation_levels() in (63, 127)


def test_the_float_weight_is_not_kept():
    _, layer = packed(64, 96)
    assert layer.weight is None
    assert list(layer.parameters()) == []
    assert layer.weight_bytes == 96 * (64 + 8)


def test_embedding_is_near_the_original_for_every_row():
    torch.manual_seed(0)
    original = nn.Embedding(9000, 64).to(torch.bfloat16)  # more rows than one step takes
    original.weight.data[5] = 0
    layer = Int8Embedding.like(original)
    layer.load_weight(original.weight)
    ids = torch.arange(9000).view(2, -1)
    result, wanted = layer(ids), original(ids)
    assert result.dtype == torch.bfloat16
    assert result.shape == wanted.shape
    step = wanted.float().abs().amax(-1, keepdim=True) / 127
    assert ((result.float() - wanted.float()).abs() <= 1.1 * step).all()


@pytest.mark.parametrize("rows", [1, 9])
def test_the_type_that_a_product_is_made_in_does_not_show_in_its_bits(rows):
    torch.manual_seed(rows)
    weight = PackedWeight.of(torch.randn(96, 64), unit=1 / 64)
    levels = torch.randint(0, 2 * zero_point(), (rows, 64), dtype=torch.uint8)
    fused = weight._product(levels, zero_point(), torch.bfloat16)
    assert torch.equal(weight.product(levels, dtype=torch.bfloat16), fused)
    assert torch.equal(weight.product(levels, dtype=torch.float32).bfloat16(), fused)
