"""One published file into the store: appended, verified, and fetched anew once if damaged.

Knows no protocol: a Delivery is given the function that opens the stream.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.errors import Corrupt
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.checksums import blob_id_of
from deepseek_space.models.downloads.disk import taking_turns
from deepseek_space.models.downloads.listing import RepoFile, RepoFiles
from deepseek_space.models.downloads.transfer import Interrupted, Meter, Patience, stop_if
from deepseek_space.types import Loading

# (file, offset) → where the answer starts (0 if the server knows no ranges) and its bytes
OpenStream = Callable[[RepoFile, int], AbstractContextManager[tuple[int, Iterator[bytes]]]]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How the files of one repository reach its ``store``."""

    repo_id: str
    store: BlobStore
    locks: Path
    open_stream: OpenStream
    patience: Patience
    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]

    def missing_bytes(self, files: RepoFiles) -> int:
        """Return how much has yet to arrive."""
        return files.total_bytes - sum(self.store.present_bytes(file) for file in files.files)

    def obtain_all(self, files: RepoFiles) -> Path:
        """Have all ``files`` in the store and return the folder that shows them; raises as ``obtain`` does."""
        meter = Meter(stage=f"Fetching {self.repo_id}", total_bytes=files.total_bytes, progress=self.progress)
        meter.advance(files.total_bytes - self.missing_bytes(files))
        for file in files.files:
            self.obtain(file, meter)
        for file in files.files:
            self.store.link(files.commit, file)
        return self.store.snapshot(files.commit)

    def obtain(self, file: RepoFile, meter: Meter) -> None:
        """Have the verified bytes of ``file`` in the store; ``meter`` follows what is there.

        Raises Corrupt, NoNetwork, Cancelled, OSError, and what ``open_stream`` raises.
        """
        lock = self.locks / f"{file.blob_id}.lock"
        with taking_turns(lock, what=file.name, progress=self.progress, cancelled=self.cancelled):
            for _ in range(2):
                if not self.store.blob(file).exists():
                    meter.report()
                    self._complete(file, meter)
                if self.store.is_verified(file.blob_id) or self._verify(file):
                    return
                meter.advance(-self.store.present_bytes(file))
                self.store.discard(file)
        raise Corrupt(
            f"{file.name} of {self.repo_id} arrived damaged twice and was deleted. Try again later, or choose "
            "another model."
        )

    def _verify(self, file: RepoFile) -> bool:
        whole = self.store.blob(file).exists()
        path = self.store.blob(file) if whole else self.store.partial(file)
        meter = Meter(stage=f"Checking {file.name}", total_bytes=file.size_bytes, progress=self.progress)
        found = blob_id_of(path, like=file.blob_id, advance=meter.advance, cancelled=self.cancelled)
        if found != file.blob_id:
            return False
        if whole:
            self.store.remember(file.blob_id)
        else:
            self.store.finish(file)
        return True

    def _complete(self, file: RepoFile, meter: Meter) -> None:
        partial = self.store.partial(file)
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
        if partial.stat().st_size > file.size_bytes:
            partial.write_bytes(b"")
            meter.advance(-file.size_bytes)
        self.patience.keep_trying(
            lambda: self._append(file, meter),
            what=f"Fetching {file.name} of {self.repo_id}",
            arrived_bytes=lambda: partial.stat().st_size,
            cancelled=self.cancelled,
        )

    def _append(self, file: RepoFile, meter: Meter) -> None:
        partial = self.store.partial(file)
        offset = partial.stat().st_size
        if offset < file.size_bytes:
            with self.open_stream(file, offset) as (start, pieces), partial.open("ab") as out:
                if start < offset:
                    out.truncate(start)
                    meter.advance(start - offset)
                for piece in pieces:
                    stop_if(self.cancelled, f"Fetching {self.repo_id}", arrived_bytes=out.tell())
                    if out.tell() + len(piece) > file.size_bytes:
                        raise Interrupted(f"more than the published {file.size_bytes:,} bytes came")
                    out.write(piece)
                    meter.advance(len(piece))
        if (size_bytes := partial.stat().st_size) != file.size_bytes:
            raise Interrupted(f"{size_bytes:,} of {file.size_bytes:,} bytes came")
