"""From what a person asks for to a plan on vLLM, before a byte is fetched; loads nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepseek_space.backends.local.alternatives import disk_obstacle, within_disk
from deepseek_space.backends.local.planning import spec_choice, starter_choice, usable_specs
from deepseek_space.errors import DoesNotFit, Unsupported
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.starter import STARTER
from deepseek_space.models.fit.first_choice import first_choice
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.fit.vllm_plan import NO_GGUF, plan_vllm
from deepseek_space.models.inspection import checkpoint_of, is_on_disk, read_hub
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.models.starter import is_converted
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Choice


def plan_for(
    source: ModelSource,
    *,
    hardware: Hardware,
    precision: str = "auto",
    context_tokens: int = 0,
    device: str = "auto",
    whole: bool = False,
) -> LoadPlan:
    """Return how vLLM will run ``source``; ``whole``: only where this disk has room for it.

    Raises DoesNotFit or Unsupported.
    """
    checkpoint = vllm_checkpoint(source)
    planned = plan_vllm(
        checkpoint, hardware=hardware, precision=precision, context_tokens=context_tokens, device=device
    )
    obstacle = disk_obstacle(source.location, checkpoint.disk_bytes, hardware) if source.kind == "hub" else ""
    if planned.fits == "fits" and not (whole and obstacle):
        # Part of it may be here already: what is missing is measured when it is fetched.
        return planned.saying(joined(planned.reason, obstacle, *checkpoint.notes))
    if planned.fits != "fits" and planned.total_bytes <= planned.available_bytes:
        raise Unsupported(joined(Sentence("{name} does not run here.", name=source.name), planned.reason))
    too_large = Sentence("{name} at {precision} does not fit here.", name=source.name, precision=planned.precision)
    raise DoesNotFit(joined(too_large, obstacle if planned.fits == "fits" else planned.reason))


def vllm_checkpoint(source: ModelSource, *, ask_hub: Callable[[str], Checkpoint] = read_hub) -> Checkpoint:
    """Return shape and weights of ``source``; see ``checkpoint_of``. Raises Unsupported for a GGUF."""
    if source.quantisation or source.kind == "gguf":
        raise Unsupported(NO_GGUF)
    return checkpoint_of(source, ask_hub=ask_hub)


def best_on_disk(*, hardware: Hardware, context_tokens: int = 0, device: str = "auto") -> ModelSource | None:
    """Return the DeepSeek chat model to begin with: complete on this disk, and it fits; None if there is none."""
    wanted: dict[str, Any] = {"hardware": hardware, "context_tokens": context_tokens, "device": device}
    there = [spec for spec in CATALOG if spec.is_chat and is_on_disk(spec.repo_id)]
    planned = [(spec, plan_vllm(from_spec(spec), **wanted)) for spec in there]
    spec = first_choice([(spec, plan) for spec, plan in planned if plan.fits == "fits"], hardware)
    return resolve(spec.name, on_space=False) if spec else None


def choices(
    *, hardware: Hardware, cache_dir: Path, context_tokens: int = 0, device: str = "auto"
) -> tuple[Choice, ...]:
    """Return the starter, and what of the catalogue chats or fills gaps, as vLLM would run them."""
    wanted: dict[str, Any] = {"hardware": hardware, "context_tokens": context_tokens, "device": device}
    starter = starter_choice(plan_vllm(STARTER, **wanted), hardware, is_here=is_converted(cache_dir))
    listed = (
        spec_choice(spec, within_disk(plan_vllm(from_spec(spec), **wanted), spec, hardware)) for spec in usable_specs()
    )
    return (starter, *listed)
