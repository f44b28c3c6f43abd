"""The memory plan as a table for the terminal: one checkpoint, or the whole catalogue.

A single one is shown at every precision, those of the catalogue at their best. Asks the network only for a Hub
repository that is not in the catalogue, and then for its configuration and the headers of its weight files alone.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.errors import Cancelled, NoNetwork
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.starter import STARTER, STARTER_LICENCE, STARTER_STRENGTHS
from deepseek_space.models.files.checkpoint_files import from_config, read_checkpoint
from deepseek_space.models.files.tokenizer_files import check_tokenizer
from deepseek_space.models.fit.checkpoint import Checkpoint, from_spec
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan, choose_precision, gigabytes, precisions, with_alternative
from deepseek_space.models.fit.place import RESERVE_BYTES
from deepseek_space.models.model_spec import ModelSpec
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.models.starter import STARTER_NAME

if TYPE_CHECKING:
    from deepseek_space.models.downloads.hub import Hub  # takes a second to import

NEEDS_CLUSTER = "Meant for a cluster with vLLM or SGLang."

# What stands in for a model that is too large does the same work: the first Coder line refuses general chat.
_CHAT = ("R1 distilled", "V2", "V2.5")
_KIN = {
    "R1": ("R1 distilled",),
    "R1 distilled": ("R1 distilled",),
    "LLM": ("LLM", *_CHAT),
    "MoE": ("LLM", *_CHAT),
    "Coder": ("Coder", "Coder V2"),
    "Coder V2": ("Coder", "Coder V2"),
    "Math": ("Math", "R1 distilled"),
}


def read_hub(name: str, *, hub: "Hub | None" = None) -> Checkpoint:
    """Return a Hub repository's checkpoint from its configuration and the headers of its files; fetches no weights.

    ``@`` and a revision may follow the name. Without a network, what lies on this disk is read if it is complete.
    Raises DownloadError, ModelNotFound, NotACheckpoint, Corrupt, Unsupported.
    """
    # Not needed for what is already here.
    from deepseek_space.models.downloads.download import cached_snapshot, inspect_repo
    from deepseek_space.models.downloads.remote_headers import read_headers

    repo_id, _, revision = name.partition("@")
    try:
        files = inspect_repo(repo_id, revision=revision or None, hub=hub)
    except NoNetwork:
        kept = cached_snapshot(repo_id, revision=revision or None, hub=hub)
        if kept is None:
            raise
        return replace(read_checkpoint(kept), name=repo_id)
    headers, names = read_headers(files, hub=hub) or None, {file.name for file in files.files}
    return from_config(repo_id, files.config, headers, disk_bytes=files.weight_bytes, beside=names)


def checkpoint_of(source: ModelSource, *, ask_hub: Callable[[str], Checkpoint] = read_hub) -> Checkpoint:
    """Return shape and weights of ``source``; asks the Hub only for what is not in the catalogue."""
    if source.kind == "starter":
        return STARTER
    if source.kind in ("folder", "gguf"):
        checkpoint = read_checkpoint(Path(source.location))
        if source.kind == "folder":
            check_tokenizer(Path(source.location), rows=checkpoint.architecture.vocab)
        return checkpoint
    return from_spec(source.spec) if source.spec else ask_hub(source.name)


def is_on_disk(repo_id: str) -> bool:
    """Tell whether ``repo_id`` is complete on this disk, without reading what has not been verified yet."""
    from deepseek_space.models.downloads.download import cached_snapshot  # not needed for a single plan

    try:
        return cached_snapshot(repo_id, cancelled=lambda: True) is not None
    except Cancelled:
        return True  # all there, and to be verified when it is loaded


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
    checkpoint, group = checkpoint_of(source, ask_hub=ask_hub), source.spec.group if source.spec else ""
    table = plan_table(checkpoint, group=group, **wanted)
    if source.kind == "starter":
        return "\n".join((f"{STARTER_NAME}: {STARTER_STRENGTHS}", f"Licence: {STARTER_LICENCE}", table))
    return "\n".join((*_introduction(source.spec), table, *_remarks(source.spec))) if source.spec else table


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

    rows = [("precision", "device", "weights", "cache", "context", "working", "total", "verdict")]
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


def nearest(
    planned: LoadPlan,
    checkpoint: Checkpoint,
    *,
    hardware: Hardware,
    device: str = "auto",
    group: str = "",
    can_keep_model: bool = True,
) -> LoadPlan:
    """Return ``planned`` with what fits in its place, where it does not.

    That is ``checkpoint`` in another way, if ``can_keep_model``; else a chat model for the same work as
    ``group``.
    """
    if planned.fits == "fits":
        return planned
    candidates = [
        from_spec(spec)
        for spec in CATALOG
        if spec.group in _KIN.get(group, _CHAT) and spec.is_chat and spec.runs == "here"
        if spec.name != checkpoint.name and not disk_obstacle(spec.repo_id, spec.disk_bytes, hardware)
    ]
    return with_alternative(
        planned,
        checkpoint,
        candidates=candidates,
        hardware=hardware,
        device=device,
        can_keep_model=can_keep_model,
    )


def within_disk(planned: LoadPlan, spec: ModelSpec, hardware: Hardware) -> LoadPlan:
    """Return ``planned``, which does not fit if ``spec`` has still to be fetched and the disk has no room for it."""
    obstacle = "" if planned.fits == "no" else disk_obstacle(spec.repo_id, spec.disk_bytes, hardware)
    return replace(planned, fits="no", reason=obstacle) if obstacle else planned


def disk_obstacle(repo_id: str, disk_bytes: int | None, hardware: Hardware) -> str:
    """Return why ``repo_id`` cannot be fetched to this disk; empty if it can, or need not, or its size is not known."""
    if disk_bytes is None or disk_bytes <= hardware.fetch_free_bytes or is_on_disk(repo_id):
        return ""
    need, have = gigabytes(disk_bytes), gigabytes(hardware.fetch_free_bytes)
    return f"Too little disk: fetching it takes {need}, and {have} are free."


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


def _introduction(spec: ModelSpec) -> tuple[str, ...]:
    languages = (f"Languages: {', '.join(spec.languages)}",) if spec.languages else ()
    return (f"{spec.title}: {spec.strengths}", f"Licence: {spec.licence}", *languages)


def _remarks(spec: ModelSpec) -> tuple[str, ...]:
    remote = (NEEDS_CLUSTER,) if spec.runs == "remote" else ()
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
