"""One repository's folder in the Hub's cache: blobs by id, snapshots of links, refs to commits.

The layout is huggingface_hub's own, so that other programs find what this app fetched and the other way round. Where
there are no links, as in a copy or on some disks, a snapshot holds its files itself: these count as the blob.
Partial files stay under a fixed name, and a marker remembers which blobs were verified. Knows no network.
"""

import json
import os
import re
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.models.downloads.listing import RepoFile

MARKER = "verified.json"
_NOTING = threading.Lock()  # several files arrive at once; another process loses no more than the check of a file
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class BlobStore:
    """``root`` is ``models--owner--name`` in the cache folder."""

    root: Path

    def blob(self, file: RepoFile) -> Path:
        """Where the whole file lies, unless a snapshot holds it itself."""
        return self.root / "blobs" / file.blob_id

    def partial(self, file: RepoFile) -> Path:
        """Where the file grows, also across processes."""
        return self.root / "blobs" / f"{file.blob_id}.incomplete"

    def incoming(self, file: RepoFile) -> Path:
        """The folder into which another program fetches the file."""
        return self.root / "blobs" / f"{file.blob_id}.incoming"

    def find(self, commit: str, file: RepoFile) -> Path | None:
        """Return where the whole file lies, verified or not; None where it does not."""
        own = self.snapshot(commit) / file.name
        if own.is_file() and not own.is_symlink() and own.stat().st_size == file.size_bytes:
            return own
        return self.blob(file) if self.blob(file).exists() else None

    def present_bytes(self, commit: str, file: RepoFile) -> int:
        """Return how much of the file is on this disk."""
        path = self.find(commit, file) or self.partial(file)
        return min(path.stat().st_size, file.size_bytes) if path.exists() else 0

    def take_in(self, file: RepoFile) -> None:
        """Make what another program fetched of the file the partial one, where that is more; remove its folder."""
        folder, partial = self.incoming(file), self.partial(file)
        found = max(parts_of(file, folder), key=lambda path: path.stat().st_size, default=None)
        if found and found.stat().st_size > partial.stat().st_size:
            found.replace(partial)
        shutil.rmtree(folder, ignore_errors=True)

    def finish(self, file: RepoFile) -> None:
        """The partial file is whole and verified: give it its name."""
        self.partial(file).replace(self.blob(file))
        self.remember(file.blob_id, self.blob(file))

    def discard(self, commit: str, file: RepoFile) -> None:
        """Remove what there is of the file."""
        (self.find(commit, file) or self.partial(file)).unlink(missing_ok=True)

    def is_verified(self, blob_id: str, path: Path) -> bool:
        """Return whether ``path`` was found to be this blob and has not been touched since."""
        return self._verified().get(blob_id) == _stamp(path)

    def verified_as(self, path: Path) -> str:
        """Return the id under which ``path`` was verified; "" where it never was, or was touched since."""
        stamp = _stamp(path)
        return next((blob_id for blob_id, known in self._verified().items() if known == stamp), "")

    def remember(self, blob_id: str, path: Path) -> None:
        """Note that ``path`` is this blob, where anything can be noted: a cache that cannot be written can be used."""
        fresh = self.root / f"{MARKER}.{os.getpid()}"
        with _NOTING, suppress(OSError):
            known = self._verified() | {blob_id: _stamp(path)}
            fresh.write_text(json.dumps(known, indent=1))
            fresh.replace(self.root / MARKER)

    def _verified(self) -> dict[str, list[int]]:
        try:
            known = json.loads((self.root / MARKER).read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def ids_of_size(self, size_bytes: int) -> tuple[str, ...]:
        """Return the ids of all blobs of this size."""
        with suppress(OSError):
            blobs = [path for path in (self.root / "blobs").iterdir() if len(path.name) in (40, 64)]
            return tuple(path.name for path in blobs if path.is_file() and path.stat().st_size == size_bytes)
        return ()

    def snapshot(self, commit: str) -> Path:
        """Return the folder that shows the files of ``commit`` under their names."""
        return self.root / "snapshots" / commit

    def link(self, commit: str, file: RepoFile) -> None:
        """Show the file in the snapshot."""
        blob, pointer = self.blob(file), self.snapshot(commit) / file.name
        if self.find(commit, file) == pointer or (pointer.exists() and pointer.samefile(blob)):
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.unlink(missing_ok=True)
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except OSError:  # Windows without the right to make symbolic links
            _link_or_move(blob, pointer)

    def set_ref(self, revision: str, commit: str) -> None:
        """Note that the branch or tag ``revision`` is at ``commit``."""
        if _COMMIT.fullmatch(revision) or self.commit_of(revision) == commit:
            return
        ref = self.root / "refs" / revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(commit)

    def commit_of(self, revision: str) -> str | None:
        """Return the commit that ``revision`` was at when last seen, or None."""
        if _COMMIT.fullmatch(revision):
            return revision
        try:
            commit = (self.root / "refs" / revision).read_text().strip()
        except (OSError, ValueError):
            return None
        return commit if _COMMIT.fullmatch(commit) else None


def parts_of(file: RepoFile, folder: Path) -> list[Path]:
    """Return what may be ``file`` in ``folder``: under its own name, or one that huggingface_hub gives a part."""
    return [path for path in (folder / file.name, *folder.rglob("*.incomplete")) if path.is_file()]


def _stamp(path: Path) -> list[int]:
    try:
        stat = path.stat()
    except OSError:
        return []
    return [stat.st_size, stat.st_mtime_ns]


def _link_or_move(blob: Path, pointer: Path) -> None:
    try:
        pointer.hardlink_to(blob)
    except OSError:  # a disk without links of any kind, such as exFAT: huggingface_hub keeps the file there, too
        blob.replace(pointer)
