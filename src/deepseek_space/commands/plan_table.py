"""The memory plan as a table for the terminal: one checkpoint, or the whole catalogue.

A single one is shown at every precision, those of the catalogue at their best.
"""

import re
from collections.abc import Callable, Sequence

from deepseek_space.backends.local.alternatives import NEEDS_CLUSTER, nearest, within_disk
from deepseek_space.backends.local.planning import runs_as_it_is
from deepseek_space.backends.local.vllm_planning import vllm_checkpoint
from deepseek_space.backends.vllm.flags import recipe
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.starter import STARTER_LICENCE, STARTER_STRENGTHS
from deepseek_space.models.files.gguf_shape import GgufShape
from deepseek_space.models.fit.gguf_plan import plan_gguf
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan, choose_precision, gigabytes
from deepseek_space.models.fit.place import RESERVE_BYTES
from deepseek_space.models.fit.preference import precisions
from deepseek_space.models.fit.vllm_plan import plan_vllm
from deepseek_space.models.inspection import checkpoint_of, gguf_shape_of, is_on_disk, read_hub
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.models.starter import STARTER_NAME

HEADINGS = ("precision", "device", "weights", "cache", "context", "working", "total", "verdict")


def main_table(
    name: str | None,
    hardware: Hardware,
    context_tokens: int = 0,
    *,
    device: str = "auto",
    precision: str = "auto",
    ask_hub: Callable[[str], Checkpoint] = read_hub,
) -> str:
    """Return what ``python app.py plan [MODEL]`` prints.

    ``name`` is all that ``resolve`` takes, None the catalogue; ``precision`` "auto" is each of one model, and of the
    catalogue's the one that is taken by itself.
    Raises ModelNotFound, NotACheckpoint, Unsupported, and what ``ask_hub`` raises.
    """
    wanted = {"hardware": hardware, "context_tokens": context_tokens, "device": device, "precision": precision}
    if name is None:
        return catalogue_table(**wanted)
    source = resolve(name, on_space=False)
    if runs_as_it_is(source, hardware=hardware, precision=precision, device=device):
        table = gguf_table(gguf_shape_of(source), hardware=hardware, context_tokens=context_tokens)
        return "\n".join((*_introduction(source), table))
    checkpoint, group = checkpoint_of(source, ask_hub=ask_hub), source.spec.group if source.spec else ""
    table = plan_table(checkpoint, group=group, **wanted)
    remarks = _remarks(source.spec) if source.spec else ()
    return "\n".join((*_introduction(source), table, *remarks))


def vllm_table(
    name: str | None,
    hardware: Hardware,
    context_tokens: int = 0,
    *,
    device: str = "auto",
    precision: str = "auto",
    ask_hub: Callable[[str], Checkpoint] = read_hub,
) -> str:
    """Return what ``python app.py plan --engine vllm [MODEL]`` prints; see ``main_table``."""
    source = resolve(name, on_space=False) if name else None
    checkpoints = [vllm_checkpoint(source, ask_hub=ask_hub)] if source else [from_spec(spec) for spec in CATALOG]
    wanted = {"hardware": hardware, "context_tokens": context_tokens, "device": device, "precision": precision}
    plans = [plan_vllm(checkpoint, **wanted) for checkpoint in checkpoints]
    rows = [("model", *HEADINGS), *((planned.name, *_plan_row(planned)) for planned in plans)]
    lines = (_machine(hardware), "", *_aligned(rows))
    if source is None:
        return "\n".join(lines)
    remarks = _disk_warning(checkpoints[0], hardware) if source.kind == "hub" else ()
    return "\n".join((*_introduction(source), *lines, "", plans[0].reason, *remarks))


def gguf_table(shape: GgufShape, *, hardware: Hardware, context_tokens: int = 0) -> str:
    """Return how a GGUF runs as it is."""
    planned = plan_gguf(shape, hardware=hardware, context_tokens=context_tokens)
    rows = [HEADINGS, _plan_row(planned)]
    described = f"{shape.name}: GGUF, {shape.quantisation}, {gigabytes(shape.weight_bytes)} on disk"
    advice = f"auto runs it as it is, on llama.cpp. {planned.reason}"
    return "\n".join((described, _machine(hardware), "", *_aligned(rows), "", advice))


def plan_table(
    checkpoint: Checkpoint,
    *,
    hardware: Hardware,
    context_tokens: int = 0,
    device: str = "auto",
    precision: str = "auto",
    group: str = "",
) -> str:
    """Return ``checkpoint`` at ``precision``; for "auto" at every one, with what it would take."""

    def planned(name: str) -> LoadPlan:
        found = choose_precision(
            checkpoint, precision=name, hardware=hardware, context_tokens=context_tokens, device=device
        )
        return nearest(found, checkpoint, hardware=hardware, device=device, group=group)

    rows = [HEADINGS]
    names = precisions(checkpoint) if precision == "auto" else (precision,)
    rows.extend(_plan_row(planned(name)) for name in names)
    advice = _advice(planned(precision), is_chosen=precision == "auto")
    lines = (_described(checkpoint), *checkpoint.notes, _machine(hardware), "", *_aligned(rows), "", advice)
    return "\n".join((*lines, *_disk_warning(checkpoint, hardware)))


