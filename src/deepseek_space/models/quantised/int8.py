"""Eight-bit layers for a CPU: int8 weights per output channel, 8-bit activations per row.

The product is torch's own (oneDNN), exact in whole numbers; each row is divided by its largest magnitude before and
multiplied after, and the scale of the activations is a constant: so a row's result does not depend on the rows beside
it, and a batch answers as each row alone would. Knows nothing about models or files.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from deepseek_space.models.fit.footprint import INT8_ROW_BYTES

# Weights that are rounded at once, so that no float copy of a whole matrix exists: few enough to stay near the core,
# enough for threads that round side by side not to wait for each other.
STEP_ELEMENTS = 2**17
# Activations that are rounded at once: a few megabytes stay in the cache of the cores that share the work.
STEP_ACTIVATIONS = 2**18
_SMALLEST_ROW = 1e-30  # keeps an all-zero row finite


def int8_linear_available() -> bool:
    """Return whether this machine has the product: x86 builds of torch do."""
    return torch.backends.mkldnn.is_available() and platform.machine().lower() in ("x86_64", "amd64")


class PackedWeight:
    """A matrix (outputs, inputs) in int8 with a scale for each output, laid out as the CPU's product wants it."""

    def __init__(self, rounded: Tensor, scales: Tensor) -> None:
        self._scales = scales
        self._packed = torch.ops.onednn.qlinear_prepack(rounded, None)
        self._zero_points = torch.zeros(1, dtype=torch.int32)

    @classmethod
    def of(cls, weight: Tensor, *, unit: float) -> "PackedWeight":
        """Round ``weight``; ``unit`` is what one level of the activations is worth."""
        rounded, scales = _rounded(weight)
        return cls(rounded, scales.mul_(unit))

    @classmethod
    def joined(cls, parts: Sequence["PackedWeight"]) -> "PackedWeight":
        """Return one matrix with the outputs of all ``parts`` behind each other."""
        rounded = torch.cat([part._packed.to_dense().T for part in parts])
        return cls(rounded, torch.cat([part._scales for part in parts]))

    def product(self, levels: Tensor, *, dtype: torch.dtype) -> Tensor:
        """Return the product with ``levels`` - ``zero_point()`` (rows, inputs; uint8) in ``dtype``.

        All that is not a whole number is a scale for each output, so the bits do not depend on how many rows there are.
        """
        return self._product(levels, zero_point(), _made_in(dtype)).to(dtype)

    def _product(self, levels: Tensor, zero: int, dtype: torch.dtype) -> Tensor:
        return torch.ops.onednn.qlinear_pointwise(
            levels,
            1.0,
            zero,
            self._packed,
            self._scales,
            self._zero_points,
            None,  # bias: rows are scaled first
            1.0,  # scale and zero point of the output, which is not quantised
            0,
            dtype,
            "none",
            [],
            "",
        )


