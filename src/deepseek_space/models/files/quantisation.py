"""Whether weights are plain numbers, V3's FP8, or already quantised by something that is not read here, and by what.

Told from the configuration, the names of tensors, the files beside them and the types, in this order, because half of
the quantised checkpoints say nothing in config.json. Reads no file.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.safetensors_header import TensorInfo
from deepseek_space.sentences import Sentence

FP8_BLOCK = 128
FP8_SCALE = "_scale_inv"
PLAIN = ("F64", "F32", "F16", "BF16")

# What a tensor's name ends in, and who writes such names. The first that matches is told.
_NAMES = (
    (r"\.quant_state\.bitsandbytes__(nf4|fp4)$", "bitsandbytes in 4 bits"),
    (r"\.weight\.(absmax|nested_absmax|quant_map)$", "bitsandbytes in 4 bits"),
    (r"\.(SCB|weight_format)$", "bitsandbytes in 8 bits"),
    (r"\.g_idx$", "GPTQ"),
    (r"\.(weight_scale_2|weight_global_scale)$", "NVFP4"),
    (r"\.weight_packed$", "compressed-tensors"),
    (r"_blocks$", "MXFP4"),
    (r"\.(q_invperm|q_groups|q_scale_max)$", "EXL2"),
    (r"\.(trellis|suh|svh)$", "EXL3"),
    (r"\.W_q$", "HQQ"),
    (r"\.weight\._(data|scale)$", "quanto"),
    (r"\.biases$", "MLX"),
    (r"\.qzeros$", "AWQ"),
    (r"\.(qweight|qscales)$", "GPTQ or AWQ"),
    (r"\.(weight|input)_scale$", "int8 or FP8 with a scale for each matrix or channel"),
)
_NAMED = tuple((re.compile(pattern), method) for pattern, method in _NAMES)
_BESIDE = {
    "hf_quant_config.json": "NVIDIA ModelOpt",
    "quantize_config.json": "GPTQ",
    "quant_config.json": "AWQ",
    "quantization_config.json": "a tool of its own",
}


def check_quantisation(
    name: str,
    config: Mapping[str, Any],
    headers: Mapping[str, TensorInfo] | None = None,
    *,
    beside: Collection[str] = (),
) -> None:
    """Raise Unsupported unless the weights are plain or as V3's are: FP8 with a scale for each block of 128 by 128.

    ``beside`` are the names of the files in the same place. Raises NotACheckpoint for a configuration that is damaged.
    """
    if _configured(name, config):
        return
    for pattern, method in _NAMED:
        if tensor := next(filter(pattern.search, headers or ()), None):
            raise Unsupported(
                "{name} is already quantised by {method}, as its tensor {tensor} shows; take the original "
                "and choose a --precision.",
                name=name,
                method=method,
                tensor=tensor,
            )
    for file, method in _BESIDE.items():
        if file in beside:
            raise Unsupported(
                "{name} is already quantised by {method}, as the file {file} shows; take the original and "
                "choose a --precision.",
                name=name,
                method=method,
                file=file,
            )
    for tensor, info in (headers or {}).items():
        if info.dtype not in PLAIN and tensor.endswith(".weight"):
            raise Unsupported(
                "{name} is already quantised: {tensor} is stored as {dtype}, and config.json does not say "
                "how; take the original and choose a --precision.",
                name=name,
                tensor=tensor,
                dtype=info.dtype,
            )


def _configured(name: str, config: Mapping[str, Any]) -> bool:
    """Return whether config.json says that the weights are in V3's FP8."""
    stored = config.get("quantization_config") or config.get("compression_config")
    if not stored and isinstance(config.get("quantization"), Mapping):  # as MLX writes it
        raise Unsupported(
            "{name} is already quantised by {method}; take the original and choose a --precision.",
            name=name,
            method="'mlx'",
        )
    if not stored:
        return False
    if not isinstance(stored, Mapping):
        raise NotACheckpoint(
            "config.json of {name} says quantization_config = {value}; an object with a quant_method "
            "belongs there. Fetch it again.",
            name=name,
            value=f"{stored!r:.80}",
        )
    method, block = stored.get("quant_method"), stored.get("weight_block_size")
    if method != "fp8":
        method = repr(method) if method else Sentence("a method that it does not name")
        raise Unsupported(
            "{name} is already quantised by {method}; take the original and choose a --precision.",
            name=name,
            method=method,
        )
    if not isinstance(block, list | tuple) or list(block) != [FP8_BLOCK, FP8_BLOCK]:
        raise Unsupported(
            "{name} is stored in FP8 with a layout that is not read here; take the original and choose a --precision.",
            name=name,
        )
    return True


def check_scales(name: str, headers: Mapping[str, TensorInfo]) -> None:
    """Raise unless each FP8 weight has a scale for each block of 128 by 128, and nothing else has one.

    Raises NotACheckpoint, Unsupported.
    """
    for tensor, info in headers.items():
        if info.dtype == "F8_E4M3":
            _check_scale(name, tensor, info, headers.get(tensor + FP8_SCALE))
        elif info.dtype not in PLAIN and not tensor.endswith(FP8_SCALE):
            raise Unsupported(
                "{name} stores {tensor} as {dtype}, which is not read here; take the original and choose a "
                "--precision.",
                name=name,
                tensor=tensor,
                dtype=info.dtype,
            )
        elif tensor + FP8_SCALE in headers:
            raise NotACheckpoint(
                "{name} holds a scale for {tensor}, which is stored as {dtype}; take the original and choose "
                "a --precision.",
                name=name,
                tensor=tensor,
                dtype=info.dtype,
            )


def _check_scale(name: str, tensor: str, info: TensorInfo, scale: TensorInfo | None) -> None:
    if scale is None:
        raise NotACheckpoint(
            "{name} holds {tensor} in FP8 without its scale; take the original checkpoint.", name=name, tensor=tensor
        )
    blocks = tuple(-(-size // FP8_BLOCK) for size in info.shape)
    if len(blocks) != 2 or scale.shape != blocks or scale.dtype not in (*PLAIN, "F8_E8M0"):
        raise Unsupported(
            "{name} holds {shape} scales ({dtype}) for {tensor}, where blocks of {block} by {block} need "
            "{blocks}; take the original and choose a --precision.",
            name=name,
            shape=shape_text(scale.shape),
            dtype=scale.dtype,
            tensor=tensor,
            block=FP8_BLOCK,
            blocks=shape_text(blocks),
        )


def shape_text(shape: tuple[int, ...]) -> str:
    """Return ``shape`` as it is shown to a reader."""
    return " × ".join(f"{size:,}" for size in shape) or Sentence("single")
