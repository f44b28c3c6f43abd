"""The model that a vLLM server of ours runs: talked to as a remote, and shown as what answers here.

Knows no command line and no process; its ``server`` does.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from math import inf

from deepseek_space.backends import restarts
from deepseek_space.backends.heartbeat import HEARTBEAT_S
from deepseek_space.backends.local.resident_model import Recipe
from deepseek_space.backends.vllm.served import Served
from deepseek_space.backends.vllm.server import VllmServer
from deepseek_space.errors import EngineError, RemoteError
from deepseek_space.events import EventStream
from deepseek_space.models.fit import cards, hardware
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request

_LAST_WORDS_S = 3.0
"""A reply breaks off a moment before its process is known to have ended."""


class VllmModel:
    """What ``server`` has loaded for ``recipe``; a ``Resident``. ``served`` is how it is talked to."""

    def __init__(self, recipe: Recipe, server: VllmServer, served: Served) -> None:
        self.recipe = recipe
        self._server, self._served = server, served
        self._idle = threading.Condition()
        self._active = 0

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> EventStream:
        """Yield the reply's events, after the progress of a server that is being started again.

        ``until_s`` is for cards that are lent, where there is no vLLM. Raises EngineStopped where its process ends.
        """
        with self._counted():
            while not self._server.wait(HEARTBEAT_S):
                yield self._server.log.stage
            life = self._server.lives
            try:
                yield from self._served.stream(request)
            except (RemoteError, EngineError) as error:
                if how := self._server.end_of(life, within_s=_LAST_WORDS_S):
                    raise restarts.broken_off(how) from error
                raise

    def check(self, request: Request | Completion) -> None:
        """Raise nothing: the server alone knows what it refuses."""

    def count_tokens(self, text: str) -> int:
        """Return about how many tokens ``text`` is."""
        return self._served.count_tokens(text)

    def describe(self, coming: Status) -> Status:
        """Return the status of this model, with what of ``coming`` is on its way or went wrong."""
        source, plan = self.recipe.source, self.recipe.plan
        return replace(
            self._served.status(),
            state="ready",
            model=source.name,
            note=source.note,
            precision=plan.precision,
            device=self.device,
            context_tokens=plan.context_tokens,
            memory_bytes=self._memory_bytes,
            is_deepseek=source.is_deepseek,
            sampling=source.sampling,
            active_requests=self._active,
            loading_model=coming.loading_model,
            progress=coming.progress,
            error=self._server.trouble or coming.error,
            log=self._server.log.lines,
        )

    @property
    def device(self) -> str:
        """Where it runs."""
        return Sentence("{device}, by vLLM", device=self.recipe.plan.device)

    @property
    def _memory_bytes(self) -> int:
        # Of each card it takes its whole share, whatever the model needs of that.
        plan = self.recipe.plan
        return plan.total_bytes if plan.devices == ("cpu",) else plan.available_bytes

    def freed_on(self, machine: Hardware) -> Hardware:
        """Return what ``machine`` would have without this model."""
        devices = self.recipe.plan.devices
        return hardware.freed(machine, devices, self._memory_bytes // len(devices))

    def close(self) -> None:
        """End all streams, and the server."""
        self._served.close()
        self._server.close()

    def free(self, *, drain_s: float) -> None:
        """Let answers in flight go on for ``drain_s`` at most, then end the server, which gives all memory back."""
        with self._idle:
            self._idle.wait_for(lambda: not self._active, drain_s)
        self.close()
        cards.look_again()

    @contextmanager
    def _counted(self) -> Generator[None]:
        with self._idle:
            self._active += 1
        try:
            yield
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()
