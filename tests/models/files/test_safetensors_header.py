"""Headers of safetensors files: what the library writes is read, and what lies is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.safetensors_header import LENGTH_BYTES, MOST_HEADER_BYTES, parse_header, read_header


def head_of(listed: Any) -> bytes:
    text = json.dumps(listed).encode()
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_reads_what_the_library_writes(tmp_path: Path):
    tensors = {
        "a": torch.zeros(3, 5, dtype=torch.bfloat16),
        "b": torch.zeros(7),
        "c": torch.zeros(2, 2, dtype=torch.float8_e4m3fn),
        "empty": torch.zeros(0, 4),
    }
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    header = read_header(tmp_path / "model.safetensors")
    assert {name: info.shape for name, info in header.items()} == {n: tuple(t.shape) for n, t in tensors.items()}
    assert {name: info.dtype for name, info in header.items()} == {
        "a": "BF16",
        "b": "F32",
        "c": "F8_E4M3",
        "empty": "F32",
    }
    assert sum(info.end - info.start for info in header.values()) == 30 + 28 + 4


@pytest.mark.parametrize(
    ("listed", "data_bytes", "told"),
    [
        ({"a": entry([2, 2], 0, 16)}, 8, "cut short"),
        ({"a": entry([2, 2], 0, 16)}, 20, "no tensor claims"),
        ({"a": entry([2, 2], 0, 8)}, 8, "'a'"),
        ({"a": entry([10**12, 10**12], 0, 16)}, 16, "'a'"),
        ({"a": entry([-2, -2], 0, 16)}, 16, "'a'"),
        ({"a": entry([4], 16, 0)}, 16, "'a'"),
        ({"a": entry([True], 0, 4)}, 4, "'a'"),
        ({"a": entry([4], 0, 16, dtype="F99")}, 16, "'a'"),
        ({"a": entry([4], 0, 16), "b": entry([4], 8, 24)}, 24, "overlap"),
        ({"a": entry([1], 4, 8)}, 8, "overlap or leaves gaps"),
        ({"a": 7}, 0, "'a'"),
        ({"a": {"dtype": [], "shape": 3, "data_offsets": "01"}}, 0, "'a'"),
        ([1, 2], 0, "no list of tensors"),
    ],
)
def test_a_header_that_lies_is_refused(listed: Any, data_bytes: int, told: str):
    head = head_of(listed)
    with pytest.raises(NotACheckpoint, match=told):
        parse_header("x.safetensors", head, file_bytes=len(head) + data_bytes)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x01",
        (MOST_HEADER_BYTES + 1).to_bytes(8, "little"),
        b"\x80\x04\x95 pickle of something",
        b"\x05" + b"\0" * 7,
    ],
    ids=["empty", "one byte", "huge", "pickle", "no JSON"],
)
def test_what_is_no_safetensors_file_is_refused(head: bytes, tmp_path: Path):
    (tmp_path / "x.safetensors").write_bytes(head)
    with pytest.raises(NotACheckpoint, match=r"x\.safetensors"):
        read_header(tmp_path / "x.safetensors")


def test_an_absent_file_is_named(tmp_path: Path):
    with pytest.raises(NotACheckpoint, match="absent"):
        read_header(tmp_path / "absent.safetensors")


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=2**40))
def test_random_bytes_raise_nothing_else(head: bytes, file_bytes: int):
    try:
        tensors = parse_header("x", head, file_bytes=file_bytes)
    except NotACheckpoint:
        return
    assert all(tensor.end <= file_bytes for tensor in tensors.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.text(max_size=5), JSON | st.fixed_dictionaries({"dtype": JSON, "shape": JSON, "data_offsets": JSON})
    )
)
def test_random_json_raises_nothing_else(listed: dict[str, Any]):
    head = head_of(listed)
    try:
        parse_header("x", head, file_bytes=len(head))
    except NotACheckpoint:
        return
    assert set(listed) <= {"__metadata__"} or all(
        0 in value["shape"] for key, value in listed.items() if key[:2] != "__"
    )
