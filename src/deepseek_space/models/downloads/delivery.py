"""One published file into the store: appended, verified, and fetched anew once if damaged.

Knows no protocol: a Delivery is given the function that opens the stream, and the transfer for what is large.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from deepseek_space.errors import Cancelled, Corrupt
from deepseek_space.events import Loading
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.checksums import blob_id_of
from deepseek_space.models.downloads.crew import work_at_once
from deepseek_space.models.downloads.disk import taking_turns
from deepseek_space.models.downloads.listing import RepoFile, RepoFiles
from deepseek_space.models.downloads.transfer import Interrupted, Meter, Patience, WrongRange, stop_if
from deepseek_space.sentences import Sentence

AT_ONCE = 4
"""Files that are on their way at the same time."""
MOST_ARRIVALS = 2
"""How often a file is fetched before its damage is taken for the server's."""

# (file, offset) → where the answer starts (0 if the server knows no ranges) and its bytes
OpenStream = Callable[[RepoFile, int], AbstractContextManager[tuple[int, Iterator[bytes]]]]


class LargeTransfer(Protocol):
    """Another way than a stream, which leaves the file or a beginning of it in a folder."""

    def takes(self, file: RepoFile, *, missing_bytes: int) -> bool:
        """Return whether ``file`` is to come this way."""

    def fetch(
        self, file: RepoFile, folder: Path, *, arrived: Callable[[int], None], cancelled: Callable[[], bool]
    ) -> None:
        """Fetch ``file`` into ``folder``; ``arrived`` gets the bytes that are there. Raises Cancelled, OSError."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How the files of one commit reach its ``store``."""

    repo_id: str
    commit: str
    store: BlobStore
    locks: Path
    open_stream: OpenStream
    large: LargeTransfer
    patience: Patience
    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]

    def missing_bytes(self, files: RepoFiles) -> int:
        """Return how much has yet to arrive."""
        return files.total_bytes - sum(self.store.present_bytes(self.commit, file) for file in files.files)

    def obtain_all(self, files: RepoFiles) -> Path:
        """Have all ``files`` in the store and return the folder that shows them; raises as ``obtain`` does."""
        meter = Meter(
            stage=Sentence("Fetching {repo_id}", repo_id=self.repo_id),
            total_bytes=files.total_bytes,
            progress=self.progress,
        )
        meter.advance(files.total_bytes - self.missing_bytes(files))

        def obtain(file: RepoFile, stop: Callable[[], bool]) -> None:
            replace(self, cancelled=stop).obtain(file, meter)

        try:
            work_at_once(obtain, files.files, hands=AT_ONCE, cancelled=self.cancelled)
        except Cancelled:  # of whichever file came first
            kept_bytes = files.total_bytes - self.missing_bytes(files)
            stop_if(self.cancelled, Sentence("Fetching {repo_id}", repo_id=self.repo_id), arrived_bytes=kept_bytes)
            raise
        for file in files.files:
            self.store.link(files.commit, file)
        return self.store.snapshot(files.commit)

    def obtain(self, file: RepoFile, meter: Meter) -> None:
        """Have the verified bytes of ``file`` in the store; ``meter`` follows what is there.

        Raises Corrupt, NoNetwork, Cancelled, OSError, and what ``open_stream`` raises.
        """
        if self._is_verified(file):  # before anything is written, which a cache may not allow
            return
        with ExitStack() as turn:
            try:
                turn.enter_context(self._turn(file))
            except OSError:
                if self.store.find(self.commit, file) and self._verify(file, meter):
                    return
                raise
            self._obtain_in_turn(file, meter)

    def _turn(self, file: RepoFile) -> AbstractContextManager[None]:
        lock = self.locks / f"{file.blob_id}.lock"
        return taking_turns(lock, what=file.name, progress=self.progress, cancelled=self.cancelled)

    def _obtain_in_turn(self, file: RepoFile, meter: Meter) -> None:
        arrivals = 0
        while arrivals < MOST_ARRIVALS or self.store.find(self.commit, file):
            if not self.store.find(self.commit, file):
                meter.report()
                self._complete(file, meter, by_stream=arrivals > 0)
                arrivals += 1
            if self._is_verified(file) or self._verify(file, meter):
                return
            before_bytes = self.store.present_bytes(self.commit, file)
            self.store.discard(self.commit, file)
            meter.advance(self.store.present_bytes(self.commit, file) - before_bytes)
        raise Corrupt(
            "{name} of {repo_id} arrived damaged twice and was deleted. Try again later, or choose another model.",
            name=file.name,
            repo_id=self.repo_id,
        )

    def _is_verified(self, file: RepoFile) -> bool:
        path = self.store.find(self.commit, file)
        return path is not None and self.store.is_verified(file.blob_id, path)

    def _verify(self, file: RepoFile, fetched: Meter) -> bool:
        whole = self.store.find(self.commit, file)
        meter = Meter(
            stage=Sentence("Checking {name}", name=file.name), total_bytes=file.size_bytes, progress=self.progress
        )
        # While others still arrive, theirs is the bar to show.
        advance = meter.advance if fetched.is_full else (lambda _read_bytes: None)
        path = whole or self.store.partial(file)
        if blob_id_of(path, like=file.blob_id, advance=advance, cancelled=self.cancelled) != file.blob_id:
            return False
        if whole:
            self.store.remember(file.blob_id, whole)
        else:
            self.store.finish(file)
        return True

    def _complete(self, file: RepoFile, meter: Meter, *, by_stream: bool) -> None:
        partial = self.store.partial(file)
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
        self._take_in(file, meter)  # of a process that was killed
        if partial.stat().st_size > file.size_bytes:
            partial.write_bytes(b"")
            meter.advance(-file.size_bytes)
        if not by_stream and self.large.takes(file, missing_bytes=file.size_bytes - partial.stat().st_size):
            self._fetch_large(file, meter)
        self.patience.keep_trying(
            lambda: self._append(file, meter),
            what=Sentence("Fetching {name} of {repo_id}", name=file.name, repo_id=self.repo_id),
            arrived_bytes=lambda: partial.stat().st_size,
            cancelled=self.cancelled,
        )

    def _fetch_large(self, file: RepoFile, meter: Meter) -> None:
        shown_bytes = kept_bytes = self.store.partial(file).stat().st_size

        def arrived(count: int) -> None:
            nonlocal shown_bytes
            meter.advance(max(count, kept_bytes) - shown_bytes)
            shown_bytes = max(count, kept_bytes)

        try:
            self.large.fetch(file, self.store.incoming(file), arrived=arrived, cancelled=self.cancelled)
        finally:
            meter.advance(kept_bytes - shown_bytes)
            self._take_in(file, meter)

    def _take_in(self, file: RepoFile, meter: Meter) -> None:
        before_bytes = self.store.partial(file).stat().st_size
        self.store.take_in(file)
        meter.advance(
            min(self.store.partial(file).stat().st_size, file.size_bytes) - min(before_bytes, file.size_bytes)
        )

    def _append(self, file: RepoFile, meter: Meter) -> None:
        partial = self.store.partial(file)
        offset = partial.stat().st_size
        if offset < file.size_bytes:
            try:
                self._stream(file, offset, meter)
            except WrongRange:
                partial.write_bytes(b"")  # from the beginning it takes no range
                meter.advance(-offset)
                raise
        if (size_bytes := partial.stat().st_size) != file.size_bytes:
            raise Interrupted(Sentence("{count:,} of {size:,} bytes came", count=size_bytes, size=file.size_bytes))

    def _stream(self, file: RepoFile, offset: int, meter: Meter) -> None:
        with self.open_stream(file, offset) as (start, pieces), self.store.partial(file).open("ab") as out:
            if start < offset:
                out.truncate(start)
                meter.advance(start - offset)
            for piece in pieces:
                stop_if(self.cancelled, Sentence("Fetching {repo_id}", repo_id=self.repo_id), arrived_bytes=out.tell())
                if out.tell() + len(piece) > file.size_bytes:
                    raise Interrupted(Sentence("more than the published {size:,} bytes came", size=file.size_bytes))
                out.write(piece)
                meter.advance(len(piece))
