"""The files of random weights that benchmarks serve: read here and by llama.cpp, quantised as they say, sane values."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, quants

from deepseek_space.engine.gguf.context import GgufContext, Piece
from deepseek_space.models.gguf_model import open_gguf_model

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def random_gguf(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return import_module("random_gguf")


@pytest.mark.parametrize("kind", ["Q4_K_M", "Q8_0"])
def test_a_file_of_random_weights_is_read_by_both_and_has_values_of_a_model(random_gguf, tmp_path, kind):
    path = random_gguf.save(tmp_path / f"tiny.{kind}.gguf", "distill-1.5b", kind, tiny=True)
    loaded = open_gguf_model(path, name="tiny", context_tokens=64)
    assert loaded.precision == kind
    ids = loaded.tokenizer.encode("a very long story")
    assert loaded.tokenizer.decode(ids) == "a very long story"
    assert len(ids) < 8
    quantised = [tensor for tensor in GGUFReader(path).tensors if tensor.tensor_type.name != "F32"]
    assert {tensor.tensor_type.name for tensor in quantised} == {"Q4_K_M": {"Q4_K", "Q6_K"}, "Q8_0": {"Q8_0"}}[kind]
    for tensor in quantised:
        values = quants.dequantize(tensor.data, tensor.tensor_type)
        assert values.std() == pytest.approx(0.02, rel=0.1)
        assert abs(values.mean()) < 0.002
    context = GgufContext(path, cells=64, num_sequences=1, threads=1, progress=lambda share: None)
    logits = context.decode([Piece(sequence=0, position=0, ids=ids, num_logits=1)])
    assert np.isfinite(logits).all()
    assert logits.std() > 0
    context.close()
