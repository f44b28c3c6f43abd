"""A checkpoint's shape from its files: config.json and safetensors headers, or a GGUF header.

No tensor data is read. For a repository on the Hub the caller fetches config and headers and hands them in.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepseek_space.errors import ModelNotFound, NotACheckpoint, Unsupported
from deepseek_space.models.files.gguf_header import read_gguf
from deepseek_space.models.files.safetensors_header import TensorInfo, read_header
from deepseek_space.models.fit.architecture import Architecture
from deepseek_space.models.fit.checkpoint import Checkpoint
from deepseek_space.models.fit.config_json import KNOWN, read_architecture
from deepseek_space.models.fit.weights import Kind, Matrix, matrices, params_total

INDEX = "model.safetensors.index.json"
MOST_JSON_BYTES = 64 * 2**20
FP8_BLOCK = 128
_DTYPES = {"F32": "fp32", "BF16": "bf16", "F16": "fp16", "F8_E4M3": "fp8"}
_LAYER = re.compile(r"\blayers\.(\d+)\.")
_AUXILIARY = re.compile(r"(scale_inv|\.scale|rotary_emb\.inv_freq|e_score_correction_bias|tid2eid)$|^mtp\.")
_PACKED = ("U8", "I8", "I32", "F4")
_COMPLETE = 0.999
"""Share of the expected weights below which a checkpoint counts as incomplete."""


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a folder or a GGUF file.

    Raises ModelNotFound, NotACheckpoint for what is none or is damaged, Unsupported for what does not run here.
    """
    if not path.exists():
        raise ModelNotFound(f"There is no folder or file {path}.")
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise NotACheckpoint(f"{path} is not a checkpoint; give the folder that holds config.json, or a GGUF file.")
        return read_gguf(path)
    if not (path / "config.json").is_file():
        raise NotACheckpoint(f"{path} holds no config.json; give the folder of a checkpoint.")
    files = sorted(file for pattern in ("*.safetensors", "pytorch_model*.bin") for file in path.glob(pattern))
    shards = _shards(path)
    weights = shards or files
    if not weights:
        raise NotACheckpoint(f"{path} holds a config.json but no weights; fetch its *.safetensors files.")
    headers: dict[str, TensorInfo] = {}
    for shard in shards:
        headers |= read_header(shard)
    _check_index(path, headers)
    disk_bytes = sum(file.stat().st_size for file in weights)
    return from_config(path.resolve().name, _json(path / "config.json"), headers or None, disk_bytes=disk_bytes)