def _rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``weight`` (rows, columns) in whole multiples of its rows' scales, in int8, and those scales (rows)."""
    rounded = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
    scales = torch.empty(len(weight), device=weight.device)
    step = max(1, STEP_ELEMENTS // weight.shape[1])
    # One pair for all steps: while a model loads, every allocation of their size costs fresh pages.
    values, magnitudes = torch.empty(2, step, weight.shape[1], device=weight.device)
    for start in range(0, len(weight), step):
        part = slice(start, min(start + step, len(weight)))
        few, sizes = (buffer[: part.stop - start] for buffer in (values, magnitudes))
        few.copy_(weight[part])
        scales[part] = torch.abs(few, out=sizes).amax(dim=1).clamp_min_(_SMALLEST_ROW).div_(127)
        rounded[part] = few.div_(scales[part, None]).round_()
    return rounded, scales


@cache
def activation_levels() -> int:
    """Return how many magnitudes an activation may have on either side of zero.

    CPUs without VNNI add two products of unsigned and signed bytes in 16 bits and saturate: there 7 bits are safe,
    zero's own place included. Tried, not looked up.
    """
    width = 64
    largest = torch.full((1, width), 255, dtype=torch.uint8)
    result = PackedWeight.of(torch.ones(1, width), unit=1.0)._product(largest, 128, torch.float32)
    return 127 if result.item() > 0.99 * width * 127 else 63


def _made_in(dtype: torch.dtype) -> torch.dtype:
    """Return the type that the product is made in before it is rounded to ``dtype``: the bits are the same.

    Without AVX-512, torch writes bf16 from here by its plain reference, some hundred times as slowly.
    """
    is_fast = dtype != torch.bfloat16 or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return dtype if is_fast else torch.float32


def zero_point() -> int:
    """Return the level that stands for zero. Of signed levels only CPUs with AMX have a fast product."""
    return activation_levels() + 1


@dataclass(frozen=True, kw_only=True)
class RoundedRows:
    """Activations in eight bits: ``levels`` (rows, inputs) of each row's ``largest`` magnitude (rows, 1).

    Made once, they serve every layer that takes the same rows. ``dtype`` is what the rows were and the product will be.
    """

    levels: Tensor
    largest: Tensor
    dtype: torch.dtype

    @classmethod
    def of(cls, rows: Tensor) -> "RoundedRows":
        """Round ``rows`` (rows, inputs), each in steps of its own."""
        exact = rows if rows.dtype == torch.bfloat16 else rows.float()
        largest = _largest(exact)
        levels = _levels(exact, activation_levels() / largest.float())
        return cls(levels=levels, largest=largest, dtype=rows.dtype)

    def __len__(self) -> int:
        return len(self.levels)

    def split(self, counts: Sequence[int]) -> list["RoundedRows"]:
        """Return the first ``counts[0]`` rows, the next ``counts[1]`` and so on; nothing is copied."""
        parts = zip(self.levels.split(counts), self.largest.split(counts), strict=True)
        return [RoundedRows(levels=levels, largest=largest, dtype=self.dtype) for levels, largest in parts]


def _largest(rows: Tensor) -> Tensor:
    return rows.abs().amax(dim=-1, keepdim=True).clamp_min_(_SMALLEST_ROW)


def _levels(rows: Tensor, factors: Tensor) -> Tensor:
    """Return ``rows``, each times its one of ``factors``, as unsigned levels around the zero point."""
    half_up = zero_point() + 0.5  # as the conversion cuts off
    if rows.numel() <= STEP_ACTIVATIONS:
        return (rows * factors).add_(half_up).to(torch.uint8)
    levels = torch.empty(rows.shape, dtype=torch.uint8)
    step = max(1, STEP_ACTIVATIONS // rows.shape[1])
    for target, part, factor in zip(levels.split(step), rows.split(step), factors.split(step), strict=True):
        target.copy_((part * factor).add_(half_up))
    return levels


class Int8Linear(nn.Module):
    """A linear layer with packed int8 weights; takes and gives fp32, bf16 or fp16 of shape (…, features).

    Starts with an empty ``weight`` of the same name and shape as the layer it stands for; ``take`` packs the real one.
    """

    def __init__(self, in_features: int, out_features: int, *, bias: nn.Parameter | None = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features, device="meta"), requires_grad=False)
        self.bias = bias
        self._packed: PackedWeight | None = None

    @classmethod
    def like(cls, linear: nn.Linear) -> "Int8Linear":
        """Return an empty layer of the shape, and with the bias, of ``linear``."""
        return cls(linear.in_features, linear.out_features, bias=linear.bias)

    def load_weight(self, weight: Tensor) -> None:
        """Pack ``weight`` (out_features, in_features); the caller's copy is not kept."""
        self._packed = PackedWeight.of(weight.detach().cpu(), unit=1 / activation_levels())
        self.weight = None

    @classmethod
    def joined(cls, layers: Sequence["Int8Linear"]) -> "Int8Linear":
        """Return a layer with the outputs of all ``layers``, which read the same input, behind each other."""
        biases = [layer.bias for layer in layers if layer.bias is not None]
        bias = nn.Parameter(torch.cat(biases), requires_grad=False) if biases else None
        joint = cls(layers[0].in_features, sum(layer.out_features for layer in layers), bias=bias)
        joint._packed, joint.weight = PackedWeight.joined([layer._packed for layer in layers]), None
        return joint

    @property
    def weight_bytes(self) -> int:
        """Bytes of the packed weights with a scale and a column sum for each channel."""
        return self.out_features * (self.in_features + INT8_ROW_BYTES) if self._packed is not None else 0

    def forward(self, x: Tensor | RoundedRows) -> Tensor:
        """Return x · weightᵀ + bias in x's dtype."""
        if isinstance(x, RoundedRows):
            return self._multiply(x)
        rows = RoundedRows.of(x.reshape(-1, self.in_features))
        return self._multiply(rows).view(*x.shape[:-1], self.out_features)

    def _multiply(self, rows: RoundedRows) -> Tensor:
        # bf16 reaches as far as float32, and its products are half the bytes.
        dtype = torch.bfloat16 if rows.dtype == torch.bfloat16 else torch.float32
        result = self._packed.product(rows.levels, dtype=dtype).mul_(rows.largest)
        if self.bias is not None:
            result += self.bias  # not in one call: torch rounds that one's result as the batch's shape decides
        return result.to(rows.dtype)


class FineInt8Linear(Int8Linear):
    """The same with activations in sixteen bits, as two rows of eight.

    For the layers whose rounded activations cost the most perplexity, and which are small or have few rows.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x · weightᵀ + bias in x's dtype."""
        rows = x.reshape(-1, self.in_features).float()
        largest, finer = _largest(rows), 2 * activation_levels()
        levels = _fine_levels(rows, activation_levels() / largest, finer)
        first, second = self._packed.product(levels, dtype=torch.float32).tensor_split(2)
        result = first.add_(second, alpha=1 / finer).mul_(largest)
        if self.bias is not None:
            result += self.bias
        return result.to(x.dtype).view(*x.shape[:-1], self.out_features)


def _fine_levels(rows: Tensor, factors: Tensor, finer: int) -> Tensor:
    """Return the levels of all ``rows``, then what these leave of each in steps that are ``finer`` times as small."""
    levels, zero = torch.empty(2, *rows.shape, dtype=torch.uint8), zero_point()
    step = max(1, STEP_ACTIVATIONS // rows.shape[1])
    many = levels[0].split(step), levels[1].split(step), rows.split(step), factors.split(step)
    for coarse, rest, part, factor in zip(*many, strict=True):
        exact = part * factor
        whole = exact.round()
        # At most half a step is left, so again few enough levels.
        rest.copy_(exact.sub_(whole).mul_(finer).add_(zero + 0.5))
        coarse.copy_(whole.add_(zero))
    return levels.flatten(0, 1)


class Int8Embedding(nn.Module):
    """An embedding with int8 rows and a scale for each; gives ``dtype``. Works on every device."""

    def __init__(self, num_embeddings: int, embedding_dim: int, *, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_embeddings, embedding_dim, device="meta"), requires_grad=False)
        self.dtype = dtype

    @classmethod
    def like(cls, embedding: nn.Embedding) -> "Int8Embedding":
        """Return an empty embedding of the shape and dtype of ``embedding``."""
        return cls(embedding.num_embeddings, embedding.embedding_dim, dtype=embedding.weight.dtype)

    def load_weight(self, weight: Tensor) -> None:
        """Round ``weight`` (num_embeddings, embedding_dim) row by row; the caller's copy is not kept."""
        rows, scales = _rounded(weight.detach())
        self.weight = None
        self.rows, self.scales = nn.Buffer(rows), nn.Buffer(scales[:, None])

    def forward(self, ids: Tensor) -> Tensor:
        """Return the embeddings of ``ids`` (…), of shape (…, embedding_dim)."""
        picked = nn.functional.embedding(ids, self.rows).float()
        return (picked * nn.functional.embedding(ids, self.scales)).to(self.dtype)
