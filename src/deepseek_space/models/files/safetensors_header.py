"""The header of a safetensors file: its tensors, checked against its size before any is read.

Format: 8 bytes of little-endian length, that many bytes of JSON, then the data without gaps. Reads no data.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.stand_in import check_file
from deepseek_space.sentences import Sentence

LENGTH_BYTES = 8
MOST_HEADER_BYTES = 100_000_000
"""The limit that the safetensors library itself sets."""

_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One stored tensor; ``dtype`` in safetensors' spelling."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def elements(self) -> int:
        """Numbers in the tensor."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, TensorInfo]:
    """Return the tensors that ``path`` holds, by name. Raises NotACheckpoint for a file that is cut short or lies."""
    check_file(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(LENGTH_BYTES)
            return parse_header(path.name, start + file.read(header_bytes(path.name, start)), file_bytes=size)
    except OSError as error:
        raise NotACheckpoint(
            "{path} cannot be read ({reason}); check the file and its permissions.", path=path, reason=error.strerror
        ) from error


def header_bytes(name: str, start: bytes) -> int:
    """Return the length of the JSON that follows ``start``, the first LENGTH_BYTES of the file called ``name``."""
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH_BYTES or not 2 <= length <= MOST_HEADER_BYTES:
        raise NotACheckpoint(
            "{name} is not a safetensors file: its header would be {length:,} bytes long.", name=name, length=length
        )
    return length


def parse_header(name: str, head: bytes, *, file_bytes: int) -> dict[str, TensorInfo]:
    """Return the tensors that ``head`` (length and JSON) lists for a file of ``file_bytes``, as ``read_header``."""
    length = header_bytes(name, head[:LENGTH_BYTES])
    try:
        listed = json.loads(head[LENGTH_BYTES : LENGTH_BYTES + length])
    except (ValueError, RecursionError) as error:
        raise NotACheckpoint("The header of {name} is not JSON; fetch the file again.", name=name) from error
    if not isinstance(listed, dict):
        raise NotACheckpoint("The header of {name} holds no list of tensors; fetch the file again.", name=name)
    tensors = {key: _tensor(name, key, value) for key, value in listed.items() if key != "__metadata__"}
    _check_layout(name, tensors, data_bytes=file_bytes - LENGTH_BYTES - length)
    return tensors


def _tensor(name: str, key: str, value: Any) -> TensorInfo:
    try:
        start, end = value["data_offsets"]
        info = TensorInfo(dtype=value["dtype"], shape=tuple(value["shape"]), start=start, end=end)
        numbers = (*info.shape, start, end)
        is_sound = info.dtype in _BITS and all(type(n) is int and n >= 0 for n in numbers)
    except (TypeError, KeyError, ValueError):
        is_sound = False
    if not is_sound or (end - start) * 8 != info.elements * _BITS[info.dtype]:
        raise NotACheckpoint(
            "The header of {name} describes {key} as {value}; fetch the file again.",
            name=name,
            key=f"{key!r:.80}",
            value=f"{value!r:.120}",
        )
    return info


def _check_layout(name: str, tensors: Mapping[str, TensorInfo], *, data_bytes: int) -> None:
    ordered = sorted((tensor.start, tensor.end) for tensor in tensors.values())
    end = ordered[-1][1] if ordered else 0
    if end != data_bytes:
        problem = Sentence("is cut short") if data_bytes < end else Sentence("has bytes that no tensor claims")
        raise NotACheckpoint(
            "{name} {problem}: its header speaks of {end:,} bytes of data, the file has {data_bytes:,}. "
            "Fetch it again.",
            name=name,
            problem=problem,
            end=end,
            data_bytes=max(0, data_bytes),
        )
    if (ordered and ordered[0][0] != 0) or any(first[1] != second[0] for first, second in pairwise(ordered)):
        raise NotACheckpoint(
            "The header of {name} lets tensors overlap or leaves gaps; fetch the file again.", name=name
        )