def from_config(
    name: str,
    config: Mapping[str, Any],
    headers: Mapping[str, TensorInfo] | None = None,
    *,
    disk_bytes: int | None = None,
) -> Checkpoint:
    """Return the checkpoint that a parsed ``config.json`` and all its shards' ``headers`` describe.

    Without headers nothing can be said about missing tensors, nor about models outside the family.
    Raises NotACheckpoint and Unsupported.
    """
    check_quantisation(name, config.get("quantization_config"))
    arch = read_architecture(config, foreign=headers is not None)
    if headers is None:
        found, dtype = matrices(arch), _config_dtype(config)
    elif arch.model_type in KNOWN:
        found, dtype = matrices(arch), _dtype(headers)
        _check_complete(name, arch, headers)
    else:
        found, dtype = _stored_matrices(headers, arch), _dtype(headers)
    return Checkpoint(
        name=name,
        architecture=arch,
        matrices=found,
        dtype=dtype,
        disk_bytes=disk_bytes,
        context_practical=arch.max_positions,
        context_most=arch.max_positions,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_JSON_BYTES:
            raise NotACheckpoint(f"{path} is {path.stat().st_size:,} bytes long; that is no description of a model.")
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise NotACheckpoint(f"{path} is not readable JSON ({error}); fetch it again.") from error
    if not isinstance(value, dict):
        raise NotACheckpoint(f"{path} holds no JSON object; fetch it again.")
    return value


def _shards(folder: Path) -> list[Path]:
    if not (folder / INDEX).is_file():
        return sorted(folder.glob("model*.safetensors"))
    names = sorted({str(shard) for shard in _weight_map(folder).values()})
    for name in names:
        if Path(name).name != name or name == ".." or "\\" in name:
            raise NotACheckpoint(f"{folder / INDEX} names {name!r}, a path outside its folder; do not trust this copy.")
        if not (folder / name).is_file():
            raise NotACheckpoint(f"{folder} lacks {name}, one of {len(names)} shards; fetch it again.")
    return [folder / name for name in names]


def _weight_map(folder: Path) -> Mapping[str, Any]:
    weight_map = _json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise NotACheckpoint(f"{folder / INDEX} has no weight_map; fetch it again.")
    return weight_map


def _check_index(folder: Path, headers: Mapping[str, TensorInfo]) -> None:
    if not (folder / INDEX).is_file():
        return
    missing = sorted(set(_weight_map(folder)) - set(headers))
    if missing:
        raise NotACheckpoint(
            f"{folder} lacks {len(missing)} of the tensors that its index lists, {missing[0]} first; fetch it again."
        )


def check_quantisation(name: str, stored: Mapping[str, Any] | None) -> None:
    """Raise Unsupported unless the weights are plain or as V3's are: FP8 with a scale for each block of 128 by 128."""
    if not stored:
        return
    method, block = stored.get("quant_method"), stored.get("weight_block_size")
    if method != "fp8":
        raise Unsupported(f"{name} is already quantised by {method!r}; take the original and choose a --precision.")
    if list(block or ()) != [FP8_BLOCK, FP8_BLOCK]:
        raise Unsupported(
            f"{name} is stored in FP8 with a layout that is not read here; take the original and choose a --precision."
        )


def _check_complete(name: str, arch: Architecture, headers: Mapping[str, TensorInfo]) -> None:
    found = {int(match[1]) for key in headers if (match := _LAYER.search(key))}
    if absent := sorted(set(range(arch.layers)) - found):
        raise NotACheckpoint(f"{name} has no weights for layer {absent[0]} of {arch.layers}; fetch it again.")
    if any(tensor.dtype in _PACKED for tensor in headers.values()):
        return
    stored = sum(tensor.elements for key, tensor in headers.items() if _is_loaded(key, arch))
    expected = params_total(matrices(arch))
    if stored < _COMPLETE * expected:
        raise NotACheckpoint(f"{name} holds {stored:,} weights, but its config needs {expected:,}; fetch it again.")


def _is_loaded(key: str, arch: Architecture) -> bool:
    # Layers beyond the last predict several tokens ahead; transformers leaves them out.
    layer = _LAYER.search(key)
    return not _AUXILIARY.search(key) and not (layer and int(layer[1]) >= arch.layers)


def _dtype(headers: Mapping[str, TensorInfo]) -> str:
    sizes: Counter[str] = Counter()
    for tensor in headers.values():
        sizes[tensor.dtype] += tensor.elements
    most = sizes.most_common(1)[0][0] if sizes else "BF16"
    return _DTYPES.get(most, most.lower())


def _config_dtype(config: Mapping[str, Any]) -> str:
    if config.get("quantization_config"):
        return "fp8"
    names = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
    return names.get(config.get("torch_dtype") or config.get("dtype"), "bf16")


def _stored_matrices(headers: Mapping[str, TensorInfo], arch: Architecture) -> tuple[Matrix, ...]:
    """Return what is stored, classed by name and shape, for models whose arithmetic is not known."""
    found = [_stored(key, tensor) for key, tensor in headers.items() if _is_loaded(key, arch)]
    if not any(matrix.kind == "head" for matrix in found):
        found.append(Matrix(kind="tied head", rows=arch.vocab, columns=arch.hidden))
    return tuple(found)


def _stored(key: str, tensor: TensorInfo) -> Matrix:
    if len(tensor.shape) < 2:
        return Matrix(kind="other", rows=tensor.elements)
    *batch, rows, columns = tensor.shape
    kinds: dict[str, Kind] = {"embed_tokens.weight": "embedding", "wte.weight": "embedding", "lm_head.weight": "head"}
    kind = next((kind for ending, kind in kinds.items() if key.endswith(ending)), "expert" if batch else "linear")
    return Matrix(kind=kind, rows=rows, columns=columns, count=tensor.elements // max(1, rows * columns))
