"""Whether a model lies complete and unharmed in the Hugging Face cache. Knows no network.

A blob's file name is its checksum, so also what another program fetched can be verified without asking anybody. A
copy of a cache may have no links, and no blobs at all: then each file is held against its own header.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.errors import NotACheckpoint
from deepseek_space.events import Loading
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.checksums import blob_id_of
from deepseek_space.models.downloads.listing import WEIGHT_SUFFIXES
from deepseek_space.models.downloads.transfer import Meter
from deepseek_space.models.files.safetensors_header import read_header
from deepseek_space.models.files.weight_index import INDICES, read_index
from deepseek_space.sentences import Sentence

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


def find_snapshot(
    store: BlobStore,
    revision: str,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> Path | None:
    """Return the folder of ``revision`` if all that a model needs is in it and unharmed, else None.

    Hashes blobs that were never verified, and remembers them. Raises Cancelled.
    """
    commit = store.commit_of(revision)
    if commit is None:
        return None
    folder = store.snapshot(commit)
    names = list(_needed(folder))
    if not names or not all((folder / name).is_file() for name in names):
        return None
    read = [p for p in sorted(folder.iterdir()) if p.name in names or (p.is_file() and p.suffix not in WEIGHT_SUFFIXES)]
    inspection = _Inspection(store=store, progress=progress, cancelled=cancelled)
    return folder if all(inspection.is_sound(path) for path in read) else None


def _needed(folder: Path) -> Iterator[str]:
    yield "config.json"
    yield next((name for name in TOKENIZERS if (folder / name).is_file()), TOKENIZERS[0])
    for index in INDICES:
        if (folder / index).is_file():
            yield from _shards(folder / index)
            return
    yield "pytorch_model.bin" if (folder / "pytorch_model.bin").is_file() else "model.safetensors"


def _shards(index: Path) -> tuple[str, ...]:
    try:
        return read_index(index).files
    except NotACheckpoint:
        return ("missing.safetensors",)


@dataclass(frozen=True, kw_only=True)
class _Inspection:
    """A look at the files of one snapshot."""

    store: BlobStore
    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]

    def is_sound(self, path: Path) -> bool:
        """Return whether ``path`` is what was published, as far as this disk tells."""
        if path.is_symlink():
            blob_id = path.readlink().name
            is_blob = len(blob_id) in (40, 64) and (self.store.root / "blobs" / blob_id).is_file()
            return is_blob and (self.store.is_verified(blob_id, path) or self._is_one_of((blob_id,), path))
        if self.store.verified_as(path):
            return True
        candidates = self.store.ids_of_size(path.stat().st_size)
        return self._is_one_of(candidates, path) if candidates else _is_whole(path)

    def _is_one_of(self, blob_ids: tuple[str, ...], path: Path) -> bool:
        for digits in {len(blob_id): blob_id for blob_id in blob_ids}.values():
            meter = Meter(
                stage=Sentence("Checking {name}", name=path.name),
                total_bytes=path.stat().st_size,
                progress=self.progress,
            )
            found = blob_id_of(path, like=digits, advance=meter.advance, cancelled=self.cancelled)
            if found in blob_ids:
                self.store.remember(found, path)
                return True
        return False


def _is_whole(path: Path) -> bool:
    """Return whether ``path`` is as long as it says itself; of a file that says nothing, whether there is any of it."""
    try:
        if path.suffix == ".safetensors":
            return bool(read_header(path))
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        return zipfile.is_zipfile(path) if path.suffix == ".bin" else path.stat().st_size > 0
    except (NotACheckpoint, OSError, ValueError, RecursionError):
        return False
