"""How a checkpoint would run on vLLM here: on which cards, at which precision, with how much context. Pure.

The fewest cards that hold it and share each layer, which asks for a number that divides its heads; only where there are
not enough for that some layers each.
vLLM takes its whole share of each card, and fills with cache what the weights leave.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deepseek_space.models.fit.footprint import kv_bytes, kv_bytes_per_token, rule, weight_bytes
from deepseek_space.models.fit.hardware import Gpu, Hardware, no_device
from deepseek_space.models.fit.memory import LEAST_CONTEXT, LoadPlan, gigabytes
from deepseek_space.models.fit.place import RESERVE_BYTES
from deepseek_space.models.fit.preference import UNQUANTISED
from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.sentences import Sentence, joined

MOST_SHARE = 0.9
"""Of a card's memory; vLLM 0.32 takes a little more where it is not told."""
LEFT_FREE = 0.02
"""Of it, beside what others use: vLLM does not start where its share is not free to the byte."""
WORK_BYTES = 3_000_000_000
"""For a step's own tensors and CUDA graphs, on each card; an estimate."""
CPU_WORK_BYTES = 2_500_000_000
"""Of vLLM's three processes on a CPU beside weights and cache, measured with the starter."""
USUAL_CPU_CACHE_BYTES = 2**31
NEEDS_CODE = "deepseek"
"""The type of the one shape of the family that Python files of its repository compute."""
NO_GGUF = Sentence("vLLM does not run GGUF files here: name the checkpoint that it was made of.")
_BF16_CAPABILITY = (8, 0)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """``copies`` is on how many of the devices all of the cache lies."""

    devices: tuple[str, ...]
    free_bytes: int
    work_bytes: int
    copies: int = 1


def plan_vllm(
    checkpoint: Checkpoint,
    *,
    hardware: Hardware,
    precision: str = "auto",
    context_tokens: int = 0,
    device: str = "auto",
) -> LoadPlan:
    """Return how ``checkpoint`` runs on vLLM; ``context_tokens`` 0 is what is practical, as far as it fits.

    ``kv_bytes`` is one conversation's cache on cards, and all of it on a CPU, where vLLM is told how much to take.
    """
    cards = vllm_cards(hardware, device)
    taken = _precision(checkpoint, precision, cards)
    if device not in ("auto", "cpu") and not cards:
        nowhere = _Place(devices=(device,), free_bytes=0, work_bytes=WORK_BYTES)
        return _sized(checkpoint, taken, nowhere, context_tokens or LEAST_CONTEXT).saying(no_device(device))
    here = _places(checkpoint, hardware, cards)
    tokens = min(context_tokens or checkpoint.context_practical, checkpoint.context_most)
    ways = [_judged(_sized(checkpoint, taken, place, tokens), place) for place in here]
    planned = next((way for way in ways if way.fits == "fits"), ways[-1])
    if planned.fits == "no" and not context_tokens:
        roomiest = max(here, key=lambda place: place.free_bytes)
        tokens = _context_that_fits(_sized(checkpoint, taken, roomiest, tokens))
        planned = _judged(_sized(checkpoint, taken, roomiest, tokens), roomiest)
    if why := _refused(checkpoint, precision):
        return replace(planned, fits="no", reason=why)
    most = checkpoint.context_most
    if context_tokens <= most:
        return planned
    cut = Sentence(
        "{name} can read {most:,} tokens at most, not {asked:,}.", name=checkpoint.name, most=most, asked=context_tokens
    )
    return planned.saying(joined(planned.reason, cut))


def vllm_cards(hardware: Hardware, device: str) -> tuple[Gpu, ...]:
    """Return the cards that ``device`` means to vLLM, which knows no others than CUDA's here, the freest first."""
    cards = [gpu for gpu in hardware.gpus if gpu.kind == "cuda" and device in ("auto", gpu.kind, gpu.device)]
    return tuple(sorted(cards, key=lambda gpu: -gpu.free_bytes))


def memory_share(cards: Sequence[Gpu]) -> float:
    """Return the share of each card's memory that vLLM can have: the same for all, to two digits, rounded down."""
    free = min((gpu.free_bytes / gpu.total_bytes for gpu in cards), default=0.0)
    return int(100 * max(0.0, min(MOST_SHARE, free - LEFT_FREE))) / 100


def shares_layers(heads: int, cards: int) -> bool:
    """Tell whether so many ``cards`` work on each layer of so many ``heads``, and do not have some layers each."""
    return heads % cards == 0


