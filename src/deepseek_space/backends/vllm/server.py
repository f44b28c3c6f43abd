"""A vLLM server that the app starts for itself, and starts again where it dies.

Told by its supervisor: whether it answers, where, how far it has come, what it prints. Knows no reply.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence

from deepseek_space.backends import restarts
from deepseek_space.backends.vllm.server_log import ServerLog
from deepseek_space.backends.vllm.server_process import ServerProcess
from deepseek_space.errors import Cancelled, EngineStopped, LoadFailed, SpaceError
from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence

log = logging.getLogger(__name__)

_POLL_S = 0.1
_OF_OURS = {
    "VLLM_NO_USAGE_STATS": "1",  # it tells its makers of each start otherwise
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",  # all files are here and verified
    "PYTHONUNBUFFERED": "1",
}


class VllmServer:
    """Supervises ``command``, which ends before the flags for host and port; both are added here.

    Its key is made up here and told to it alone, so that nobody else on this machine uses what asks for one.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        start: Callable[..., ServerProcess] = ServerProcess,
    ) -> None:
        self.log = ServerLog()
        self.key = secrets.token_urlsafe(24)
        self._command, self._start = tuple(command), start
        self._environ = {**os.environ, **_OF_OURS, "VLLM_API_KEY": self.key, **environ}
        self._changed = threading.Condition()
        self._restarts = restarts.Restarts()
        self._is_ready = self._is_closed = False
        self._down: SpaceError | None = None
        self.lives = 0
        self._ends: dict[int, str] = {}
        self._port = _free_port()
        self._process = self._begin()

    def wait_until_ready(self, *, progress: Callable[[Loading], None], cancelled: Callable[[], bool]) -> None:
        """Return when it answers for the first time; ``progress`` gets how far it has come.

        Raises LoadFailed, Cancelled; then nothing is left of it.
        """
        while not self.wait(_POLL_S):
            if cancelled():
                self.close()
                raise Cancelled("Loading was stopped.")
            progress(self.log.loading)

    def wait(self, for_s: float) -> bool:
        """Wait ``for_s`` at most until it answers, and tell whether it does. Raises why it never will."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready or self._down or self._is_closed, for_s)
            if self._is_closed:
                raise EngineStopped(restarts.CHANGED)
            if self._down:
                raise self._down.with_traceback(None)  # it is raised for every reader, and would keep all their frames
            return self._is_ready

    def end_of(self, life: int, *, within_s: float) -> str:
        """Return how the process of that ``life`` has ended, or does ``within_s``; empty where it does not."""
        with self._changed:
            self._changed.wait_for(lambda: life in self._ends, within_s)
            return self._ends.get(life, "")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def trouble(self) -> str:
        """Why nothing can be answered now; empty where something can."""
        if self._down:
            return self._down.sentence
        return "" if self._is_ready else restarts.STARTED_AGAIN

    @property
    def pid(self) -> int:
        """The number of the process that keeps it."""
        return self._process.pid

    def close(self) -> None:
        """End it, and free all that it held."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._process.end()

    def _begin(self) -> ServerProcess:
        self.log.begin()
        self.lives += 1
        return self._start(
            (*self._command, "--host", "127.0.0.1", "--port", str(self._port)),
            port=self._port,
            environ=self._environ,
            log=self.log,
            ready=self._answers,
            ended=self._mourn,
        )

    def _answers(self) -> None:
        with self._changed:
            self._is_ready = True
            self._changed.notify_all()

    def _mourn(self, how: str) -> None:
        if problem := self.log.problem:
            how = Sentence("{how}; it said: {problem}", how=how, problem=problem)
        with self._changed:
            was_ready, self._is_ready = self._is_ready, False
            self._ends[self.lives] = how
            self._changed.notify_all()
            if self._is_closed:
                return
        log.error("vLLM ended: %s", how)
        if not was_ready and self._restarts.is_first_life:
            self._go_down(restarts.not_loaded(how))
        elif not self._restarts.take():
            self._go_down(restarts.stays_down(how))
        else:
            with self._changed:
                if not self._is_closed:
                    self._process = self._begin()

    def _go_down(self, why: SpaceError) -> None:
        if isinstance(why, LoadFailed):
            why.log = self.log.lines
        with self._changed:
            self._down = why
            self._changed.notify_all()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
