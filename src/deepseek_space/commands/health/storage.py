"""Can models be kept: are the cache folders writable, and is there room on their disks? Leaves nothing behind."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import constants

from deepseek_space.commands.health.finding import Finding
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.fit.hardware import disk_free_bytes
from deepseek_space.models.starter_gguf import CHANGE_CACHE, SMOLLM2

CHANGE_HUB_CACHE = "choose another folder with HF_HOME"


def look(cache_dir: Path, hub_cache: Path | None = None) -> Iterator[Finding]:
    """Yield a finding for the app's own folder and one for the Hub's."""
    spec = min((spec for spec in CATALOG if spec.is_chat and spec.runs == "here"), key=lambda spec: spec.disk_bytes)
    yield _folder("cache", cache_dir, CHANGE_CACHE, SMOLLM2.name, SMOLLM2.fetch_bytes)
    hub_cache = hub_cache or Path(constants.HF_HUB_CACHE)
    yield _folder("Hub cache", hub_cache, CHANGE_HUB_CACHE, spec.name, spec.disk_bytes)


def _folder(subject: str, folder: Path, change: str, smallest: str, needed_bytes: int) -> Finding:
    if obstacle := _obstacle(folder):
        remedy = f"Make it writable, or {change}."
        return Finding(verdict="fail", subject=subject, text=f"{folder} cannot be written: {obstacle}.", remedy=remedy)
    free = disk_free_bytes(folder)
    text = f"{folder}: {free / 1e9:.1f} GB free"
    if free < needed_bytes:
        text = f"{text}, and {smallest} takes {needed_bytes / 1e9:.1f} GB"
        return Finding(verdict="warn", subject=subject, text=text, remedy=f"Free some space, or {change}.")
    return Finding(verdict="ok", subject=subject, text=text)


def _obstacle(folder: Path) -> str:
    """Return why nothing can be written to ``folder``, or to where it would be made; "" if something can."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return ""
    except OSError as error:
        return error.strerror or str(error)
