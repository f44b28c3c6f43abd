"""The memory plan against what a load really takes, in a process of its own and models large enough to weigh."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from deepseek_space import __file__ as package_file
from deepseek_space.models.fit.architecture import Architecture, Experts, Latent
from deepseek_space.models.fit.config_json import config_values
from deepseek_space.models.fit.footprint import ROUNDING_BYTES, rule, weight_bytes
from deepseek_space.models.fit.hardware import cpu_features
from deepseek_space.models.fit.weights import matrices
from tiny_models import tiny_model
from tiny_tokenizers import deepseek_tokenizer

DENSE = Architecture(
    model_type="llama",
    layers=72,
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
    layers=7,
    latent=Latent(kv_rank=64, q_rank=None, nope_dim=32, rope_dim=32, value_dim=32),
    experts=Experts(routed=60, shared=1, active=2, width=512, dense_layers=1),
)
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

peaks = {}
for precision in sys.argv[3:]:
    load(sys.argv[1], precision)
    loader.release()
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # starts VmHWM anew
    load(sys.argv[2], precision)
    peaks[precision] = status("VmHWM") - before
    loader.release()
print(json.dumps(peaks))
"""


def save(folder: Path, model: torch.nn.Module) -> Path:
    model.save_pretrained(folder)
    deepseek_tokenizer().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("arch", [DENSE, MIXTURE], ids=["dense", "mixture"])
def test_a_load_peaks_within_10_percent_of_the_plan_at_every_precision(tmp_path: Path, arch: Architecture):
    config = AutoConfig.for_model(**config_values(arch))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    large = save(tmp_path / "large", model.to_empty(device="cpu").apply(_fill))
    small = save(tmp_path / "small", tiny_model("llama-mha" if arch is DENSE else "v2-lite"))
    precisions = ("fp32", "bf16", "fp16", "int8", "nf4", "fp4")
    command = [sys.executable, "-c", MEASURE, str(small), str(large), *precisions]
    source = str(Path(package_file).parents[1])
    run = subprocess.run(command, env={"PYTHONPATH": source}, capture_output=True, text=True, check=True)
    features = cpu_features(Path("/proc/cpuinfo"))
    planned = {
        name: weight_bytes(matrices(arch), rule(name, on_cpu=True, cpu_features=features))
        + (ROUNDING_BYTES if name in ("nf4", "fp4") else 0)  # of the working space
        for name in precisions
    }
    peaks = json.loads(run.stdout)
    excess = {name: round(peaks[name] / planned[name] - 1, 3) for name in precisions}
    assert [name for name in precisions if abs(excess[name]) > 0.10] == [], excess


def _fill(module: torch.nn.Module) -> None:
    for parameter in module.parameters(recurse=False):
        parameter.data.fill_(0.01)
