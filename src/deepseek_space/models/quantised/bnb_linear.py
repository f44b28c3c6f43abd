"""bitsandbytes' layers behind our two verbs: ``like`` makes an empty one, ``take`` quantises.

NF4 and FP4 run on CPU and CUDA, LLM.int8 is for CUDA. On a CPU the rounding to four bits is our own, which keeps
more in the same format, and so is the reading of a long prompt, for which the weights are unpacked;
what is stored, and multiplied while decoding, is its format. Knows nothing about models or files.
"""

import logging
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

# It warns on import that an optional kernel package is absent; the built-in kernels do the same work.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)

import bitsandbytes as bnb  # noqa: E402

# What bitsandbytes' AVX-512 layout takes: whole blocks of outputs, and whole blocks of 64 inputs for each output.
PACKED_OUTPUTS, BLOCK = 32, 64
# Weights that are rounded at once: few enough to stay near the core, enough for threads not to wait for each other.
STEP_ELEMENTS = 2**17
# Scales that are tried, as parts of a block's largest magnitude.
STRETCHES = (0.97, 1.04)
# The power of a weight's magnitude that its squared error is multiplied by; found by perplexity on two texts.
IMPORTANCE = 3
# Weights that are unpacked at once: enough for all cores, and few bytes beside the matrix that they become.
UNPACK_ELEMENTS = 2**22
# Rows from which unpacking a matrix and multiplying it plain is quicker than the kernel that reads it packed.
MANY_ROWS = 64
_SMALLEST_BLOCK = 1e-30  # keeps an all-zero block finite


@cache
def _nearest(quant_type: str) -> tuple[Tensor, Tensor]:
    """Return number and value of the nearest 4-bit value for each bit pattern of a float16; patterns read as int16."""
    values = bnb.functional.get_4bit_type(quant_type, device="cpu")
    patterns = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.float16).float()
    numbers = (patterns[:, None] - values).abs().nan_to_num_(1).argmin(dim=1)
    return numbers.to(torch.uint8), values[numbers]


