"""Which precisions ``auto`` tries on a machine, in which order. Pure.

A model of less than ``SMALL_BYTES`` in bf16 is fast enough on a CPU to stay exact.
"""

from deepseek_space.models.fit.footprint import rule, weight_bytes
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.place import places
from deepseek_space.models.shape.checkpoint import Checkpoint

SMALL_BYTES = 500_000_000
UNQUANTISED = ("fp32", "bf16", "fp16")
_BF16_CAPABILITY = (8, 0)


def precisions(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the precisions that ``checkpoint`` can be loaded at, the most exact first."""
    return UNQUANTISED if checkpoint.dtype == "gguf" else (*UNQUANTISED, "int8", "nf4", "fp4")


def preference(checkpoint: Checkpoint, hardware: Hardware, device: str = "auto") -> tuple[str, ...]:
    """Return the precisions that ``auto`` tries, in order; never empty."""
    allowed = precisions(checkpoint)
    return tuple(name for name in _preference(checkpoint, hardware, device) if name in allowed) or ("bf16",)


def is_by_pace(checkpoint: Checkpoint, hardware: Hardware, device: str = "auto") -> bool:
    """Tell whether those precisions come by how fast they are, and not by how exact: a larger model on a CPU."""
    here = places(hardware, device)
    return (not here or here[0].kind == "cpu") and not _is_small(checkpoint)


def _is_small(checkpoint: Checkpoint) -> bool:
    return weight_bytes(checkpoint.matrices, rule("bf16", on_cpu=True)) < SMALL_BYTES


def _preference(checkpoint: Checkpoint, hardware: Hardware, device: str) -> tuple[str, ...]:
    here = places(hardware, device)
    if not here or here[0].kind == "cpu":
        if _is_small(checkpoint):
            # AVX2 alone has no product of 16 bits: torch takes many times as long for it as for one of 32.
            has_bf16 = "avx2" not in hardware.cpu_features or "avx512f" in hardware.cpu_features
            return ("bf16", "int8", "nf4") if has_bf16 else ("fp32", "bf16", "int8", "nf4")
        # Without AVX2 the int8 product is slow or false.
        return ("int8", "nf4") if "avx2" in hardware.cpu_features else ("bf16", "nf4")
    if here[0].kind == "mps":
        return ("bf16",)
    half = "bf16" if (here[0].capability or (0, 0)) >= _BF16_CAPABILITY else "fp16"
    return (half,) if here[0].is_lent else (half, "int8", "nf4")
