"""Eight-bit layers for a CPU: weights in int8 per output channel, activations in eight bits per row.

The product is torch's own (fbgemm). Each row is divided by its largest magnitude before and multiplied after, and
the scale of the activations is a constant: so a row's result does not depend on the rows beside it, and a batch
answers as each row alone would. Knows nothing about models or files.
"""

import warnings
from functools import cache

import torch
from torch import Tensor, nn

ENGINES = ("x86", "fbgemm")
# Weights that are rounded at once: they stay in the cache, no float copy of a whole matrix exists, and torch starts
# no threads for so few, as matrices are rounded side by side.
STEP_ELEMENTS = 2**15
_SMALLEST_ROW = 1e-30  # keeps an all-zero row finite


def int8_linear_available() -> bool:
    """Return whether this torch has the product: x86 builds do, ARM builds do not."""
    return torch.backends.quantized.engine in ENGINES and hasattr(
        torch.ops.quantized, "linear_with_input_q_dq_qweight_dq_output_fp32"
    )


def _prepack(weight: Tensor) -> torch.ScriptObject:
    scales = weight.abs().amax(dim=1).double().clamp_min(_SMALLEST_ROW) / 127
    zero_points = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*quantized tensor creation functions.*")
        quantised = torch._make_per_channel_quantized_tensor(_rounded(weight, scales.float()), scales, zero_points, 0)
    return torch.ops.quantized.linear_prepack(quantised, None)


def _rounded(weight: Tensor, scales: Tensor) -> Tensor:
    """Return ``weight`` (rows, columns) in units of its rows' ``scales``, in int8."""
    rounded = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
    rows = max(1, STEP_ELEMENTS // weight.shape[1])
    for start in range(0, len(weight), rows):
        part = slice(start, start + rows)
        rounded[part] = (weight[part] / scales[part, None]).round_()
    return rounded


def _product(rows: Tensor, packed: torch.ScriptObject, levels: int) -> Tensor:
    # Magnitudes up to `levels` on either side of the zero point 128.
    return torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(rows, 1 / levels, 128, packed)


@cache
def activation_levels() -> int:
    """Return how many magnitudes an activation may have on either side of zero.

    CPUs without VNNI add two products of 8 bits in 16 bits and saturate: there 7 bits are safe. Tried, not looked up.
    """
    width = 64
    ones = torch.ones(1, width)
    return 127 if _product(ones, _prepack(ones), 127).item() > 0.99 * width else 63


class Int8Linear(nn.Module):
    """A linear layer with packed int8 weights; takes and gives fp32, bf16 or fp16 of shape (…, features).

    Starts with an empty ``weight`` of the same name and shape as the layer it stands for; ``take`` packs the real one.
    """

    def __init__(self, in_features: int, out_features: int, *, bias: nn.Parameter | None = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features, device="meta"), requires_grad=False)
        self.bias = bias
        self._packed: torch.ScriptObject | None = None

    @classmethod
    def like(cls, linear: nn.Linear) -> "Int8Linear":
        """Return an empty layer of the shape, and with the bias, of ``linear``."""
        return cls(linear.in_features, linear.out_features, bias=linear.bias)

    def take(self, weight: Tensor) -> None:
        """Pack ``weight`` (out_features, in_features); the caller's copy is not kept."""
        self._packed = _prepack(weight.detach().cpu())
        self.weight = None

    @property
    def weight_bytes(self) -> int:
        """Bytes of the packed weights with a scale, a zero point and a column sum for each channel."""
        return self.out_features * (self.in_features + 12) if self._packed is not None else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return x · weightᵀ + bias in x's dtype."""
        rows = x.reshape(-1, self.in_features).float()
        magnitude = rows.abs().amax(dim=-1, keepdim=True).clamp_min_(_SMALLEST_ROW)
        result = self._multiply(rows / magnitude).mul_(magnitude)
        if self.bias is not None:
            result += self.bias
        return result.to(x.dtype).view(*x.shape[:-1], self.out_features)

    def _multiply(self, rows: Tensor) -> Tensor:
        """Return the product of ``rows`` with magnitudes of at most 1, in float32."""
        return _product(rows, self._packed, activation_levels())


class Int8Head(Int8Linear):
    """The layer that scores the vocabulary: its activations get sixteen bits, as two rows of eight.

    Rounding them to eight costs about a third of all the perplexity that int8 costs; it has few rows, so two are cheap.
    """

    def _multiply(self, rows: Tensor) -> Tensor:
        levels = activation_levels()
        coarse = (rows * levels).round_().div_(levels)
        rest = (rows - coarse).mul_(2 * levels)  # at most half a step, so again at most 1
        first, second = _product(torch.cat([coarse, rest]), self._packed, levels).tensor_split(2)
        return first.add_(second, alpha=0.5 / levels)


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

    def take(self, weight: Tensor) -> None:
        """Round ``weight`` (num_embeddings, embedding_dim) row by row; the caller's copy is not kept."""
        scales = weight.detach().abs().amax(dim=1).float().clamp_min_(_SMALLEST_ROW) / 127
        rows = _rounded(weight.detach(), scales)
        self.weight = None
        self.rows, self.scales = nn.Buffer(rows), nn.Buffer(scales[:, None])

    def forward(self, ids: Tensor) -> Tensor:
        """Return the embeddings of ``ids`` (…), of shape (…, embedding_dim)."""
        picked = nn.functional.embedding(ids, self.rows).float()
        return (picked * nn.functional.embedding(ids, self.scales)).to(self.dtype)
