"""bitsandbytes' layers behind the two verbs of our own: ``like`` makes an empty one, ``take`` quantises a weight.

NF4 and FP4 run on CPU and CUDA, LLM.int8 is for CUDA. Knows nothing about models or files.
"""

import logging
from typing import ClassVar

import torch
from torch import Tensor, nn

# It warns on import that an optional kernel package is absent; the built-in kernels do the same work.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)

import bitsandbytes as bnb  # noqa: E402

# What bitsandbytes' AVX-512 layout takes: whole blocks of outputs, and whole blocks of 64 inputs for each output.
PACKED_OUTPUTS, BLOCK = 32, 64


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
        self.weight = bnb.nn.Params4bit(
            weight.detach().contiguous(),
            requires_grad=False,
            compress_statistics=False,
            quant_type=self.quant_type,
            module=self,
        ).to(weight.device)
        fits = self.out_features % PACKED_OUTPUTS == 0 and self.in_features % BLOCK == 0
        self.support_avx512bf16_for_cpu = self.support_avx512bf16_for_cpu and fits
        if weight.device.type == "cpu":  # the first call rearranges the weights: now rather than in a reply
            self.forward(torch.zeros(1, self.in_features, dtype=weight.dtype))

    @property
    def weight_bytes(self) -> int:
        """Bytes of the packed weights and their scales."""
        state = self.weight.quant_state
        return 0 if state is None else self.weight.nbytes + state.absmax.nbytes


class FP4Linear(NF4Linear):
    """A linear layer in 4-bit floats with one scale for 64 weights."""

    quant_type: ClassVar[str] = "fp4"


class LLMInt8Linear(bnb.nn.Linear8bitLt):
    """A linear layer in 8 bits that keeps outlier features apart: the usual choice on CUDA."""

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
