"""A process that fetches a file, which is ended when somebody cancels or when nothing arrives for a while.

It ends by itself where this one is killed, if it reads its stdin to the end. Knows no server.
"""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.errors import Cancelled

POLL_S = 0.1


class Stalled(Exception):
    """Nothing arrived for a while, and the process was ended."""


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """A command that makes a file grow; what it says goes to ``log``."""

    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    stall_s: float
    told: str = ""
    """What it reads from its stdin, which stays open until it has ended."""

    def run(
        self,
        *,
        what: str,
        measure: Callable[[], int],
        arrived: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> int:
        """Return the exit code; ``arrived`` gets what ``measure`` finds, in bytes, each time that it has grown.

        Raises Stalled, Cancelled.
        """
        with self._running() as process:
            size, grown_s = 0, time.monotonic()
            while not _has_ended(process):
                if cancelled():
                    raise Cancelled(f"Fetching {what} was cancelled.")
                if (now := measure()) > size:
                    size, grown_s = now, time.monotonic()
                    arrived(size)
                if time.monotonic() - grown_s > self.stall_s:
                    raise Stalled(f"nothing arrived for {self.stall_s:.0f} s")
            return process.returncode

    @contextmanager
    def _running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("wb") as output:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environ),
            )
            try:
                _tell(process, self.told)
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                process.stdin.close()


def _tell(process: subprocess.Popen[bytes], told: str) -> None:
    try:
        process.stdin.write(told.encode())
        process.stdin.flush()
    except BrokenPipeError:  # it has ended already, and its log says why
        pass


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True
