"""What a process is made ready for: prompts of any length, one after the other, without growing with each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepseek_space.engine.fused_linear import has_product

# The sizes are those of the starter's layers; each number of tokens is another kernel to oneDNN.
PROGRAM = """
from deepseek_space.commands import process
process.set_up("warning")
import psutil, torch
from deepseek_space.engine.fused_linear import PackedLinear
from deepseek_space.models import heap
sizes = (576, 960), (576, 3072), (1536, 576)
layers = [PackedLinear(torch.nn.Linear(*size, bias=False, dtype=torch.bfloat16)) for size in sizes]
@torch.inference_mode()
def read(lengths):
    for tokens in lengths:
        for layer in layers:
            layer(torch.ones(tokens, layer.in_features, dtype=torch.bfloat16))
    heap.trim()
    return psutil.Process().memory_info().rss
before = read(range(1, 101))
print(read(range(101, 281)) - before)
"""


@pytest.mark.skipif(not has_product(), reason="this CPU has no product that keeps kernels")
def test_memory_does_not_grow_with_every_length_of_a_prompt():
    source = str(Path(__file__).parents[2] / "src")
    environ = {**os.environ, "PYTHONPATH": source}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40 * 2**20
