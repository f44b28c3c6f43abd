"""The tensors that a PyTorch file describes, read without torch and without running what a pickle asks for.

Both forms are known: the zip archive of torch 1.6 and later, and the row of pickles before it. Only the classes that a
state dictionary consists of are let in, as empty stand-ins. Reads no tensor data.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.safetensors_header import TensorInfo
from deepseek_space.models.files.stand_in import check_file

MOST_PICKLE_BYTES = 64 * 2**20
ZIP = b"PK\x03\x04"
_OLD_FORM = 0x1950A86A20F9469CFC6C  # the number with which torch before 1.6 began a file
_STORAGES = {
    "DoubleStorage": ("F64", 8),
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
    "Float8_e4m3fnStorage": ("F8_E4M3", 1),
    "Float8_e5m2Storage": ("F8_E5M2", 1),
}


class _Described(NamedTuple):
    dtype: str
    item_bytes: int
    shape: tuple[int, ...]


def is_zip(path: Path) -> bool:
    """Return whether ``path`` has the form of torch 1.6 and later."""
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def read_pickle_header(path: Path) -> dict[str, TensorInfo]:
    """Return the tensors in ``path`` by name. Raises NotACheckpoint for what is damaged or holds more than tensors."""
    check_file(path, own=ZIP)
    try:
        content = _from_zip(path) if is_zip(path) else _from_row(path)
    except NotACheckpoint:
        raise
    except Exception as error:  # a pickle can raise whatever it likes
        raise NotACheckpoint(
            "{path} cannot be read as tensors alone and was not opened further; fetch it again, or take "
            "a copy in safetensors.",
            path=path,
        ) from error
    if not isinstance(content, Mapping):
        raise NotACheckpoint(
            "{path} holds a {kind}, no tensors by name; take a copy in safetensors.",
            path=path,
            kind=type(content).__name__,
        )
    return {name: _info(path, name, value) for name, value in content.items()}


def _info(path: Path, name: Any, value: Any) -> TensorInfo:
    if not isinstance(name, str) or not isinstance(value, _Described):
        raise NotACheckpoint(
            "{path} holds {name}, which is no tensor: it is a trainer's file rather than a model's. Take "
            "a copy in safetensors.",
            path=path,
            name=f"{name!r:.80}",
        )
    size = prod(value.shape)
    return TensorInfo(dtype=value.dtype, shape=value.shape, start=0, end=size * value.item_bytes)


def _from_zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        described = [item for item in archive.infolist() if item.filename.endswith("/data.pkl")]
        if len(described) != 1 or described[0].file_size > MOST_PICKLE_BYTES or described[0].compress_type:
            raise NotACheckpoint(
                "{path} is a zip archive without a model in it; take a copy in safetensors.", path=path
            )
        with archive.open(described[0]) as file:
            return _Reader(file).load()


def _from_row(path: Path) -> Any:
    with path.open("rb") as file:
        if _Reader(file).load() != _OLD_FORM:
            raise NotACheckpoint(
                "{path} is no file of torch's; fetch it again, or take a copy in safetensors.", path=path
            )
        for _ in ("protocol", "system"):
            _Reader(file).load()
        return _Reader(file).load()


class _Reader(pickle.Unpickler):
    """Knows how torch writes a dictionary of tensors, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return _tensor
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _parameter
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, pid: Any) -> Any:
        return pid[1]


def _tensor(storage: tuple[str, int], _offset: int, size: Any, *_: Any) -> _Described:
    dtype, item_bytes = storage
    shape = tuple(size)
    if not all(type(length) is int and 0 <= length < 2**48 for length in shape) or len(shape) > 8:
        raise pickle.UnpicklingError(f"{shape!r:.80} is no shape")
    return _Described(dtype, item_bytes, shape)


def _parameter(data: _Described, *_: Any) -> _Described:
    return data
