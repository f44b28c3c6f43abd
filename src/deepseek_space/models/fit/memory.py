"""Which precision of which checkpoint fits this machine, and why. Pure: decides from values it is given.

The rule of ``auto``: what fits, then what is fastest here, then what is most exact. Measured on two cores with
AVX-512, int8 decodes about three times as fast as bf16 and faster than nf4, so it comes first on such a CPU, unless
what was measured on this one says otherwise; a small model is fast enough to stay exact. On a graphics card bf16 comes
first (fp16 before capability 8.0), and int8 before nf4 because it keeps more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from deepseek_space.models.fit.footprint import kv_bytes, kv_bytes_per_token, weight_bytes, workspace_bytes
from deepseek_space.models.fit.hardware import ARM, Hardware, no_device
from deepseek_space.models.fit.place import Place, places
from deepseek_space.models.fit.preference import UNQUANTISED, is_by_pace, precisions, preference
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.sentences import Sentence, joined

Verdict = Literal["fits", "offload", "no"]
Engine = Literal["torch", "llama.cpp", "vllm"]

LEAST_CONTEXT = 4096
"""Tokens of context below which a plan is not offered unless the model has no more or they are asked for."""

KEPT_BYTES = 2**30
"""What may be kept of earlier chats beside a model, so that their next turn is quick, where no chat needs more."""


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """One checkpoint at one precision in one place. ``reason`` is a sentence; ``alternative`` is what does fit."""

    name: str
    precision: str
    devices: tuple[str, ...]
    context_tokens: int
    weight_bytes: int
    kv_bytes_per_token: int
    kv_bytes: int
    workspace_bytes: int
    available_bytes: int
    fits: Verdict
    reason: str
    alternative: str = ""
    offloads_to_cpu: bool = False
    offloads_to_disk: bool = False
    engine: Engine = "torch"

    def saying(self, reason: str) -> "LoadPlan":
        """Return this plan with another ``reason``."""
        return replace(self, reason=reason)

    @property
    def device(self) -> str:
        """Where the weights lie, as it is shown."""
        behind = ("cpu",) * self.offloads_to_cpu + ("disk",) * self.offloads_to_disk
        return " + ".join((", ".join(self.devices), *behind))

    @property
    def kept_bytes(self) -> int:
        """The most that is kept of earlier chats beside it: one conversation at full context at least."""
        return max(KEPT_BYTES, self.kv_bytes)

    @property
    def total_bytes(self) -> int:
        """Weights, cache of one conversation at full context, and working space."""
        return self.weight_bytes + self.kv_bytes + self.workspace_bytes


def plan(
    checkpoint: Checkpoint, *, precision: str, hardware: Hardware, context_tokens: int = 0, device: str = "auto"
) -> LoadPlan:
    """Return how ``checkpoint`` fits at ``precision``, in the first place where it does.

    ``context_tokens`` 0 takes as much of the practical context as memory allows, LEAST_CONTEXT at least; more than
    the checkpoint can read is cut to that. ``alternative`` stays empty: ``with_alternative`` fills it.
    """
    found = [_plan_in(checkpoint, precision, place, context_tokens) for place in places(hardware, device)]
    if not found:
        nowhere = Place(devices=(device,), kind="cpu", free_bytes=0)
        return replace(_plan_in(checkpoint, precision, nowhere, context_tokens), fits="no", reason=no_device(device))
    ranks = {"fits": 0, "offload": 1, "no": 2}
    # Of places that are equally good the first wins, of those that fail the roomiest tells how much is missing.
    return min(found, key=lambda p: (ranks[p.fits], -p.available_bytes if p.fits != "fits" else 0))


def _plan_in(checkpoint: Checkpoint, precision: str, place: Place, context_tokens: int) -> LoadPlan:
    most = checkpoint.context_most
    tokens = min(context_tokens, most) or _context_that_fits(checkpoint, precision, place)
    planned = _verdict(_sized(checkpoint, precision, place, tokens), checkpoint, place)
    if context_tokens <= most:
        return planned
    cut = Sentence(
        "{name} can read {most:,} tokens at most, not {asked:,}.", name=checkpoint.name, most=most, asked=context_tokens
    )
    return replace(planned, reason=joined(planned.reason, cut))


def _sized(checkpoint: Checkpoint, precision: str, place: Place, tokens: int) -> LoadPlan:
    by = place.rule(precision)
    arch = checkpoint.architecture
    return LoadPlan(
        name=checkpoint.name,
        precision=precision,
        devices=place.devices,
        context_tokens=tokens,
        weight_bytes=weight_bytes(checkpoint.matrices, by),
        kv_bytes_per_token=kv_bytes_per_token(arch, element_bytes=by.element_bytes),
        kv_bytes=kv_bytes(arch, tokens, element_bytes=by.element_bytes),
        workspace_bytes=workspace_bytes(checkpoint, tokens, by, on_cuda=place.kind == "cuda"),
        available_bytes=place.free_bytes,
        fits="no",
        reason="",
    )


def _context_that_fits(checkpoint: Checkpoint, precision: str, place: Place) -> int:
    most = checkpoint.context_practical
    least = min(LEAST_CONTEXT, most)
    small, large = (_sized(checkpoint, precision, place, tokens).total_bytes for tokens in (least, most))
    if large <= place.free_bytes or large == small:
        return most
    # Memory grows by the same amount with each token beyond the least.
    spare = max(0, place.free_bytes - small)
    tokens = least + spare * (most - least) // (large - small)
    return max(least, tokens // 1024 * 1024)


def _verdict(sized: LoadPlan, checkpoint: Checkpoint, place: Place) -> LoadPlan:
    need, have = sized.total_bytes, place.free_bytes
    memory = "RAM" if place.kind == "cpu" else place.device
    if why := _cannot_run(checkpoint, sized.precision, place):
        return replace(sized, fits="no", reason=why)
    if need <= have:
        reason = Sentence(
            "Takes {need} of the {have} that a model can have ({memory}).",
            need=gigabytes(need),
            have=gigabytes(have),
            memory=memory,
        )
        return replace(sized, fits="fits", reason=reason)
    # Only weights can lie elsewhere: cache and working space are needed where the layers run.
    can_offload = sized.precision in UNQUANTISED and sized.kv_bytes + sized.workspace_bytes < have
    short = need - have
    if can_offload and short <= place.ram_behind_bytes:
        reason = Sentence(
            "{size} would lie in RAM and be sent to {device} for every token: slow.",
            size=gigabytes(short),
            device=place.device,
        )
        return replace(sized, fits="offload", offloads_to_cpu=True, reason=reason)
    if can_offload and short <= place.ram_behind_bytes + place.disk_behind_bytes:
        reason = Sentence(
            "{size} would be read from disk for every token: very slow.", size=gigabytes(short - place.ram_behind_bytes)
        )
        to_cpu = place.ram_behind_bytes > 0
        return replace(sized, fits="offload", offloads_to_cpu=to_cpu, offloads_to_disk=True, reason=reason)
    reason = Sentence(
        "Needs {need}, but a model can have {have} ({memory}).",
        need=gigabytes(need),
        have=gigabytes(have),
        memory=memory,
    )
    return replace(sized, fits="no", reason=reason)


def _cannot_run(checkpoint: Checkpoint, precision: str, place: Place) -> str:
    if why := checkpoint.architecture.obstacle:
        return why
    if precision not in precisions(checkpoint):
        return Sentence(
            "A GGUF is unpacked while it is read and cannot become {precision}; use bf16.", precision=precision
        )
    if place.is_lent and precision not in UNQUANTISED:
        return Sentence(
            "{precision} is made on the card itself, which is lent for replies alone here; use bf16.",
            precision=precision,
        )
    if len(place.devices) > 1 and precision not in UNQUANTISED:
        return Sentence(
            "{precision} cannot be spread over several cards; use bf16, or a card that holds it whole.",
            precision=precision,
        )
    if precision == "int8" and place.kind == "cpu" and ARM in place.cpu_features:
        return Sentence("int8 on a CPU needs x86 with AVX2, and this one is ARM; use bf16, or a GGUF at Q8_0.")
    if precision == "int8" and place.kind == "cpu" and place.cpu_features and "avx2" not in place.cpu_features:
        return Sentence("int8 on a CPU needs AVX2, which this one lacks; use nf4 or bf16.")
    if place.kind == "mps" and precision not in UNQUANTISED:
        return Sentence("{precision} is not available on Apple's GPU; use bf16, or --device cpu.", precision=precision)
    return ""


def choose_precision(
    checkpoint: Checkpoint,
    *,
    hardware: Hardware,
    precision: str = "auto",
    context_tokens: int = 0,
    device: str = "auto",
) -> LoadPlan:
    """Return the plan at ``precision``; for "auto" the first preference that fits, else the least bad one.

    "auto": offload to RAM comes after all that fits whole, and offload to disk is left to those who ask for it;
    where nothing fits the smallest plan comes back, with the verdict "no" or a disk in its device.
    """
    if precision != "auto":
        named = plan(checkpoint, precision=precision, hardware=hardware, context_tokens=context_tokens, device=device)
        return _told(named, hardware)
    plans = [
        plan(checkpoint, precision=name, hardware=hardware, context_tokens=context_tokens, device=device)
        for name in preference(checkpoint, hardware, device)
    ]
    fitting = [candidate for candidate in plans if candidate.fits == "fits"]
    if fitting and is_by_pace(checkpoint, hardware, device):
        fastest = hardware.paces.fastest(checkpoint.name, fitting, params_total=checkpoint.params_total)
        return _told(fastest, hardware)
    for verdict in ("fits", "offload"):
        for candidate in plans:
            if candidate.fits == verdict and not candidate.offloads_to_disk:
                return _told(candidate, hardware)
    return min(plans, key=lambda candidate: candidate.total_bytes)


def _told(planned: LoadPlan, hardware: Hardware) -> LoadPlan:
    measured = hardware.paces.told(planned.name, planned) if planned.device == "cpu" and planned.fits == "fits" else ""
    return planned.saying(joined(planned.reason, measured))


def best_fit(
    candidates: Sequence[Checkpoint], *, hardware: Hardware, context_tokens: int = 0, device: str = "auto"
) -> LoadPlan | None:
    """Return the plan of the largest candidate that fits whole, None if none does; the earlier one of equals."""
    for checkpoint in sorted(candidates, key=lambda checkpoint: -checkpoint.params_total):
        best = choose_precision(checkpoint, hardware=hardware, context_tokens=context_tokens, device=device)
        if best.fits == "fits":
            return best
    return None


def with_alternative(
    planned: LoadPlan,
    checkpoint: Checkpoint,
    *,
    candidates: Sequence[Checkpoint],
    hardware: Hardware,
    device: str = "auto",
    can_keep_model: bool = True,
) -> LoadPlan:
    """Return ``planned`` naming the nearest thing that fits, where it does not.

    That is, if ``can_keep_model``, the same checkpoint at another precision, else with a shorter context; else the
    largest candidate.
    """
    if planned.fits == "fits":
        return planned
    for tokens in (planned.context_tokens, 0) if can_keep_model else ():
        other = choose_precision(checkpoint, hardware=hardware, context_tokens=tokens, device=device)
        if other.fits == "fits":
            return replace(planned, alternative=_otherwise(other, is_shorter=tokens == 0))
    smaller = [candidate for candidate in candidates if candidate.params_total <= checkpoint.params_total]
    nearest = best_fit(smaller, hardware=hardware, device=device)
    return replace(planned, alternative=_named(nearest) if nearest else "")


def _otherwise(other: LoadPlan, *, is_shorter: bool) -> str:
    if not is_shorter:
        return other.precision
    return Sentence("{precision} with a context of {count:,}", precision=other.precision, count=other.context_tokens)


def _named(other: LoadPlan) -> Sentence:
    return Sentence("{name} at {precision}", name=other.name, precision=other.precision)


def gigabytes(size: int) -> str:
    """Return ``size`` in GB of 10^9 bytes, as it is shown; the Hub counts so too."""
    return f"{size / 1e9:,.1f} GB"
