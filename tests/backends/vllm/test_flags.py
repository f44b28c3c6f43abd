"""The words that follow ``vllm serve``: vLLM's own options, and cards that hold the model."""

import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from deepseek_space.backends.vllm.flags import CLUSTERS, arguments, arguments_here, environment_here, recipe
from deepseek_space.errors import Unsupported
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.fit.cards import Gpu
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.vllm_plan import memory_share, plan_vllm
from deepseek_space.models.shape.checkpoint import from_spec

SPECS = {spec.name: spec for spec in CATALOG}
REMOTE_PAGE = Path(__file__).parents[3] / "docs" / "remote.md"
ONE_H100, H100S, H200S, TWO_NODES = CLUSTERS

# Read from vLLM 0.32.
OPTIONS = {
    "--max-model-len",
    "--tensor-parallel-size",
    "--pipeline-parallel-size",
    "--distributed-executor-backend",
    "--reasoning-parser",
    "--enable-auto-tool-choice",
    "--tool-call-parser",
    "--served-model-name",
    "--dtype",
    "--disable-uvicorn-access-log",
    "--gpu-memory-utilization",
    "--kv-cache-memory-bytes",
}
REASONING_PARSERS = {"deepseek_r1", "deepseek_v3", "deepseek_v4"}
TOOL_PARSERS = {"deepseek_v3", "deepseek_v31", "deepseek_v32", "deepseek_v4"}


def test_r1_takes_one_node_of_h200_or_two_of_h100():
    assert shlex.join(arguments(SPECS["r1"], H200S)) == (
        "deepseek-ai/DeepSeek-R1 --tensor-parallel-size 8 --max-model-len 65536 --reasoning-parser deepseek_r1"
    )
    documented = " ".join(REMOTE_PAGE.read_text(encoding="utf-8").replace("\\\n", " ").split())
    assert f"vllm serve {shlex.join(arguments(SPECS['r1'], TWO_NODES))} ```" in documented
    with pytest.raises(Unsupported, match=r"r1 does not fit on 8 × H100\."):
        arguments(SPECS["r1"], H100S)


def test_one_card_is_not_split():
    words = arguments(SPECS["r1-distill-qwen-7b"], ONE_H100)
    assert words[0] == "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
    assert "--tensor-parallel-size" not in words


@pytest.mark.parametrize(
    ("name", "reasoning", "tools"),
    [
        ("v3", "", ""),
        ("v3.1", "deepseek_v3", ""),
        ("v3.2", "deepseek_v3", "deepseek_v32"),
        ("v4-pro",) + ("deepseek_v4",) * 2,
    ],
)
def test_each_line_of_models_has_its_parsers(name, reasoning, tools):
    words = arguments(SPECS[name], H200S)
    found = dict(pairwise(words))
    assert (found.get("--reasoning-parser", ""), found.get("--tool-call-parser", "")) == (reasoning, tools)
    assert ("--enable-auto-tool-choice" in words) == bool(tools)


def test_a_size_that_is_not_published_has_no_recipe():
    unknown = next(spec for spec in CATALOG if spec.disk_bytes is None)
    with pytest.raises(Unsupported, match="is not published"):
        arguments(unknown, TWO_NODES)
    assert recipe(unknown) == ""


def test_all_words_are_vllms_own():
    for line in filter(None, map(recipe, CATALOG)):
        words = shlex.split(line.partition(": ")[2])
        found = dict(pairwise(words))
        assert {word for word in words if word.startswith("--")} <= OPTIONS
        assert found.get("--reasoning-parser", "deepseek_r1") in REASONING_PARSERS
        assert found.get("--tool-call-parser", "deepseek_v3") in TOOL_PARSERS


def machine(cards=0, *, card_bytes=80 * 10**9):
    gpus = [
        Gpu(kind="cuda", index=index, name="card", total_bytes=card_bytes, free_bytes=card_bytes, capability=(9, 0))
        for index in range(cards)
    ]
    return Hardware(cores=8, ram_total_bytes=64 * 10**9, ram_free_bytes=60 * 10**9, disk_free_bytes=0, gpus=tuple(gpus))


def here(name, hardware, **wanted):
    spec = SPECS[name]
    plan = plan_vllm(from_spec(spec), hardware=hardware, **wanted)
    assert plan.fits == "fits"
    words = arguments_here(
        plan,
        Path("/models/m"),
        name=spec.repo_id,
        spec=spec,
        heads=spec.architecture.heads,
        share=memory_share(hardware.gpus),
    )
    assert {word for word in words if word.startswith("--")} <= OPTIONS
    return plan, shlex.join(words)


def test_r1_on_this_machines_cards():
    plan, words = here("r1", machine(8, card_bytes=141 * 10**9))
    assert words == (
        "/models/m --served-model-name deepseek-ai/DeepSeek-R1 --max-model-len 131072 --dtype auto "
        "--disable-uvicorn-access-log --gpu-memory-utilization 0.9 --tensor-parallel-size 8 "
        "--reasoning-parser deepseek_r1"
    )
    assert environment_here(plan, visible="") == {"CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7"}


def test_cards_that_divide_the_heads_share_each_layer():
    plan, words = here("r1-distill-qwen-32b", machine(2))
    assert "--tensor-parallel-size 2" in words
    assert "--dtype bfloat16" in words
    # This process counts the cards among those that it may see.
    assert environment_here(plan, visible="4,GPU-8f2c") == {"CUDA_VISIBLE_DEVICES": "4,GPU-8f2c"}


def test_where_too_few_cards_share_each_layer_they_have_some_layers_each():
    assert "--pipeline-parallel-size 3" in here("r1-distill-llama-70b", machine(3))[1]


def test_a_cpu_is_told_how_much_cache_to_take():
    plan, words = here("r1-distill-qwen-1.5b", machine(), precision="fp32", context_tokens=4096)
    assert words.endswith(
        "--max-model-len 4096 --dtype float32 --disable-uvicorn-access-log "
        f"--kv-cache-memory-bytes {plan.kv_bytes} --reasoning-parser deepseek_r1"
    )
    assert environment_here(plan, visible="") == {}
