"""Whether a model lies complete and verified in the Hugging Face cache. Knows no network.

A blob's file name is its checksum, so also what another program fetched can be verified without asking anybody.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from deepseek_space.errors import Corrupt
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.checksums import blob_id_of
from deepseek_space.models.downloads.listing import PICKLE_INDEX, SAFETENSORS_INDEX, WEIGHT_SUFFIXES, is_plain_name
from deepseek_space.models.downloads.preflight import read_json
from deepseek_space.models.downloads.transfer import Meter
from deepseek_space.types import Loading

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
    sound = all(_is_sound(store, path, progress=progress, cancelled=cancelled) for path in read)
    return folder if sound else None


def _needed(folder: Path) -> Iterator[str]:
    yield "config.json"
    yield next((name for name in TOKENIZERS if (folder / name).is_file()), TOKENIZERS[0])
    for index in (SAFETENSORS_INDEX, PICKLE_INDEX):
        if (folder / index).is_file():
            yield from _shards(folder / index)
            return
    yield "pytorch_model.bin" if (folder / "pytorch_model.bin").is_file() else "model.safetensors"


def _shards(index: Path) -> Iterator[str]:
    missing = "missing.safetensors"
    try:
        weight_map = read_json(index, index.name).get("weight_map")
    except Corrupt:
        weight_map = None
    names = set(weight_map.values()) if isinstance(weight_map, dict) else set()
    yield from sorted(n if isinstance(n, str) and is_plain_name(n) else missing for n in names or {missing})


def _is_sound(
    store: BlobStore, path: Path, *, progress: Callable[[Loading], None], cancelled: Callable[[], bool]
) -> bool:
    blob = path.readlink().name if path.is_symlink() else ""
    if not (store.root / "blobs" / blob).is_file() or len(blob) not in (40, 64):
        return False
    if store.is_verified(blob):
        return True
    meter = Meter(stage=f"Checking {path.name}", total_bytes=path.stat().st_size, progress=progress)
    if blob_id_of(path, like=blob, advance=meter.advance, cancelled=cancelled) != blob:
        return False
    store.remember(blob)
    return True
