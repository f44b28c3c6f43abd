"""Room in the Hub's cache for another model: those that were replaced go, the longest unused first.

For a disk that is the app's own, as on a Space: elsewhere other programs use what lies there. Knows no network.
"""

import logging
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from deepseek_space.models.downloads.hub import Hub

log = logging.getLogger(__name__)


def removable_bytes(keep: Collection[str], *, hub: Hub | None = None) -> int:
    """Return the bytes of all models in the cache, whole or in part, but for the repositories ``keep``."""
    return sum(blob.stat().st_size for folder in _others(hub or Hub(), keep) for blob in _blobs(folder))


def remove_oldest(keep: Collection[str], *, hub: Hub | None = None) -> bool:
    """Remove the model whose files were not touched for the longest time; tell whether there was one to remove."""
    for folder in sorted(_others(hub or Hub(), keep), key=_touched_s):
        shutil.rmtree(folder, ignore_errors=True)
        if not any(_blobs(folder)):  # else the disk does not let it go, and another one has to
            log.info("removed %s to make room", folder.name)
            return True
    return False


def _others(hub: Hub, keep: Collection[str]) -> Iterator[Path]:
    kept = {hub.store(repo_id).root.name for repo_id in keep}
    for folder in hub.cache.glob("models--*"):
        if folder.name not in kept and any(_blobs(folder)):
            yield folder


def _blobs(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("blobs/*") if path.is_file())


def _touched_s(folder: Path) -> float:
    return max(max(stat.st_atime, stat.st_mtime) for stat in (blob.stat() for blob in _blobs(folder)))
