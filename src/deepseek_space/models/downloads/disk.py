"""The disk that models are kept on: is there room, can it be written, and whose turn is it. Knows no model."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from deepseek_space.errors import Cancelled, NoSpace
from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence

LOCK_POLL_S = 0.2
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_IN_WORDS = ("no space left on device", "disk quota exceeded")


def check_room(folder: Path, needed_bytes: int, *, what: str, remedy: str) -> None:
    """Raise NoSpace unless ``needed_bytes`` are free on the disk of ``folder``."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise NoSpace(
            "{what} takes {size:,.0f} MB more and {folder} has {free:,.0f} MB free. Free some space, or {remedy}.",
            what=what,
            size=needed_bytes / 1e6,
            folder=folder,
            free=free_bytes / 1e6,
            remedy=remedy,
        )


@contextmanager
def writing_to(folder: Path, *, remedy: str) -> Iterator[None]:
    """Turn the operating system's errors about ``folder`` into NoSpace, which says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno in FULL:
            raise disk_full(folder, remedy=remedy) from error
        raise NoSpace(
            "The cache folder {folder} cannot be written ({reason}). Make it writable, or {remedy}.",
            folder=folder,
            reason=error.strerror or error,
            remedy=remedy,
        ) from error


def disk_full(folder: Path, *, remedy: str) -> NoSpace:
    """Return the error for a disk that filled up."""
    return NoSpace(
        "The disk of {folder} is full. Free some space and start again, or {remedy}.", folder=folder, remedy=remedy
    )


@contextmanager
def taking_turns(
    path: Path, *, what: str, progress: Callable[[Loading], None], cancelled: Callable[[], bool]
) -> Iterator[None]:
    """Hold the lock file ``path``, of which one process or thread at a time can be the holder. Raises Cancelled."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock: BaseFileLock = FileLock(path)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=LOCK_POLL_S)
        except NotImplementedError:  # a network's disk, on which a file can be made but not locked
            lock = SoftFileLock(f"{path}.soft")
        except Timeout:
            progress(Loading(stage=Sentence("Waiting for another process that fetches {what}", what=what)))
            if cancelled():
                raise Cancelled("Waiting for {what} was cancelled.", what=what) from None
    try:
        yield
    finally:
        lock.release()
