"""GGUF files: their header gives the shape, and a damaged one is refused."""

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.checkpoint_files import read_checkpoint

HIDDEN, VOCAB = 64, 128


def write_gguf(path: Path, *, kind: str = "llama", heads: int = 4, tied: bool = False) -> Path:
    writer = GGUFWriter(path, kind)
    writer.add_block_count(2)
    writer.add_context_length(2048)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(96)
    writer.add_head_count(heads)
    writer.add_head_count_kv(2)
    for name in ("token_embd.weight", *(() if tied else ("output.weight",))):
        writer.add_tensor(name, np.zeros((VOCAB, HIDDEN), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("tied", [True, False])
def test_shape_comes_from_the_header(tmp_path: Path, tied: bool):
    path = write_gguf(tmp_path / "small.Q8_0.gguf", tied=tied)
    found = read_checkpoint(path)
    arch = found.architecture
    assert (arch.layers, arch.hidden, arch.heads, arch.kv_heads, arch.head_dim) == (2, HIDDEN, 4, 2, 16)
    assert (arch.vocab, arch.ffn, arch.tied, arch.attention) == (VOCAB, 96, tied, "GQA")
    assert (found.name, found.dtype, found.context_practical) == ("small.Q8_0", "gguf", 2048)
    assert found.disk_bytes == path.stat().st_size


def test_latent_attention_is_not_read_from_gguf(tmp_path: Path):
    with pytest.raises(Unsupported, match="deepseek2"):
        read_checkpoint(write_gguf(tmp_path / "v2.gguf", kind="deepseek2"))


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path):
    path = write_gguf(tmp_path / "small.gguf")
    whole = path.read_bytes()
    for length in (0, 3, 20, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(NotACheckpoint, match=r"small\.gguf"):
            read_checkpoint(path)


def test_other_bytes_under_that_name_are_refused(tmp_path: Path):
    (tmp_path / "x.gguf").write_bytes(b"\x80\x04 a pickle" * 100)
    with pytest.raises(NotACheckpoint, match="GGUF"):
        read_checkpoint(tmp_path / "x.gguf")


def test_impossible_sizes_are_refused(tmp_path: Path):
    with pytest.raises(NotACheckpoint, match="num_attention_heads"):
        read_checkpoint(write_gguf(tmp_path / "x.gguf", heads=0))
