"""One repository's folder in the Hub's cache: blobs by id, snapshots of links, refs to commits.

The layout is huggingface_hub's own, so that other programs find what this app fetched and the other way round.
Partial files stay under a fixed name, and a marker remembers which blobs were verified. Knows no network.
"""

import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.models.downloads.listing import RepoFile

MARKER = "verified.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class BlobStore:
    """``root`` is ``models--owner--name`` in the cache folder."""

    root: Path

    def blob(self, file: RepoFile) -> Path:
        """Where the whole file lies."""
        return self.root / "blobs" / file.blob_id

    def partial(self, file: RepoFile) -> Path:
        """Where the file grows, also across processes."""
        return self.root / "blobs" / f"{file.blob_id}.incomplete"

    def present_bytes(self, file: RepoFile) -> int:
        """Return how much of the file is on this disk."""
        for path in (self.blob(file), self.partial(file)):
            if path.exists():
                return min(path.stat().st_size, file.size_bytes)
        return 0

    def finish(self, file: RepoFile) -> None:
        """The partial file is whole and verified: give it its name."""
        self.partial(file).replace(self.blob(file))
        self.remember(file.blob_id)

    def discard(self, file: RepoFile) -> None:
        """Remove what there is of the file."""
        self.blob(file).unlink(missing_ok=True)
        self.partial(file).unlink(missing_ok=True)

    def is_verified(self, blob_id: str) -> bool:
        """Return whether this blob was verified and has not been touched since."""
        return self._verified().get(blob_id) == self._stamp(blob_id)

    def remember(self, blob_id: str) -> None:
        """Note that this blob is verified."""
        known = self._verified() | {blob_id: self._stamp(blob_id)}
        fresh = self.root / f"{MARKER}.{os.getpid()}.{threading.get_ident()}"
        fresh.write_text(json.dumps(known, indent=1))
        fresh.replace(self.root / MARKER)

    def _verified(self) -> dict[str, list[int]]:
        try:
            known = json.loads((self.root / MARKER).read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _stamp(self, blob_id: str) -> list[int]:
        try:
            stat = (self.root / "blobs" / blob_id).stat()
        except FileNotFoundError:
            return []
        return [stat.st_size, stat.st_mtime_ns]

    def snapshot(self, commit: str) -> Path:
        """Return the folder that shows the files of ``commit`` under their names."""
        return self.root / "snapshots" / commit

    def link(self, commit: str, file: RepoFile) -> None:
        """Show the blob in the snapshot."""
        blob, pointer = self.blob(file), self.snapshot(commit) / file.name
        if pointer.exists() and pointer.samefile(blob):
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.unlink(missing_ok=True)
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except OSError:  # Windows without the right to make symbolic links
            pointer.hardlink_to(blob)

    def set_ref(self, revision: str, commit: str) -> None:
        """Note that the branch or tag ``revision`` is at ``commit``."""
        if _COMMIT.fullmatch(revision):
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
