"""The words that follow ``vllm serve``: vLLM's own options, and cards that hold the model."""

import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from deepseek_space.backends.vllm.flags import CLUSTERS, arguments, recipe
from deepseek_space.errors import Unsupported
from deepseek_space.models.catalog import CATALOG

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
