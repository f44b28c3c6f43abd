"""From what a person asks for to a plan that fits this machine, before a byte is fetched.

Puts catalogue, files on disk and arithmetic together; loads nothing.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from deepseek_space.backends.local.alternatives import NEEDS_CLUSTER, disk_obstacle, nearest, no_room, within_disk
from deepseek_space.backends.local.gguf_choices import gguf_choices, gguf_on_disk
from deepseek_space.backends.local.measuring import measured_as
from deepseek_space.engine.gguf.library import is_installed
from deepseek_space.errors import DoesNotFit, ModelError, Unsupported
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.starter import STARTER, STARTER_LICENCE, STARTER_STRENGTHS
from deepseek_space.models.fit.first_choice import SPACE_TOKENS_PER_S, first_choice, suits_many
from deepseek_space.models.fit.gguf_plan import plan_gguf
from deepseek_space.models.fit.hardware import Hardware, no_device
from deepseek_space.models.fit.memory import LoadPlan, choose_precision
from deepseek_space.models.fit.place import places
from deepseek_space.models.inspection import checkpoint_of, gguf_shape_of, is_gguf_here, is_on_disk
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.models.starter import STARTER_NAME, is_converted
from deepseek_space.models.starter_gguf import SMOLLM2, SMOLLM2_SHAPE, is_starter_here
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Choice

_SMALLER = Sentence("Choose a distill or a smaller model here.")
AS_IT_IS = ("starter", "gguf")
"""Kinds of model that are one GGUF file."""
NO_LLAMA_CPP = Sentence("llama.cpp is not installed here, so the GGUF is converted to run on torch.")
SPACE_FETCH_BYTES = 80 * 10**9
"""The most that a Space fetches by itself: it does so anew at each start."""


def plan_for(
    source: ModelSource,
    *,
    hardware: Hardware,
    precision: str = "auto",
    context_tokens: int = 0,
    device: str = "auto",
    whole: bool = False,
) -> LoadPlan:
    """Return how ``source`` will be loaded; ``whole``: on its device and this disk altogether, or not at all.

    Raises DoesNotFit or Unsupported. Both name the nearest thing that runs.
    """
    if not places(hardware, device):
        raise Unsupported(no_device(device))
    if runs_as_it_is(source, hardware=hardware, precision=precision, device=device):
        return _gguf_plan(source, hardware=hardware, context_tokens=context_tokens, whole=whole)
    checkpoint = checkpoint_of(source)
    wanted: dict[str, Any] = {"precision": precision, "context_tokens": context_tokens, "device": device}
    planned = choose_precision(checkpoint, hardware=hardware, **wanted)
    obstacle = _disk_obstacle(source, checkpoint, hardware)
    if planned.fits == "fits" or (planned.fits == "offload" and not whole):
        if not (whole and obstacle):
            # Part of it may be here already: what is missing is measured when it is fetched.
            is_converted = source.kind in AS_IT_IS and precision == "auto" and not is_installed()
            missing = NO_LLAMA_CPP if is_converted else ""
            return replace(planned, reason=joined(planned.reason, obstacle, missing, *checkpoint.notes))
        planned = replace(planned, reason=obstacle)
    raise _does_not_fit(planned, source, checkpoint, hardware, device, can_keep_model=planned.reason != obstacle)


def runs_as_it_is(source: ModelSource, *, hardware: Hardware, precision: str, device: str) -> bool:
    """Tell whether ``source`` is a GGUF that llama.cpp takes as it is: no other precision or device was asked for.

    On a card that is lent no process of ours could answer. Raises Unsupported for a quantisation on the Hub that is to
    be something else.
    """
    fits = runs_llama_cpp(hardware, precision=precision, device=device)
    if source.quantisation and not fits:
        raise Unsupported(
            "{name} runs as it is, on llama.cpp and the CPU, which is not what was asked for or not to be had here. "
            "Choose automatic precision, or the repository of the original checkpoint.",
            name=source.name,
        )
    return fits and bool(source.kind in AS_IT_IS or source.quantisation)


def runs_llama_cpp(hardware: Hardware, *, precision: str, device: str) -> bool:
    """Tell whether llama.cpp is what runs a GGUF here."""
    is_lent = any(gpu.is_lent for gpu in hardware.gpus)
    return precision == "auto" and device in ("auto", "cpu") and is_installed() and not is_lent


def _gguf_plan(source: ModelSource, *, hardware: Hardware, context_tokens: int, whole: bool) -> LoadPlan:
    shape = gguf_shape_of(source)
    planned = plan_gguf(shape, hardware=hardware, context_tokens=context_tokens)
    obstacle = "" if is_gguf_here(source) else no_room(shape.weight_bytes, hardware)
    if planned.fits == "no" or (whole and (planned.fits != "fits" or obstacle)):
        too_large = Sentence("{name} at {precision} does not fit here.", name=source.name, precision=planned.precision)
        raise DoesNotFit(joined(too_large, planned.reason, obstacle))
    measured = hardware.paces.told(measured_as(source, planned), planned) if planned.fits == "fits" else ""
    return planned.saying(joined(planned.reason, obstacle, measured))


def _does_not_fit(
    planned: LoadPlan,
    source: ModelSource,
    checkpoint: Checkpoint,
    hardware: Hardware,
    device: str,
    *,
    can_keep_model: bool,
) -> ModelError:
    group = source.spec.group if source.spec else ""
    planned = replace(planned, fits="no")
    wanted: dict[str, Any] = {"hardware": hardware, "device": device, "group": group, "can_keep_model": can_keep_model}
    other = nearest(planned, checkpoint, **wanted).alternative
    way_out = Sentence("Nearest that fits: {other}.", other=other) if other else ""
    is_too_large = planned.total_bytes > planned.available_bytes
    if checkpoint.architecture.obstacle or (can_keep_model and not is_too_large):
        return Unsupported(joined(Sentence("{name} does not run here.", name=source.name), planned.reason, way_out))
    if not way_out and is_too_large:
        way_out = Sentence("Nothing in the catalogue fits: free some memory.")
    too_large = Sentence("{name} at {precision} does not fit here.", name=source.name, precision=planned.precision)
    return DoesNotFit(joined(too_large, planned.reason, way_out))


def _disk_obstacle(source: ModelSource, checkpoint: Checkpoint, hardware: Hardware) -> str:
    return disk_obstacle(source.location, checkpoint.disk_bytes, hardware) if source.kind == "hub" else ""


def fits_now(planned: LoadPlan, hardware: Hardware) -> bool:
    """Tell whether ``planned`` fits into what is free in its place at this moment."""
    device = planned.devices[0] if len(planned.devices) == 1 else "auto"
    here = next((place for place in places(hardware, device) if place.devices == planned.devices), None)
    if here is None:
        return False
    behind = here.ram_behind_bytes * planned.offloads_to_cpu + here.disk_behind_bytes * planned.offloads_to_disk
    return planned.total_bytes <= here.free_bytes + behind


def best_on_disk(*, hardware: Hardware, context_tokens: int = 0, device: str = "auto") -> ModelSource | None:
    """Return the DeepSeek chat model to begin with: complete on this disk, and it fits; None if there is none.

    One that is there for both engines runs on the faster: as measured here, or else as estimated.
    """
    there = (spec for spec in CATALOG if spec.is_chat and spec.runs != "remote-code" and is_on_disk(spec.repo_id))
    wanted: dict[str, Any] = {"hardware": hardware, "context_tokens": context_tokens}
    ways = [(spec, choose_precision(from_spec(spec), device=device, **wanted), spec.name) for spec in there]
    if runs_llama_cpp(hardware, precision="auto", device=device):
        ways += gguf_on_disk(**wanted)
    ways = [way for way in ways if way[1].fits == "fits"]
    spec = first_choice([(spec, plan) for spec, plan, _ in ways], hardware)
    if spec is None:
        return None
    names = {id(plan): name for each, plan, name in ways if each is spec}
    plans = [plan for each, plan, _ in ways if each is spec]
    fastest = hardware.paces.fastest(spec.name, plans, params_total=spec.params_total)
    return resolve(names[id(fastest)], on_space=False)


def best_for_space(*, hardware: Hardware, context_tokens: int = 0, device: str = "auto") -> ModelSource | None:
    """Return the DeepSeek chat model that suits a Space of this hardware, fetched if need be; None if none does."""
    here = [spec for spec in CATALOG if spec.is_chat and spec.runs == "here"]
    wanted: dict[str, Any] = {"hardware": hardware, "context_tokens": context_tokens, "device": device}
    planned = [(spec, choose_precision(from_spec(spec), **wanted)) for spec in here]
    fitting = [
        (spec, plan)
        for spec, plan in planned
        if plan.fits == "fits" and suits_many(plan, hardware) and _can_be_fetched(spec, plan, hardware)
    ]
    spec = first_choice(fitting, hardware, least_tokens_per_s=SPACE_TOKENS_PER_S)
    return resolve(spec.name, on_space=True) if spec else None


def _can_be_fetched(spec: ModelSpec, plan: LoadPlan, hardware: Hardware) -> bool:
    # What goes onto a card that is lent is kept on the disk a second time, as it is there.
    packed_bytes = plan.weight_bytes if any(gpu.is_lent for gpu in hardware.gpus) else 0
    missing_bytes = 0 if is_on_disk(spec.repo_id) else spec.disk_bytes or 0
    return missing_bytes <= SPACE_FETCH_BYTES and packed_bytes + missing_bytes <= hardware.fetch_free_bytes


def resolve_auto(*, on_space: bool, hardware: Hardware, context_tokens: int = 0, device: str = "auto") -> ModelSource:
    """Return what ``auto`` stands for: on a Space what suits its hardware, elsewhere the best on this disk.

    Where there is none, the starter.
    """
    best = best_for_space if on_space else best_on_disk
    found = best(hardware=hardware, context_tokens=context_tokens, device=device)
    return found or resolve("starter", on_space=on_space)


def choices(
    *, hardware: Hardware, cache_dir: Path, context_tokens: int = 0, device: str = "auto"
) -> tuple[Choice, ...]:
    """Return the starter, what of the catalogue chats or fills gaps, each at the precision ``auto`` would take.

    Where llama.cpp is here, well-known GGUF repositories follow. The starter lies in ``cache_dir``, once it is fetched.
    """
    can_run_gguf = runs_llama_cpp(hardware, precision="auto", device=device)
    wanted: dict[str, Any] = {"hardware": hardware, "context_tokens": context_tokens}
    if can_run_gguf:
        starter = plan_gguf(SMOLLM2_SHAPE, **wanted)
        starter = starter.saying(joined(starter.reason, hardware.paces.told(STARTER.name, starter)))
    else:
        starter = choose_precision(STARTER, device=device, **wanted)
    is_here = is_starter_here(cache_dir) or (not can_run_gguf and is_converted(cache_dir))
    usable = usable_specs()
    first = starter_choice(starter, hardware, is_here=is_here)
    listed = (first, *(_choice(spec, hardware, context_tokens, device) for spec in usable))
    return (*listed, *gguf_choices(**wanted)) if can_run_gguf else listed


def usable_specs() -> list[ModelSpec]:
    """Return what of the catalogue chats or fills gaps."""
    return [spec for spec in CATALOG if spec.is_chat or spec.fim]


def starter_choice(planned: LoadPlan, hardware: Hardware, *, is_here: bool) -> Choice:
    """Return the starter as a choice, ``planned`` so; it ``is_here`` where nothing has to be fetched."""
    if obstacle := "" if is_here or planned.fits == "no" else no_room(SMOLLM2.fetch_bytes, hardware):
        planned = replace(planned, fits="no", reason=obstacle)
    return Choice(
        name="starter",
        title=STARTER_NAME,
        group="Starter",
        verdict=planned.fits,
        reason=planned.reason,
        precision=planned.precision,
        memory_bytes=planned.total_bytes,
        disk_bytes=SMOLLM2.wheel_bytes,
        is_on_disk=is_here,
        licence=STARTER_LICENCE,
        strengths=STARTER_STRENGTHS,
    )


def _choice(spec: ModelSpec, hardware: Hardware, context_tokens: int, device: str) -> Choice:
    planned = choose_precision(from_spec(spec), hardware=hardware, context_tokens=context_tokens, device=device)
    planned = within_disk(planned, spec, hardware)
    if spec.runs == "remote" and planned.fits != "fits" and not spec.architecture.obstacle:
        planned = replace(planned, fits="no", reason=joined(NEEDS_CLUSTER, _SMALLER))
    return spec_choice(spec, planned)


def spec_choice(spec: ModelSpec, planned: LoadPlan) -> Choice:
    """Return ``spec`` as a choice, ``planned`` so."""
    return Choice(
        name=spec.name,
        title=spec.title,
        group=spec.group,
        verdict=planned.fits,
        reason=planned.reason,
        precision=planned.precision,
        memory_bytes=planned.total_bytes,
        disk_bytes=spec.disk_bytes or 0,
        is_on_disk=is_on_disk(spec.repo_id),
        licence=spec.licence,
        strengths=spec.strengths,
    )
