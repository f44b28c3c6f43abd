"""The words after ``vllm serve``: for a model of the catalogue on rented cards, and for a plan on this machine's.

Knows vLLM's options (held against 0.32), and starts nothing. Tools are switched on where vLLM writes the prompt itself:
V3, V3.1 and R1-0528 would want a chat template from vLLM's sources besides.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.errors import Unsupported
from deepseek_space.models.fit.footprint import kv_bytes_per_token
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.fit.vllm_plan import MOST_SHARE, WORK_BYTES, shares_layers
from deepseek_space.models.shape.model_spec import ModelSpec

CONTEXT = 65_536

_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # else as the checkpoint has it
_TOOL_PARSERS = {"v3.2": "deepseek_v32", "v4": "deepseek_v4"}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """``nodes`` machines of ``cards`` equal cards each, with ``card_bytes`` of memory apiece."""

    name: str
    nodes: int = 1
    cards: int
    card_bytes: int


CLUSTERS = (  # what is rented most, the least of it first
    Cluster(name="one H100", cards=1, card_bytes=80_000_000_000),
    Cluster(name="8 × H100", cards=8, card_bytes=80_000_000_000),
    Cluster(name="8 × H200", cards=8, card_bytes=141_000_000_000),
    Cluster(name="two nodes of 8 × H100 on Ray", nodes=2, cards=8, card_bytes=80_000_000_000),
)


def recipe(spec: ModelSpec) -> str:
    """Return the smallest of ``CLUSTERS`` that holds ``spec`` and what to type there; empty if none is known to."""
    for cluster in CLUSTERS:
        try:
            words = arguments(spec, cluster)
        except Unsupported:
            continue
        return f"vLLM on {cluster.name}: {shlex.join(('vllm', 'serve', *words))}"
    return ""


def arguments(spec: ModelSpec, cluster: Cluster) -> tuple[str, ...]:
    """Return what follows ``vllm serve`` for ``spec`` on ``cluster``: tensors are split in a node, layers over nodes.

    Raises Unsupported where ``spec`` does not fit, or its size is not published.
    """
    context = min(CONTEXT, spec.context_practical)
    if spec.disk_bytes is None:
        raise Unsupported("The size of {model} is not published, so its cards cannot be counted.", model=spec.name)
    # The cache is split by layers, and within a node counted whole: latent attention keeps all of it on each card.
    cache_bytes = context * kv_bytes_per_token(spec.architecture) // cluster.nodes
    weight_bytes = spec.disk_bytes // (cluster.nodes * cluster.cards)
    if weight_bytes + cache_bytes + WORK_BYTES > MOST_SHARE * cluster.card_bytes:
        raise Unsupported("{model} does not fit on {cluster}.", model=spec.name, cluster=cluster.name)
    words = [spec.repo_id]
    if cluster.cards > 1:
        words += ["--tensor-parallel-size", str(cluster.cards)]
    if cluster.nodes > 1:
        words += ["--pipeline-parallel-size", str(cluster.nodes), "--distributed-executor-backend", "ray"]
    return (*words, "--max-model-len", str(context), *_parsers(spec))


def arguments_here(
    plan: LoadPlan, folder: Path, *, name: str, spec: ModelSpec | None, heads: int, share: float
) -> tuple[str, ...]:
    """Return what follows ``vllm serve`` for the files in ``folder`` as ``plan`` has it, served under ``name``.

    ``heads`` are those of a layer's attention, ``share`` is that of each card's memory; see ``vllm_plan``.
    """
    words = [str(folder), "--served-model-name", name, "--max-model-len", str(plan.context_tokens)]
    words += ["--dtype", _DTYPES.get(plan.precision, "auto"), "--disable-uvicorn-access-log"]
    if plan.devices == ("cpu",):
        words += ["--kv-cache-memory-bytes", str(plan.kv_bytes)]
    else:
        words += ["--gpu-memory-utilization", f"{share:g}"]
    if len(plan.devices) > 1:
        split = "--tensor-parallel-size" if shares_layers(heads, len(plan.devices)) else "--pipeline-parallel-size"
        words += [split, str(len(plan.devices))]
    return (*words, *_parsers(spec)) if spec else tuple(words)


def environment_here(plan: LoadPlan, *, visible: str) -> dict[str, str]:
    """Return the variables that show vLLM the cards of ``plan`` alone: it takes the first of those that it sees.

    ``visible`` is what CUDA_VISIBLE_DEVICES says to this process, by which it counts the cards.
    """
    if plan.devices == ("cpu",):
        return {}
    names = visible.split(",") if visible else []
    numbers = [int(device.partition(":")[2]) for device in plan.devices]
    return {"CUDA_VISIBLE_DEVICES": ",".join(names[number] if names else str(number) for number in numbers)}


def _parsers(spec: ModelSpec) -> tuple[str, ...]:
    words = []
    if parser := _reasoning_parser(spec):
        words += ["--reasoning-parser", parser]
    if parser := _TOOL_PARSERS.get(spec.tools):
        words += ["--enable-auto-tool-choice", "--tool-call-parser", parser]
    return tuple(words)


def _reasoning_parser(spec: ModelSpec) -> str:
    if spec.reasoning == "hybrid":
        return "deepseek_v4" if spec.tools == "v4" else "deepseek_v3"
    return "" if spec.reasoning == "none" else "deepseek_r1"