def quantise_on_cpu(weight: Tensor, quant_type: str) -> tuple[Tensor, bnb.functional.QuantState]:
    """Return ``weight`` in the format of bitsandbytes' ``quantize_4bit``, rounded with more care."""
    flat = weight.reshape(-1)
    blocks = (nn.functional.pad(flat, (0, -len(flat) % BLOCK)) if len(flat) % BLOCK else flat).view(-1, BLOCK)
    packed = torch.empty(blocks.numel() // 2, 1, dtype=torch.uint8)
    scales = torch.empty(len(blocks))
    step = min(STEP_ELEMENTS // BLOCK, len(blocks))
    rounding = _Rounding(quant_type, most_blocks=step)
    many = packed.split(step * BLOCK // 2), scales.split(step), blocks.split(step)
    for target, scale, part in zip(*many, strict=True):
        numbers, fitted = rounding.fit(part)
        scale.copy_(fitted)
        target.view(-1, BLOCK // 2).copy_((numbers[:, ::2] << 4) | numbers[:, 1::2])
    code = bnb.functional.get_4bit_type(quant_type, device="cpu")
    state = bnb.functional.QuantState(
        absmax=scales, shape=weight.shape, code=code, blocksize=BLOCK, quant_type=quant_type, dtype=weight.dtype
    )
    return packed, state


class _Rounding:
    """Finds 4-bit numbers and scales for blocks; in the same memory each time, as a load would fetch fresh pages."""

    def __init__(self, quant_type: str, *, most_blocks: int) -> None:
        self._numbers, self._values = _nearest(quant_type)
        self._floats = torch.empty(4, most_blocks, BLOCK)
        self._halves = torch.empty(most_blocks, BLOCK, dtype=torch.float16)
        self._patterns = torch.empty(most_blocks, BLOCK, dtype=torch.int32)
        self._found = torch.empty(2, most_blocks, BLOCK, dtype=torch.uint8)

    def fit(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Return 4-bit numbers (blocks, BLOCK) and the scale of each block that fits them best.

        bitsandbytes' scale is the largest magnitude. Here it has the sign of its weight, so that this lies on the side
        where NF4 has one value more; a few near it are tried, each fitted by least squares in which large weights count
        more, as llama.cpp does for IQ4_NL.
        """
        exact, weights, rounded, spare = self._floats[:, : len(blocks)]
        patterns, (found, numbers) = self._patterns[: len(blocks)], self._found[:, : len(blocks)]
        least, most = exact.copy_(blocks).aminmax(dim=1, keepdim=True)
        largest = torch.where(most < -least, least, most.clamp_min_(_SMALLEST_BLOCK))
        torch.abs(exact.div_(largest), out=weights).pow_(IMPORTANCE)
        best, scales = torch.full_like(largest, -1), largest
        for stretch in STRETCHES:
            halves = self._halves[: len(blocks)].copy_(torch.div(exact, stretch, out=spare))
            patterns.copy_(halves.view(torch.int16)).bitwise_and_(0xFFFF)
            torch.index_select(self._values, 0, patterns.view(-1), out=rounded.view(-1))
            torch.index_select(self._numbers, 0, patterns.view(-1), out=found.view(-1))
            weighted = torch.mul(weights, rounded, out=spare)
            size = rounded.mul_(weighted).sum(dim=1, keepdim=True).clamp_min_(_SMALLEST_BLOCK)
            along = weighted.mul_(exact).sum(dim=1, keepdim=True)
            gain = along.square() / size  # what the best scale takes off the squared error
            is_better = gain > best
            best = torch.where(is_better, gain, best)
            scales = torch.where(is_better, along / size * largest, scales)
            torch.where(is_better, found, numbers, out=numbers)
        return numbers, scales[:, 0]


def dequantise(packed: Tensor, state: bnb.functional.QuantState) -> Tensor:
    """Return the weight of ``quantise_on_cpu`` in its dtype, whatever its width.

    bitsandbytes' own on a CPU takes a wrong block's scale where rows are no whole blocks.
    """
    numbers = torch.stack([packed >> 4, packed & 0xF], dim=-1).view(-1, BLOCK).int()
    plain = (state.code[numbers] * state.absmax[:, None]).view(-1)
    return plain[: state.shape.numel()].view(state.shape).to(state.dtype)


def pack_for_avx512(packed: Tensor, state: bnb.functional.QuantState) -> None:
    """Put ``packed``, in its place, and ``state`` into the layout that bitsandbytes multiplies by AVX-512.

    It would do so itself at the first product, through several bytes of memory for each weight.
    """
    outputs, inputs = state.shape
    for group in packed.view(-1, PACKED_OUTPUTS, inputs // 2):
        first, second = torch.stack([group >> 4, group & 0xF], dim=-1).chunk(2)
        group.copy_((second << 4 | first).transpose(0, 1).reshape(group.shape))
    state.original_qshape, state.original_dtype, state.original_nested = packed.shape, state.dtype, False
    state.absmax = state.absmax.view(outputs, -1).T.bfloat16().contiguous()
    state.dtype, state.packing_format_for_cpu = torch.bfloat16, True


@cache
def _unpacking(quant_type: str) -> Tensor:
    """Return four values in bf16, as one int64, for each two bytes of that layout: two outputs, two inputs of each."""
    code, pair = bnb.functional.get_4bit_type(quant_type, device="cpu"), torch.arange(2**16)
    codes = torch.stack([pair & 0xF, pair >> 8 & 0xF, pair >> 4 & 0xF, pair >> 12], dim=1)
    return code.bfloat16()[codes].view(torch.int64).flatten()


def unpack(packed: Tensor, state: bnb.functional.QuantState) -> Tensor:
    """Return the weight (out_features, in_features) in bf16 with which bitsandbytes multiplies that layout."""
    outputs, inputs = state.shape
    table, weight = _unpacking(state.quant_type), torch.empty(outputs, inputs, dtype=torch.bfloat16)
    halves = packed.view(-1).view(torch.int16).view(-1, inputs // 2, PACKED_OUTPUTS // 2)
    step = max(1, UNPACK_ELEMENTS // (PACKED_OUTPUTS * inputs))
    many = weight.split(step * PACKED_OUTPUTS), halves.split(step), state.absmax.T.split(step * PACKED_OUTPUTS)
    for target, part, scales in zip(*many, strict=True):
        # Turned while it is small; then each two bytes become a pair of inputs for two outputs.
        numbers = part.transpose(1, 2).to(torch.int32, memory_format=torch.contiguous_format).bitwise_and_(0xFFFF)
        pairs = table.index_select(0, numbers.view(-1)).view(torch.int32).view(*numbers.shape, 2).permute(0, 3, 1, 2)
        target.view(torch.int32).view(pairs.shape).copy_(pairs)
        target.view(-1, inputs // BLOCK, BLOCK).mul_(scales[..., None])
    return weight


class NF4Linear(bnb.nn.Linear4bit):
    """A linear layer in 4-bit NormalFloat with one scale for 64 weights."""

    quant_type: ClassVar[str] = "nf4"

    @classmethod
    def like(cls, linear: nn.Linear) -> "NF4Linear":
        """Return an empty layer of the shape, and with the bias, of ``linear``."""
        layer = cls(
            linear.in_features,
            linear.out_features,
            bias=False,
            compress_statistics=False,
            quant_type=cls.quant_type,
            device="meta",
        )
        layer.bias = linear.bias
        layer.source_cls = type(linear)
        return layer.eval()

    def load_weight(self, weight: Tensor) -> None:
        """Quantise ``weight`` (out_features, in_features) on the device where it lies."""
        quantised: dict[str, Any] = {"data": weight.detach().contiguous()}
        fits = self.out_features % PACKED_OUTPUTS == 0 and self.in_features % BLOCK == 0
        self.support_avx512bf16_for_cpu = self.support_avx512bf16_for_cpu and fits
        if weight.device.type == "cpu":
            packed, state = quantise_on_cpu(quantised["data"], self.quant_type)
            if self.support_avx512bf16_for_cpu:
                pack_for_avx512(packed, state)
            quantised = {"data": packed, "quant_state": state, "bnb_quantized": True}
        self.weight = bnb.nn.Params4bit(
            **quantised,
            requires_grad=False,
            compress_statistics=False,
            quant_type=self.quant_type,
            module=self,
        ).to(weight.device)
        self.compute_dtype, self.compute_type_is_set = weight.dtype, True

    def forward(self, rows: Tensor) -> Tensor:
        """Return the product of ``rows`` (…, in_features); many rows meet the unpacked weights, of the same values.

        The two ways add up in different orders: a row's last digits depend on whether many are read beside it.
        """
        weight, state = self.weight.data, self.weight.quant_state
        if not getattr(state, "packing_format_for_cpu", False):
            if weight.device.type != "cpu" or self.in_features % BLOCK == 0:
                return super().forward(rows)
            return nn.functional.linear(rows, dequantise(weight, state).to(rows.dtype), self.bias)
        if rows.numel() < MANY_ROWS * self.in_features:
            return super().forward(rows)
        bias = self.bias if self.bias is None else self.bias.bfloat16()
        return nn.functional.linear(rows.bfloat16(), unpack(weight, state), bias).to(rows.dtype)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the packed weights and their scales."""
        state = self.weight.quant_state
        return 0 if state is None else self.weight.nbytes + state.absmax.nbytes


class FP4Linear(NF4Linear):
    """A linear layer in 4-bit floats with one scale for 64 weights."""

    quant_type: ClassVar[str] = "fp4"


class LLMInt8Linear(bnb.nn.Linear8bitLt):
    """A linear layer in 8 bits that keeps outlier features apart: the usual choice on CUDA.

    Which features are outliers is decided over all rows of a call, so a row's last digits depend on the rows beside it:
    the same seed may answer otherwise in company.
    """

    @classmethod
    def like(cls, linear: nn.Linear) -> "LLMInt8Linear":
        """Return an empty layer of the shape, and with the bias, of ``linear``."""
        layer = cls(
            linear.in_features,
            linear.out_features,
            bias=False,
            has_fp16_weights=False,
            threshold=6.0,
            device="meta",
        )
        layer.bias = linear.bias
        return layer.eval()

    def load_weight(self, weight: Tensor) -> None:
        """Quantise ``weight`` (out_features, in_features) on the device where it lies."""
        # From the CPU on purpose: bitsandbytes quantises when the parameter moves.
        plain = bnb.nn.Int8Params(weight.detach().cpu(), requires_grad=False, has_fp16_weights=False)
        self.weight = plain.to(weight.device)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights and of the scale of each channel."""
        return self.weight.nbytes + (self.weight.SCB.nbytes if self.weight.SCB is not None else 0)