def catalogue_table(
    *, hardware: Hardware, context_tokens: int = 0, device: str = "auto", precision: str = "auto"
) -> str:
    """Return every checkpoint of the catalogue at ``precision``, and what has to be fetched for it."""
    rows = [("model", "parameters", "precision", "context", "total", "to fetch", "verdict")]
    for spec in CATALOG:
        checkpoint = from_spec(spec)
        best = choose_precision(
            checkpoint, precision=precision, hardware=hardware, context_tokens=context_tokens, device=device
        )
        limited = within_disk(best, spec, hardware)
        best = nearest(
            limited, checkpoint, hardware=hardware, device=device, group=spec.group, can_keep_model=limited == best
        )
        rows.append(
            (
                spec.name,
                _parameters(spec.params_total, spec.params_active),
                best.precision,
                f"{best.context_tokens:,}",
                gigabytes(best.total_bytes),
                _to_fetch(spec) or "on this disk",
                _verdict(best),
            )
        )
    return "\n".join((_machine(hardware), "", *_aligned(rows)))


def _plan_row(planned: LoadPlan) -> tuple[str, ...]:
    sizes = (planned.weight_bytes, planned.kv_bytes, planned.workspace_bytes, planned.total_bytes)
    weights, cache, working, total = (gigabytes(size) for size in sizes)
    context = f"{planned.context_tokens:,}"
    return planned.precision, planned.device, weights, cache, context, working, total, _verdict(planned)


def _verdict(planned: LoadPlan) -> str:
    words = {"fits": "fits", "offload": "fits with offload"}.get(planned.fits) or f"no: {_obstacle(planned)}"
    return f"{words}; {planned.alternative} fits" if planned.alternative else words


def _obstacle(planned: LoadPlan) -> str:
    if planned.total_bytes > planned.available_bytes:
        return "too large"
    first = re.split(r"[,;.:](?: |$)", planned.reason)[0]
    return first[:1].lower() + first[1:]


def _to_fetch(spec: ModelSpec) -> str:
    """Return what has to be fetched first; empty if it is here."""
    size = gigabytes(spec.disk_bytes) if spec.disk_bytes else "not published"
    return "" if is_on_disk(spec.repo_id) else size


def _advice(best: LoadPlan, *, is_chosen: bool) -> str:
    if best.fits == "fits":
        kept = f"What was read of earlier chats is kept in up to {gigabytes(best.kept_bytes)} of the rest."
        return f"{'auto takes ' * is_chosen}{best.precision} on {best.device}. {best.reason} {kept}"
    if not best.alternative:
        return f"{best.reason} Nothing in the catalogue fits."
    other = next((spec for spec in CATALOG if spec.name == best.alternative.partition(" at ")[0]), None)
    missing = _to_fetch(other) if other else ""
    first = f", to be fetched first ({missing})" if missing else ""
    return f"{best.reason} Nearest that fits: {best.alternative}{first}."


def _described(checkpoint: Checkpoint) -> str:
    arch = checkpoint.architecture
    size = "size on disk not known" if checkpoint.disk_bytes is None else f"{gigabytes(checkpoint.disk_bytes)} on disk"
    experts = f", {arch.experts.routed} experts" if arch.experts else ""
    parameters = _parameters(checkpoint.params_total)
    return f"{checkpoint.name}: {parameters} parameters, {arch.attention}{experts}, {checkpoint.dtype}, {size}"


def _introduction(source: ModelSource) -> tuple[str, ...]:
    if source.kind == "starter":
        return (f"{STARTER_NAME}: {STARTER_STRENGTHS}", f"Licence: {STARTER_LICENCE}")
    spec = source.spec
    if spec is None:
        return ()
    languages = (f"Languages: {', '.join(spec.languages)}",) if spec.languages else ()
    return (f"{spec.title}: {spec.strengths}", f"Licence: {spec.licence}", *languages)


def _remarks(spec: ModelSpec) -> tuple[str, ...]:
    remote = tuple(filter(None, (NEEDS_CLUSTER, recipe(spec)))) if spec.runs == "remote" else ()
    unknown = (f"Not established: {'; '.join(spec.unknown)}.",) if spec.unknown else ()
    return (*remote, *(f"Note: {warning}" for warning in spec.warnings), *unknown)


def _machine(hardware: Hardware) -> str:
    cards = [f"{gpu.device} {gpu.name} with {gigabytes(gpu.free_bytes)} free" for gpu in hardware.gpus]
    ram = f"{gigabytes(hardware.ram_free_bytes)} of {gigabytes(hardware.ram_total_bytes)} RAM free"
    kept = f"Of the RAM {gigabytes(RESERVE_BYTES)} are kept back from models, for the page and other programs."
    disk = f"{gigabytes(hardware.fetch_free_bytes)} of disk free"
    parts = (f"{hardware.cores} cores", ram, *(cards or ["no GPU"]), disk)
    return f"This machine: {', '.join(parts)}. {kept} GB: 10^9 bytes."


def _disk_warning(checkpoint: Checkpoint, hardware: Hardware) -> tuple[str, ...]:
    if checkpoint.disk_bytes is None or checkpoint.disk_bytes <= hardware.fetch_free_bytes:
        return ()
    need, have = gigabytes(checkpoint.disk_bytes), gigabytes(hardware.fetch_free_bytes)
    return (f"If it is not on this disk yet: fetching it takes {need}, and {have} are free.",)


def _parameters(total: int, active: int | None = None) -> str:
    text = f"{total / 1e9:.3g}B" if total < 1e12 else f"{total / 1e9:,.0f}B"
    return text if active in (None, total) else f"{text}, {active / 1e9:.3g}B active"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    columns = [_column(cells) for cells in zip(*rows, strict=True)]
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _column(cells: Sequence[str]) -> list[str]:
    width, has_figures = max(map(len, cells)), any(cell[:1].isdigit() for cell in cells)
    return [cell.rjust(width) if has_figures else cell.ljust(width) for cell in cells]
