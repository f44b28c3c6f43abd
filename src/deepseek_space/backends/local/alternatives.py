"""What fits in the place of a model that does not: the same in another way, or another for the same work."""

from dataclasses import replace

from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan, gigabytes, with_alternative
from deepseek_space.models.inspection import is_on_disk
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.sentences import Sentence

NEEDS_CLUSTER = Sentence("Meant for a cluster with vLLM or SGLang.")

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
    obstacle = no_room(disk_bytes or 0, hardware)
    return "" if obstacle and is_on_disk(repo_id) else obstacle


def no_room(disk_bytes: int, hardware: Hardware) -> str:
    """Return why ``disk_bytes`` cannot be fetched to this disk; empty if they can."""
    if disk_bytes <= hardware.fetch_free_bytes:
        return ""
    need, have = gigabytes(disk_bytes), gigabytes(hardware.fetch_free_bytes)
    return Sentence("Too little disk: fetching it takes {need}, and {have} are free.", need=need, have=have)
