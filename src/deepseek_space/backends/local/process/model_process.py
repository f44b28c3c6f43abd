"""One life of a model's process: started, listened to, and ended when it is no longer wanted or says nothing more.

Knows nothing of what is said.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from deepseek_space.backends import restarts
from deepseek_space.backends.local.process.messages import to_line

SOURCE = Path(__file__).parents[4]
CHILD = (sys.executable, "-m", "deepseek_space.backends.local.process.child")
SILENT_S = 30.0
"""It says something every second: after this long it hangs."""
LOADING_S = 600.0
"""The same while it loads: a slow disk may hold all of it up for the length of a tensor."""
_POLL_S = 1.0
_END_S = 5.0
# llama.cpp's threads wait for each other at every operation. Where others work on the same cores, one that spins for
# long keeps the very thread from working that it waits for: 1.6 tokens per second in place of 11.6.
_SPINS = "10000"

Message = dict[str, Any]


class ModelProcess:
    """Runs until ``end``, or until it dies; then ``ended`` gets a sentence on how, from a thread of this object.

    ``heard`` gets each message, from that thread too. ``order`` is the first thing that the process is told.
    """

    def __init__(
        self,
        order: Mapping[str, Any],
        *,
        heard: Callable[[Message], None],
        ended: Callable[[str], None],
        silent_s: float = SILENT_S,
    ) -> None:
        self._heard, self._ended = heard, ended
        self._silent_s, self._allowed_s = silent_s, LOADING_S
        self._lock = threading.Lock()
        self._is_silent = False
        self._last_s = time.monotonic()
        path = os.pathsep.join(part for part in (str(SOURCE), os.environ.get("PYTHONPATH", "")) if part)
        self._process = subprocess.Popen(
            CHILD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"GOMP_SPINCOUNT": _SPINS} | os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the app, which ends this in its own time
        )
        self.send(order)
        threading.Thread(target=self._listen, name="model process", daemon=True).start()
        threading.Thread(target=self._mind, name="model process' beat", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the process ``message``; nothing happens where it has ended."""
        assert self._process.stdin
        with self._lock, suppress(OSError, ValueError):
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()

    def settle(self) -> None:
        """Know that it has loaded: from now on it hangs where it says nothing for ``silent_s``."""
        self._allowed_s = self._silent_s

    def end(self) -> None:
        """End it at once, and wait until its memory is free."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._last_s = time.monotonic()
            self._heard(orjson.loads(line))
        self._ended(self._how(self._process.wait()))

    def _mind(self) -> None:
        while self._process.poll() is None:
            time.sleep(_POLL_S)
            if time.monotonic() - self._last_s > self._allowed_s:
                self._is_silent = True
                self._process.kill()
                return

    def _how(self, code: int) -> str:
        return restarts.was_silent(self._allowed_s) if self._is_silent else restarts.how_it_ended(code)
