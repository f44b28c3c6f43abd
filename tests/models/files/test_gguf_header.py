"""GGUF headers: what gguf-py writes is read, and no count is believed that the file could not hold."""

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.gguf_header import read_gguf_header
from gguf_files import random_model, write_gguf


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "small.gguf"
    return write_gguf(path, random_model("llama-mha"), quantised=GGMLQuantizationType.Q8_0)


def test_values_and_tensors_are_those_that_gguf_py_reads(file: Path):
    found, wanted = read_gguf_header(file), GGUFReader(file)
    theirs = {key: field.contents() for key, field in wanted.fields.items() if not key.startswith("GGUF.")}
    assert dict(found.values) == theirs
    content = file.read_bytes()
    assert len(found.tensors) == len(wanted.tensors)
    for tensor in wanted.tensors:
        ours = found.tensors[tensor.name]
        assert (ours.kind, ours.shape) == (tensor.tensor_type, tuple(int(size) for size in reversed(tensor.shape)))
        assert content[ours.start : ours.start + ours.size_bytes] == tensor.data.tobytes()


def test_a_file_that_is_cut_short_is_refused(file: Path, tmp_path: Path):
    whole = file.read_bytes()
    for length in (0, 3, 20, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "small.gguf").write_bytes(whole[:length])
        with pytest.raises(NotACheckpoint, match=r"small\.gguf .*[Ff]etch it again"):
            read_gguf_header(tmp_path / "small.gguf")


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def head(*, tensors: int = 0, values: int = 1, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, values)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (head() + text("a") + struct.pack("<IIQ", 9, 8, 2**34), "17,179,869,184 entries"),
        (head() + text("a") + struct.pack("<IIQ", 9, 4, 2**34), "17,179,869,184 entries"),
        (head() + text("a") + struct.pack("<IIQ", 9, 9, 1), "array of type 9"),
        (head() + text("a") + struct.pack("<I", 99), "type 99"),
        (head() + struct.pack("<Q", 2**60) + b"\0" * 20, "cut short"),
        (head(values=2**40), "1,099,511,627,776 values"),
        (head(values=0, tensors=2**40), "1,099,511,627,776 tensors"),
        (head(values=0, tensors=1) + text("t") + struct.pack("<I", 2**31), "dimensions"),
        (head() + struct.pack("<Q", 1) + b"\xff" + b"\0" * 20, "a text that is none"),
        (b"\x80\x04 a pickle" * 100, "not a GGUF file"),
    ],
)
def test_a_header_that_lies_is_refused_before_anything_is_taken_for_it(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(NotACheckpoint, match=told):
        read_gguf_header(tmp_path / "x.gguf")


@pytest.mark.parametrize(("version", "told"), [(1, "version 1"), (3 << 24, "bytes in the other order")])
def test_other_forms_are_unsupported(tmp_path: Path, version: int, told: str):
    (tmp_path / "x.gguf").write_bytes(head(version=version) + b"\0" * 64)
    with pytest.raises(Unsupported, match=told):
        read_gguf_header(tmp_path / "x.gguf")


def test_a_type_that_is_newer_than_this_reader_is_named(file: Path, tmp_path: Path):
    described = struct.pack("<IQQI", 2, 64, 64, GGMLQuantizationType.Q8_0)
    content = file.read_bytes()
    assert described in content
    (tmp_path / "x.gguf").write_bytes(content.replace(described, described[:-4] + struct.pack("<I", 199)))
    with pytest.raises(Unsupported, match=r"blk\.0\.attn_\w+\.weight in GGML's type 199, which is not known here"):
        read_gguf_header(tmp_path / "x.gguf")


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_else(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.getbasetemp() / "random.gguf"
    path.write_bytes(b"GGUF\3\0\0\0" + content)
    try:
        assert np.all([tensor.size_bytes >= 0 for tensor in read_gguf_header(path).tensors.values()])
    except (NotACheckpoint, Unsupported):
        return
