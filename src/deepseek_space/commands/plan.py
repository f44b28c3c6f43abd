"""``plan``: print which models fit on this machine, and how, without a page and without a load."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.commands import composition
from deepseek_space.commands.call import Call
from deepseek_space.settings import Settings, add_flags, settings_of

if TYPE_CHECKING:
    from deepseek_space.models.fit.hardware import Hardware

FLAGS = ("precision", "device", "engine", "context", "cache_dir")


def run(call: Call) -> int:
    """Print the plan of the model that ``call`` names, or of the whole catalogue."""
    arguments = _parser(call).parse_args(call.words)
    print_plan(arguments.name, settings_of(arguments, call.environ))
    return 0


def _parser(call: Call) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{call.program} plan", description="Print which models fit on this machine, and how."
    )
    text = "as for --model; without it the whole catalogue. 'auto': what the app would begin with"
    parser.add_argument("name", nargs="?", default="", metavar="MODEL", help=text)
    add_flags(parser, call.environ, FLAGS)
    return parser


def print_plan(name: str, settings: Settings) -> None:
    """Print how the model called ``name`` fits on this machine, or the whole catalogue does where it is ""."""
    from deepseek_space.commands import plan_table
    from deepseek_space.models.fit import hardware

    if name == "fake":
        print("fake: scripted replies, no model. It fits everywhere.")
        return
    composition.check_device(settings)
    machine = hardware.detect(Path(settings.cache_dir))
    if settings.engine == "vllm":
        wanted = {"context_tokens": settings.context, "device": settings.device, "precision": settings.precision}
        print(plan_table.vllm_table(name or None, machine, **wanted))
        return
    if name == "auto":
        name = _first_model(settings, machine)
        print(f"auto begins with {name} here.")
    wanted = {"context_tokens": settings.context, "device": settings.device, "precision": settings.precision}
    print(plan_table.main_table(name or None, machine, **wanted))


def _first_model(settings: Settings, machine: "Hardware") -> str:
    from deepseek_space.backends.local import planning

    wanted = {"hardware": machine, "context_tokens": settings.context, "device": settings.device}
    source = planning.resolve_auto(on_space=settings.on_space, **wanted)
    return source.spec.name if source.spec else source.kind
