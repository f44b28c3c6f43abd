"""Are this Python and its packages what the app asks for? Reads their versions and imports none of them."""

import platform
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

from packaging.requirements import Requirement

from deepseek_space.commands.health.finding import Finding

SHOWN = ("torch", "transformers", "gradio")


def look(required: tuple[Requirement, ...] = ()) -> Iterator[Finding]:
    """Yield one finding for all that is well, and one for each package that is missing or of another version."""
    found = {requirement: _version(requirement.name) for requirement in required or requirements()}
    for requirement, version in found.items():
        wanted = f"{requirement.name}{requirement.specifier}"
        remedy = f'{sys.executable} -m pip install "{wanted}"'
        if not version:
            yield Finding(verdict="fail", subject="packages", text=f"{requirement.name} is missing.", remedy=remedy)
        elif not requirement.specifier.contains(version, prereleases=True):
            text = f"{requirement.name} is {version}, and the app is tested with {requirement.specifier}."
            yield Finding(verdict="warn", subject="packages", text=text, remedy=remedy)
    well = [r for r, version in found.items() if version and r.specifier.contains(version, prereleases=True)]
    shown = ", ".join(f"{r.name} {found[r]}" for r in well if r.name in SHOWN)
    text = f"Python {platform.python_version()}; {len(well)} of {len(found)} packages as asked for: {shown}"
    yield Finding(verdict="ok", subject="packages", text=text)


def requirements() -> tuple[Requirement, ...]:
    """Return what the app asks for on this machine: as the clone says, or else what was installed."""
    source = Path(str(resources.files("deepseek_space"))).parent
    listed = source.parent / "requirements.txt"
    if source.name == "src" and listed.is_file():
        lines = [line.partition("#")[0].strip() for line in listed.read_text(encoding="utf-8").splitlines()]
    else:
        lines = metadata.requires("deepseek-space") or []
    asked = [Requirement(line) for line in lines if line]
    return tuple(requirement for requirement in asked if requirement.marker is None or requirement.marker.evaluate())


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
