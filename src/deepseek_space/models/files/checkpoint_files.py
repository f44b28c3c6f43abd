"""A checkpoint's shape from its files: config.json and the headers of its weights, or a GGUF header.

No tensor data is read. For a repository on the Hub the caller fetches config and headers and hands them in.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepseek_space.errors import ModelNotFound, NotACheckpoint
from deepseek_space.models.files.adapter import is_adapter, note_on_adapter, refuse_adapter
from deepseek_space.models.files.conformity import check_tensors, is_draft
from deepseek_space.models.files.gguf_checkpoint import read_gguf
from deepseek_space.models.files.json_object import read_json_object
from deepseek_space.models.files.pickle_header import read_pickle_header
from deepseek_space.models.files.quantisation import FP8_SCALE, check_quantisation
from deepseek_space.models.files.safetensors_header import TensorInfo, read_header
from deepseek_space.models.files.weight_files import indexed_tensors, weight_files
from deepseek_space.models.shape.architecture import COMPUTED, Architecture
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.models.shape.config_json import KNOWN, read_architecture
from deepseek_space.models.shape.tensors import EMBEDDING, HEAD, with_model_prefix
from deepseek_space.models.shape.weights import Kind, Matrix, matrices

_DTYPES = {"F32": "fp32", "BF16": "bf16", "F16": "fp16", "F8_E4M3": "fp8"}
_NO_WEIGHTS = (FP8_SCALE, ".scale", "rotary_emb.inv_freq", "e_score_correction_bias", "tid2eid")


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a folder or a GGUF file.

    Raises ModelNotFound, NotACheckpoint for what is none or is damaged, Unsupported for what does not run here.
    """
    if not path.exists():
        raise ModelNotFound("There is no folder or file {path}.", path=path)
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise NotACheckpoint(
                "{path} is not a checkpoint; give the folder that holds config.json, or a GGUF file.", path=path
            )
        return read_gguf(path)
    config = read_folder_config(path)
    files = _weight_files(path)
    return from_config(
        path.resolve().name,
        config,
        read_headers(path, files),
        disk_bytes=sum(file.stat().st_size for file in files),
        beside={file.name for file in path.iterdir()},
        notes=(note_on_adapter(path),) if is_adapter(path) else (),
    )


def read_folder_config(folder: Path) -> dict[str, Any]:
    """Return the config.json of ``folder``. Raises NotACheckpoint, Unsupported for an adapter without a model."""
    if (folder / "config.json").is_file():
        return read_json_object(folder / "config.json")
    if is_adapter(folder):
        refuse_adapter(folder)
    raise NotACheckpoint("{folder} holds no config.json; give the folder of a checkpoint.", folder=folder)


def _weight_files(folder: Path) -> tuple[Path, ...]:
    try:
        return weight_files(folder)
    except NotACheckpoint:
        if is_adapter(folder):
            refuse_adapter(folder)
        raise


def read_headers(folder: Path, files: tuple[Path, ...]) -> dict[str, TensorInfo]:
    """Return all tensors of ``files``, the weights of ``folder``. Raises NotACheckpoint."""
    headers: dict[str, TensorInfo] = {}
    for file in files:
        found = read_header(file) if file.suffix == ".safetensors" else read_pickle_header(file)
        if twice := next((name for name in found if name in headers), None):
            raise NotACheckpoint(
                "{folder} holds {twice} in several files, {name} among them; fetch it again.",
                folder=folder,
                twice=twice,
                name=file.name,
            )
        headers |= found
    if missing := sorted(indexed_tensors(folder, files) - set(headers)):
        raise NotACheckpoint(
            "{folder} lacks {count} of the tensors that its index lists, {first} first; fetch it again.",
            folder=folder,
            count=len(missing),
            first=missing[0],
        )
    return headers


def from_config(
    name: str,
    config: Mapping[str, Any],
    headers: Mapping[str, TensorInfo] | None = None,
    *,
    disk_bytes: int | None = None,
    beside: Collection[str] = (),
    notes: tuple[str, ...] = (),
) -> Checkpoint:
    """Return the checkpoint that a parsed ``config.json`` and all its shards' ``headers`` describe.

    ``beside`` are the names of the files in the same place. Without headers nothing can be said about missing tensors,
    nor about models outside the family. Raises NotACheckpoint and Unsupported.
    """
    check_quantisation(name, config, headers, beside=beside)
    arch = read_architecture(config, foreign=headers is not None)
    if headers is None:
        found, dtype = matrices(arch), _config_dtype(config)
    elif arch.model_type in KNOWN:
        found, dtype = matrices(_with_head(arch, headers)), _dtype(headers)
        if arch.model_type in COMPUTED:
            check_tensors(name, arch, with_model_prefix(headers))
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
        notes=notes,
    )


def _with_head(arch: Architecture, headers: Mapping[str, TensorInfo]) -> Architecture:
    # A head beside the embedding is loaded, whatever the configuration says of the two, unless both are the same.
    has_both = {HEAD, EMBEDDING} <= with_model_prefix(headers).keys()
    return replace(arch, tied=arch.tied and not has_both)


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
    return names.get(str(config.get("torch_dtype") or config.get("dtype")), "bf16")


def _stored_matrices(headers: Mapping[str, TensorInfo], arch: Architecture) -> tuple[Matrix, ...]:
    """Return what is stored, classed by name and shape, for models whose arithmetic is not known."""
    loaded = {key: info for key, info in headers.items() if not is_draft(key, arch) and not key.endswith(_NO_WEIGHTS)}
    found = [_stored(key, tensor) for key, tensor in loaded.items()]
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
