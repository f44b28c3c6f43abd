"""The app as a process of its own: started with flags, read as a terminal would, ended by id."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
CLONE = (sys.executable, "app.py")
START_TIMEOUT_S = 120


class AppProcess:
    """The app with flags, its address, and all that it printed; ``program`` is started in ``folder``."""

    def __init__(
        self, *flags: str, environ: dict[str, str] | None = None, program: Sequence[str] = CLONE, folder: Path = ROOT
    ) -> None:
        self._process = subprocess.Popen(
            [*program, *flags],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # what it forked may outlive it
        )
        self.printed: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match of ``pattern`` in what is printed from here on."""
        while (line := self._lines.get(timeout=START_TIMEOUT_S)) is not None:
            self.printed.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"the app ended without printing {pattern!r}:\n{''.join(self.printed)}")

    def wait_until_ended(self) -> int:
        """Return the exit code; everything is in ``printed`` then."""
        code = self._process.wait(START_TIMEOUT_S)
        while (line := self._lines.get(timeout=START_TIMEOUT_S)) is not None:
            self.printed.append(line)
        return code

    @property
    def process_id(self) -> int:
        """Return its number, as the system counts."""
        return self._process.pid

    def terminate(self) -> None:
        """Ask the app to end, as a Space or a terminal would."""
        self._process.terminate()

    def kill(self) -> None:
        """End the app if it still runs, and whatever it has left."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def running_app(
    *flags: str, environ: dict[str, str] | None = None, program: Sequence[str] = CLONE, folder: Path = ROOT
) -> Iterator[AppProcess]:
    """Run the app with ``flags`` for as long as the block lasts."""
    app = AppProcess(*flags, environ=environ, program=program, folder=folder)
    try:
        yield app
    finally:
        app.kill()
