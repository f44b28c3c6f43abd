"""What was measured on this machine, kept as JSON in the app's cache folder with what machine that was.

A file of another machine, of other versions of what computes, or one that is damaged counts for nothing, which is
logged once. Measures nothing.
"""

import json
import logging
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from deepseek_space.models.fit.pace import NOTHING_SEEN, Pace, Paces

log = logging.getLogger(__name__)

NAME = "measured.json"
COMPUTING = ("torch", "xllamacpp")


def read_paces(cache_dir: Path, *, machine: dict[str, Any]) -> Paces:
    """Return what was measured on ``machine``, as ``this_machine`` describes it."""
    path = cache_dir / NAME
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["machine"] != machine:
            _say_once(f"{path} was measured on another machine or with other versions, and is not used.")
            return NOTHING_SEEN
        return Paces(seen=tuple(_paces(kept["paces"])))
    except FileNotFoundError:
        return NOTHING_SEEN
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        _say_once(f"{path} cannot be read ({error!r:.200}), and is not used.")
        return NOTHING_SEEN


def write_paces(cache_dir: Path, paces: Paces, *, machine: dict[str, Any]) -> None:
    """Keep ``paces``; a folder that cannot be written to keeps none, which is logged once."""
    content = {"machine": machine, "paces": [asdict(pace) for pace in paces.seen]}
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache_dir, prefix=NAME, delete=False, encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        Path(file.name).replace(cache_dir / NAME)
    except OSError as error:
        _say_once(f"What was measured here is not kept: {error}.")


def this_machine(cores: int) -> dict[str, Any]:
    """Return what measurements depend on: the processor, its ``cores`` for this process, and what computes."""
    return {"processor": _processor(), "cores": cores, **{name: _version(name) for name in COMPUTING}}


def _paces(kept: list[dict[str, Any]]) -> Iterator[Pace]:
    for each in kept:
        pace = Pace(**{**each, "tokens_per_s": tuple(float(value) for value in each["tokens_per_s"])})
        names = (pace.model, pace.engine, pace.precision)
        if not all(isinstance(name, str) for name in names) or pace.readers not in ("one", "many"):
            raise ValueError(f"no pace: {each!r:.80}")
        if not pace.tokens_per_s or not all(0 < value < float("inf") for value in pace.tokens_per_s):
            raise ValueError(f"no rates: {each!r:.80}")
        yield pace


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@cache
def _say_once(what: str) -> None:
    log.warning("%s", what)
