"""The memory plan against what a load really takes and gives back, in a process that loads one model after the other.

The models are just large enough to weigh: what a load takes besides is a few MB, whatever their size.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from config_values import config_values
from deepseek_space import __file__ as package_file
from deepseek_space.models.fit.footprint import ROUNDING_BYTES, rule, weight_bytes
from deepseek_space.models.fit.hardware import cpu_features
from deepseek_space.models.shape.architecture import Architecture, Experts, Latent
from deepseek_space.models.shape.weights import matrices
from tiny_models import tiny_model
from tiny_tokenizers import deepseek_tokenizer

DENSE = Architecture(
    model_type="llama",
    layers=36,
    hidden=512,
    heads=8,
    kv_heads=8,
    head_dim=64,
    ffn=2048,
    vocab=1024,
    max_positions=512,
)
MIXTURE = replace(
    DENSE,
    model_type="deepseek_v2",
    layers=4,
    latent=Latent(kv_rank=64, q_rank=None, nope_dim=32, rope_dim=32, value_dim=32),
    experts=Experts(routed=30, shared=1, active=2, width=512, dense_layers=1),
)
SHAPES = {"dense": DENSE, "mixture": MIXTURE}
# Each precision once, and each way to read, keep and quantise a weight in both shapes.
LOADS = [
    *(("dense", precision) for precision in ("fp32", "fp16", "int8", "nf4")),
    *(("mixture", precision) for precision in ("bf16", "int8", "fp4")),
]
# The first load touches code and tables of the libraries; what is measured comes after it.
MEASURE = """
import json, sys
from pathlib import Path
from deepseek_space.models import heap, loader

heap.share()  # as the app does when it starts

def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

def load(folder, precision):
    return loader.load(Path(folder), name="m", precision=precision, device="cpu", progress=lambda report: None,
                       cancelled=lambda: False)

def measure(small, large, precision):
    load(small, precision)
    loader.release()
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # starts VmHWM anew
    load(large, precision)
    peak = status("VmHWM") - before
    loader.release()
    return {"peak": peak, "left": status("VmRSS") - before}

folder, *loads = sys.argv[1:]
print(json.dumps({load: measure(f"{folder}/{shape}/small", f"{folder}/{shape}/large", precision)
                  for load in loads for shape, _, precision in [load.partition(" ")]}))
"""


def save(folder: Path, model: torch.nn.Module) -> Path:
    model.save_pretrained(folder)
    deepseek_tokenizer(pieces=300).save_pretrained(folder)
    return folder


def save_large(folder: Path, arch: Architecture) -> None:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config_values(arch)), dtype=torch.bfloat16)
    save(folder, model.to_empty(device="cpu").apply(_fill))


def _fill(module: torch.nn.Module) -> None:
    for parameter in module.parameters(recurse=False):
        parameter.data.fill_(0.01)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """What each load took at its peak, and what was left of it when it had gone: by shape and precision."""
    folder = tmp_path_factory.mktemp("measured")
    for shape, arch in SHAPES.items():
        save_large(folder / shape / "large", arch)
        save(folder / shape / "small", tiny_model("llama-mha" if arch is DENSE else "v2-lite"))
    command = [sys.executable, "-c", MEASURE, str(folder), *map(" ".join, LOADS)]
    environ = {**os.environ, "PYTHONPATH": str(Path(package_file).parents[1])}
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def planned_bytes(arch: Architecture, precision: str) -> int:
    by = rule(precision, on_cpu=True, cpu_features=cpu_features(Path("/proc/cpuinfo")))
    return weight_bytes(matrices(arch), by) + (ROUNDING_BYTES if precision in ("nf4", "fp4") else 0)  # working space


@pytest.mark.parametrize(("shape", "precision"), LOADS)
def test_a_load_peaks_within_10_percent_of_the_plan_and_leaves_nothing_behind(measured, shape: str, precision: str):
    found, planned = measured[f"{shape} {precision}"], planned_bytes(SHAPES[shape], precision)
    assert found["peak"] == pytest.approx(planned, rel=0.10)
    assert found["left"] < 0.10 * planned
