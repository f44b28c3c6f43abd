"""A process that fetches a file, which is ended when somebody cancels or when nothing arrives for a while.

It ends by itself where this one is killed, if it reads its stdin to the end. What it says is kept in memory: the disk
may be what it complains of. Knows no server.
"""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from deepseek_space.errors import Cancelled
from deepseek_space.sentences import Sentence

POLL_S = 0.1
LAST_LINES = 400
LAST_WORDS_S = 5.0  # for what it says to arrive; a process that it started itself may keep the line open


class Stalled(Exception):
    """Nothing arrived for a while, and the process was ended; ``sentence`` says so."""

    def __init__(self, seconds: float) -> None:
        self.sentence = Sentence("nothing arrived for {seconds:.0f} s", seconds=seconds)
        super().__init__(self.sentence)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The exit code, and the last lines that it said."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """A command that makes a file grow; ``told`` is for its stdin, which stays open until it has ended."""

    command: Sequence[str]
    environ: Mapping[str, str]
    stall_s: float
    told: str = ""

    def run(
        self,
        *,
        what: str,
        measure: Callable[[], int],
        arrived: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> Ended:
        """Return how it ended; ``arrived`` gets what ``measure`` finds, in bytes, each time that it has grown.

        Raises Stalled, Cancelled.
        """
        said: deque[str] = deque(maxlen=LAST_LINES)
        with self._running(said) as process:
            size, grown_s = 0, time.monotonic()
            while not _has_ended(process):
                if cancelled():
                    raise Cancelled("Fetching {what} was cancelled.", what=what)
                if (now := measure()) > size:
                    size, grown_s = now, time.monotonic()
                    arrived(size)
                if time.monotonic() - grown_s > self.stall_s:
                    raise Stalled(self.stall_s)
        return Ended(code=process.returncode, said="".join(said))

    @contextmanager
    def _running(self, said: deque[str]) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self.environ),
            text=True,
            errors="replace",
        )
        listener = threading.Thread(target=said.extend, args=(process.stdout,), daemon=True)
        listener.start()
        try:
            with suppress(BrokenPipeError):  # it has ended already, and says why
                process.stdin.write(self.told)
                process.stdin.flush()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            listener.join(LAST_WORDS_S)
            with suppress(BrokenPipeError):
                process.stdin.close()


def _has_ended(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(timeout=POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True