def _places(checkpoint: Checkpoint, hardware: Hardware, cards: Sequence[Gpu]) -> list[_Place]:
    if not cards:
        free_bytes = max(0, hardware.ram_free_bytes - RESERVE_BYTES)
        return [_Place(devices=("cpu",), free_bytes=free_bytes, work_bytes=CPU_WORK_BYTES)]
    arch = checkpoint.architecture
    counts = sorted(range(1, len(cards) + 1), key=lambda count: (not shares_layers(arch.heads, count), count))
    return [_place_on(arch, cards[:count]) for count in counts]


def _place_on(arch: Architecture, cards: Sequence[Gpu]) -> _Place:
    count = len(cards)
    return _Place(
        devices=tuple(gpu.device for gpu in cards),
        free_bytes=count * int(memory_share(cards) * min(gpu.total_bytes for gpu in cards)),
        work_bytes=count * WORK_BYTES,
        copies=count if shares_layers(arch.heads, count) else 1,  # few heads for keys, or a latent, are on each card
    )


def _precision(checkpoint: Checkpoint, precision: str, cards: Sequence[Gpu]) -> str:
    if precision != "auto":
        return precision
    if checkpoint.dtype not in UNQUANTISED:
        return checkpoint.dtype
    is_old = any(gpu.capability and gpu.capability < _BF16_CAPABILITY for gpu in cards)
    return "fp16" if is_old or checkpoint.dtype == "fp16" else "bf16"


def _refused(checkpoint: Checkpoint, precision: str) -> str:
    if checkpoint.dtype == "gguf":
        return NO_GGUF
    if checkpoint.architecture.model_type == NEEDS_CODE:
        return checkpoint.architecture.obstacle
    if precision == "auto":
        return ""
    if precision not in UNQUANTISED:
        return Sentence("vLLM does not round weights to {precision}: choose automatic, or bf16.", precision=precision)
    if checkpoint.dtype not in UNQUANTISED:
        return Sentence(
            "{name} is published in {dtype}, and vLLM runs it so: choose automatic precision.",
            name=checkpoint.name,
            dtype=checkpoint.dtype,
        )
    return ""


def _context_that_fits(planned: LoadPlan) -> int:
    """Return how much context leaves room for the rest of ``planned``, LEAST_CONTEXT at least."""
    tokens = planned.context_tokens
    spare = planned.available_bytes - planned.weight_bytes - planned.workspace_bytes
    return max(min(LEAST_CONTEXT, tokens), min(tokens, spare * tokens // max(1, planned.kv_bytes) // 1024 * 1024))


def _judged(planned: LoadPlan, place: _Place) -> LoadPlan:
    fits = planned.total_bytes <= place.free_bytes
    if fits and place.devices == ("cpu",):
        spare = (place.free_bytes - planned.total_bytes) // 2
        planned = replace(planned, kv_bytes=max(planned.kv_bytes, min(USUAL_CPU_CACHE_BYTES, planned.kv_bytes + spare)))
    told = {
        "need": gigabytes(planned.total_bytes),
        "have": gigabytes(place.free_bytes),
        "memory": "RAM" if place.devices == ("cpu",) else ", ".join(place.devices),
    }
    if not fits:
        return planned.saying(Sentence("Needs {need}, but a model can have {have} ({memory}).", **told))
    reason = Sentence("Takes {need} of the {have} that a model can have ({memory}).", **told)
    return replace(planned, fits="fits", reason=reason)


def _sized(checkpoint: Checkpoint, precision: str, place: _Place, tokens: int) -> LoadPlan:
    arch = checkpoint.architecture
    by = rule(precision if precision in UNQUANTISED else "bf16", on_cpu=place.devices == ("cpu",))
    plain_bytes = weight_bytes(checkpoint.matrices, by)
    return LoadPlan(
        name=checkpoint.name,
        precision=precision,
        devices=place.devices,
        context_tokens=tokens,
        weight_bytes=plain_bytes if precision in UNQUANTISED else checkpoint.disk_bytes or plain_bytes,
        kv_bytes_per_token=kv_bytes_per_token(arch, element_bytes=by.element_bytes),
        kv_bytes=place.copies * kv_bytes(arch, tokens, element_bytes=by.element_bytes),
        workspace_bytes=place.work_bytes,
        available_bytes=place.free_bytes,
        fits="no",
        reason="",
        engine="vllm",
    )
