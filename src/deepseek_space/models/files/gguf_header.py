"""The header of a GGUF file: its values and its tensors, each count checked against the file's size before it is used.

gguf-py's reader trusts the file and takes a minute over a published vocabulary; this one reads what the format says:
magic, version, counts, typed values, tensor descriptions, then the data, aligned. Reads no tensor data.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.stand_in import check_file
from deepseek_space.sentences import Sentence

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_ITEMS = 2**22
"""Entries of an array: far above every published vocabulary and list of merges, far below what fills a memory."""
MOST_TENSORS = 2**20
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LEAST_ENTRY_BYTES = 13  # an empty name, a type, one byte


@dataclass(frozen=True, kw_only=True)
class GgufTensor:
    """One stored tensor; ``shape`` as torch has it, outputs first, and where its bytes lie."""

    path: Path
    kind: GGMLQuantizationType
    shape: tuple[int, ...]
    start: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class GgufHeader:
    """What one GGUF file says of itself."""

    values: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]


def read_gguf_header(path: Path) -> GgufHeader:
    """Return the header of ``path``. Raises NotACheckpoint for what is damaged or lies, Unsupported for its form."""
    check_file(path, own=MAGIC)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _Cursor(path, content).header()


class _Cursor:
    """Reads on from one place of the file, never beyond its end."""

    def __init__(self, path: Path, content: mmap.mmap) -> None:
        self._path, self._content, self._at = path, content, 0

    def header(self) -> GgufHeader:
        self._check_form()
        num_tensors, num_values = self._scalar("Q"), self._scalar("Q")
        self._check_count(num_values, _LEAST_ENTRY_BYTES, "values", MOST_ITEMS)
        values = {self._string(): self._value(self._scalar("I")) for _ in range(num_values)}
        self._check_count(num_tensors, _LEAST_ENTRY_BYTES, "tensors", MOST_TENSORS)
        described = [self._tensor() for _ in range(num_tensors)]
        alignment = values.get("general.alignment", 32)
        if type(alignment) is not int or alignment < 1:
            raise self._damaged("an alignment of {alignment}", alignment=f"{alignment!r:.40}")
        data = -(-self._at // alignment) * alignment
        tensors = {name: self._placed(name, kind, shape, data + offset) for name, kind, shape, offset in described}
        if len(tensors) < num_tensors:
            raise self._damaged("the same tensor twice")
        self._check_layout(tensors)
        return GgufHeader(values=values, tensors=tensors)

    def _check_form(self) -> None:
        if self._take(4) != MAGIC:
            raise NotACheckpoint(
                "{path} is not a GGUF file: it does not begin as one. Fetch it again.", path=self._path
            )
        version = self._scalar("I")
        if version not in VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            form = (
                Sentence("with its bytes in the other order")
                if swapped in VERSIONS
                else Sentence("of version {version:,}", version=version)
            )
            raise Unsupported(
                "{path} is a GGUF file {form}; versions {versions} are read here. Convert the original anew.",
                path=self._path,
                form=form,
                versions=" and ".join(map(str, VERSIONS)),
            )

    def _damaged(self, what: str, /, **values: object) -> NotACheckpoint:
        return NotACheckpoint(
            "{path} is not a whole GGUF file: its header describes {what}; fetch it again.",
            path=self._path,
            what=Sentence(what, **values),
        )

    def _take(self, count: int) -> bytes:
        if count > len(self._content) - self._at:
            raise NotACheckpoint(
                "{path} is cut short: its header goes on behind the end of the file, at {size:,} bytes. "
                "Fetch it again.",
                path=self._path,
                size=len(self._content),
            )
        self._at += count
        return self._content[self._at - count : self._at]

    def _check_count(self, count: int, least_bytes: int, what: str, most: int) -> None:
        if count > most or count * least_bytes > len(self._content) - self._at:
            raise self._damaged(
                "{count:,} {what}, more than a file of {size:,} bytes can hold",
                count=count,
                what=Sentence(what),
                size=len(self._content),
            )

    def _scalar(self, form: str) -> Any:
        return struct.unpack(f"<{form}", self._take(struct.calcsize(form)))[0]

    def _string(self) -> str:
        try:
            return self._take(self._scalar("Q")).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._damaged("a text that is none ({reason})", reason=error.reason) from error

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array(self._scalar("I"), self._scalar("Q"))
        if kind not in _SCALARS:
            raise self._damaged("a value of type {kind:,}, which does not exist", kind=kind)
        return self._scalar(_SCALARS[kind])

    def _array(self, kind: int, count: int) -> list[Any]:
        if kind == _STRING:
            self._check_count(count, 8, "entries", MOST_ITEMS)
            return [self._string() for _ in range(count)]
        if kind not in _SCALARS:
            raise self._damaged("an array of type {kind:,}, which is not read here", kind=kind)
        form = _SCALARS[kind]
        self._check_count(count, struct.calcsize(form), "entries", MOST_ITEMS)
        return list(struct.unpack(f"<{count}{form}", self._take(count * struct.calcsize(form))))

    def _tensor(self) -> tuple[str, int, tuple[int, ...], int]:
        name, num_sizes = self._string(), self._scalar("I")
        if num_sizes > 4:
            raise self._damaged("{name} with {count:,} dimensions", name=f"{name!r:.80}", count=num_sizes)
        # The fastest dimension comes first in the file.
        shape = tuple(self._scalar("Q") for _ in range(num_sizes))[::-1]
        return name, self._scalar("I"), shape, self._scalar("Q")

    def _placed(self, name: str, kind: int, shape: tuple[int, ...], start: int) -> GgufTensor:
        try:
            known = GGMLQuantizationType(kind)
            block, block_bytes = GGML_QUANT_SIZES[known]
        except (ValueError, KeyError) as error:
            raise Unsupported(
                "{path} stores {name} in GGML's type {kind:,}, which is not known here. It may be newer than "
                "this app: take a file in Q8_0, Q4_K_M or BF16.",
                path=self._path,
                name=name,
                kind=kind,
            ) from error
        if not shape or shape[-1] % block:
            raise self._damaged(
                "{name} with rows that are no whole blocks of {kind}", name=f"{name!r:.80}", kind=known.name
            )
        return GgufTensor(
            path=self._path, kind=known, shape=shape, start=start, size_bytes=prod(shape) // block * block_bytes
        )

    def _check_layout(self, tensors: Mapping[str, GgufTensor]) -> None:
        places = sorted((tensor.start, tensor.start + tensor.size_bytes) for tensor in tensors.values())
        if places and places[-1][1] > len(self._content):
            raise NotACheckpoint(
                "{path} is cut short: its header describes {end:,} bytes, the file has {size:,}. Fetch it again.",
                path=self._path,
                end=places[-1][1],
                size=len(self._content),
            )
        if any(first[1] > second[0] for first, second in pairwise(places)):
            raise self._damaged("tensors that overlap")
