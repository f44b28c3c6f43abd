"""Can this machine run the model that was asked for, and does torch see all of it? Loads torch, and no model."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from deepseek_space.commands.health.finding import Finding
from deepseek_space.errors import SpaceError, first_line
from deepseek_space.models.fit.hardware import Hardware, check_torch, detect
from deepseek_space.settings import Settings

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def look(settings: Settings, *, nvidia_driver: Path = NVIDIA_DRIVER) -> Iterator[Finding]:
    """Yield what the machine has, and how the model of ``settings`` would fit it."""
    try:
        check_torch()
        machine = detect(Path(settings.cache_dir))
    except (ImportError, OSError) as error:
        text = f"torch cannot be loaded: {first_line(error)}"
        yield Finding(verdict="fail", subject="machine", text=text, remedy="Install torch anew: https://pytorch.org")
        return
    yield _processor(machine)
    yield from _cards(machine, nvidia_driver)
    yield _model(settings, machine)


def _processor(machine: Hardware) -> Finding:
    total, free = machine.ram_total_bytes / 1e9, machine.ram_free_bytes / 1e9
    text = f"{machine.cores} cores, {free:.1f} of {total:.1f} GB memory free"
    if machine.cpu_features and not machine.cpu_features & {"avx2", "asimddp"}:
        remedy = "Use a newer machine, or let a server answer with --remote."
        return Finding(verdict="warn", subject="machine", text=f"{text}; without AVX2 replies are slow", remedy=remedy)
    return Finding(verdict="ok", subject="machine", text=text)


def _cards(machine: Hardware, nvidia_driver: Path) -> Iterator[Finding]:
    for gpu in machine.gpus:
        text = f"{gpu.device}: {gpu.name}, {gpu.free_bytes / 1e9:.1f} of {gpu.total_bytes / 1e9:.1f} GB free"
        yield Finding(verdict="ok", subject="card", text=text)
    if not machine.gpus and nvidia_driver.exists():
        text = f"There is an NVIDIA driver, and torch {version('torch')} sees no card."
        remedy = "Install the torch for that driver: https://pytorch.org/get-started/locally"
        yield Finding(verdict="warn", subject="card", text=text, remedy=remedy)


def _model(settings: Settings, machine: Hardware) -> Finding:
    from deepseek_space.backends.local import planning
    from deepseek_space.models.source import resolve

    if settings.model == "fake":
        return Finding(verdict="ok", subject="model", text="fake: scripted replies, no model. It fits everywhere.")
    wanted = {"hardware": machine, "context_tokens": settings.context, "device": settings.device}
    try:
        if settings.model == "auto":
            source = planning.resolve_auto(on_space=settings.on_space, **wanted)
        else:
            source = resolve(settings.model, on_space=settings.on_space)
        plan = planning.plan_for(source, precision=settings.precision, **wanted)
    except SpaceError as error:
        return Finding(verdict="fail", subject="model", text=str(error), remedy="See what fits: the command plan.")
    text = f"{source.name} at {plan.precision} on {plan.device}. {plan.reason}"
    if plan.fits == "offload":
        return Finding(verdict="warn", subject="model", text=text, remedy="See what fits whole: the command plan.")
    return Finding(verdict="ok", subject="model", text=text)
