"""bitsandbytes' layers behind the two verbs of our own: ``like`` makes an empty one, ``take`` quantises a weight.

NF4 and FP4 run on CPU and CUDA, LLM.int8 is for CUDA. On a CPU the rounding to four bits is our own, by table, as
bitsandbytes takes several times as long, and so is the reading of a long prompt, for which the weights are unpacked;
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
# Weights that are rounded at once: they stay in the cache, and torch starts no threads for so few.
STEP_ELEMENTS = 2**15
# Weights that are unpacked at once: enough for all cores, and few bytes beside the matrix that they become.
UNPACK_ELEMENTS = 2**22
# Rows from which unpacking a matrix and multiplying it plain is quicker than the kernel that reads it packed.
MANY_ROWS = 64
_SMALLEST_BLOCK = 1e-30  # keeps an all-zero block finite


@cache
def _nearest(quant_type: str) -> Tensor:
    """Return the number of the nearest 4-bit value for each bit pattern of a float16; patterns read as int16."""
    values = bnb.functional.get_4bit_type(quant_type, device="cpu")
    patterns = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.float16).float()
    return (patterns[:, None] - values).abs().nan_to_num_(1).argmin(dim=1).to(torch.uint8)


def quantise_on_cpu(weight: Tensor, quant_type: str) -> tuple[Tensor, bnb.functional.QuantState]:
    """Return what ``bitsandbytes.functional.quantize_4bit`` does, for whole blocks; near ties may fall otherwise."""
    table, blocks = _nearest(quant_type), weight.reshape(-1, BLOCK)
    packed = torch.empty(weight.numel() // 2, 1, dtype=torch.uint8)
    absmax = torch.empty(len(blocks))
    step = min(STEP_ELEMENTS // BLOCK, len(blocks))
    # The same ones for all steps: while a model loads, every allocation of their size costs fresh pages.
    values, magnitudes = torch.empty(2, step, BLOCK)
    halves, patterns = torch.empty(step, BLOCK, dtype=torch.float16), torch.empty(step * BLOCK, dtype=torch.int32)
    for start in range(0, len(blocks), step):
        count = min(step, len(blocks) - start)
        few = values[:count].copy_(blocks[start : start + count])
        largest = torch.abs(few, out=magnitudes[:count]).amax(dim=1).clamp_min_(_SMALLEST_BLOCK)
        half = halves[:count].copy_(few.div_(largest[:, None]))
        pattern = patterns[: count * BLOCK].copy_(half.view(torch.int16).flatten()).bitwise_and_(0xFFFF)
        codes = table[pattern]
        first = start * BLOCK // 2
        packed[first : first + len(codes) // 2, 0] = (codes[::2] << 4) | codes[1::2]
        absmax[start : start + count] = largest
    code = bnb.functional.get_4bit_type(quant_type, device="cpu")
    state = bnb.functional.QuantState(
        absmax=absmax, shape=weight.shape, code=code, blocksize=BLOCK, quant_type=quant_type, dtype=weight.dtype
    )
    return packed, state


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

    def take(self, weight: Tensor) -> None:
        """Quantise ``weight`` (out_features, in_features) on the device where it lies."""
        quantised: dict[str, Any] = {"data": weight.detach().contiguous()}
        fits = self.out_features % PACKED_OUTPUTS == 0 and self.in_features % BLOCK == 0
        self.support_avx512bf16_for_cpu = self.support_avx512bf16_for_cpu and fits
        if weight.device.type == "cpu" and weight.numel() % BLOCK == 0:
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
        state = self.weight.quant_state
        if not getattr(state, "packing_format_for_cpu", False) or rows.numel() < MANY_ROWS * self.in_features:
            return super().forward(rows)
        bias = self.bias if self.bias is None else self.bias.bfloat16()
        return nn.functional.linear(rows.bfloat16(), unpack(self.weight.data, state), bias).to(rows.dtype)

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

    def take(self, weight: Tensor) -> None:
        """Quantise ``weight`` (out_features, in_features) on the device where it lies."""
        # From the CPU on purpose: bitsandbytes quantises when the parameter moves.
        plain = bnb.nn.Int8Params(weight.detach().cpu(), requires_grad=False, has_fp16_weights=False)
        self.weight = plain.to(weight.device)

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights and of the scale of each channel."""
        return self.weight.nbytes + (self.weight.SCB.nbytes if self.weight.SCB is not None else 0)
