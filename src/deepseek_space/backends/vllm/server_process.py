"""One life of ``vllm serve``: started under a keeper, listened to, looked after, and ended with all that it started.

Knows no model and no protocol but that of vLLM's /health.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from deepseek_space.backends import restarts
from deepseek_space.backends.vllm.server_log import ServerLog

KEEPER = Path(__file__).with_name("keeper.py")
LOOK_S = 0.3
MINDED_S = 5.0
"""Between two looks at a server that answers."""
SILENT_S = 60.0
"""One that has answered hangs where /health says nothing for this long: it says so within a step otherwise."""
LOADING_S = 1800.0
"""One that loads hangs where it prints nothing for this long: a large model's compiling says nothing for minutes."""
_END_S = 5.0


class ServerProcess:
    """Runs ``command`` until ``end``, or until it dies; then ``ended`` gets how, from a thread of this object.

    ``ready`` is called once /health at ``port`` of this machine answers. What it prints goes to ``log``.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        environ: Mapping[str, str],
        log: ServerLog,
        ready: Callable[[], None],
        ended: Callable[[str], None],
        silent_s: float = SILENT_S,
    ) -> None:
        self._port, self._log, self._ready, self._ended = port, log, ready, ended
        self._silent_s = silent_s
        self._has_answered = self._is_silent = False
        self._last_s = time.monotonic()
        self._process = subprocess.Popen(
            (sys.executable, str(KEEPER), *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            start_new_session=True,  # Ctrl-C is for the app, which ends this in its own time
        )
        threading.Thread(target=self._listen, name="vLLM's log", daemon=True).start()
        threading.Thread(target=self._mind, name="vLLM's health", daemon=True).start()

    @property
    def pid(self) -> int:
        """The keeper's number."""
        return self._process.pid

    def end(self) -> None:
        """End it at once, and wait until its memory is free."""
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _listen(self) -> None:
        assert self._process.stdout
        _read_lines(self._process.stdout, self._heard)
        code = self._process.wait()
        self._ended(restarts.was_silent(self._allowed_s) if self._is_silent else restarts.how_it_ended(code))

    def _heard(self, line: str, goes_on: bool) -> None:
        if not self._has_answered:  # later /health alone tells
            self._last_s = time.monotonic()
        self._log.add(line, goes_on=goes_on)

    def _mind(self) -> None:
        while self._process.poll() is None:
            if self._is_healthy():
                self._last_s = time.monotonic()
                if not self._has_answered:
                    self._has_answered = True
                    self._ready()
            if time.monotonic() - self._last_s > self._allowed_s:
                self._is_silent = True
                self.end()
                return
            time.sleep(min(MINDED_S, self._silent_s / 4) if self._has_answered else LOOK_S)

    @property
    def _allowed_s(self) -> float:
        return self._silent_s if self._has_answered else LOADING_S

    def _is_healthy(self) -> bool:
        where = HTTPConnection("127.0.0.1", self._port, timeout=self._silent_s)
        try:
            where.request("GET", "/health")
            answer = where.getresponse()
            answer.read()
            return answer.status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            where.close()


def _read_lines(out: IO[bytes], heard: Callable[[str, bool], None]) -> None:
    """Give each line to ``heard`` as it comes, and whether the next one is to be written over it."""
    rest = b""
    while chunk := os.read(out.fileno(), 65_536):
        *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\r\n").split(b"\n")
        for line in lines:
            heard(line.decode("utf-8", "replace"), line.endswith(b"\r"))
    if rest:
        heard(rest.decode("utf-8", "replace"), False)
