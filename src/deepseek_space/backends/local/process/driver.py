"""Has replies written by a model's process, and by the next one where that dies.

Each reply keeps what it has and is told what happened; the model is loaded again, a few times in ten minutes.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from deepseek_space.backends import restarts
from deepseek_space.backends.local.process.messages import event_from_json, job_to_json
from deepseek_space.backends.local.process.model_process import Message, ModelProcess
from deepseek_space.backends.local.process.process_reply import ProcessReply
from deepseek_space.engine.counters import Counters
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Job, Reply, RowEvent, Token
from deepseek_space.errors import BusyError, Cancelled, EngineStopped, SpaceError, error_from_json
from deepseek_space.events import Prefill, Queued
from deepseek_space.figures import Figures

log = logging.getLogger(__name__)

_POLL_S = 0.1


class ProcessDriver:
    """A ``Driver`` over processes that ``start`` makes, one at a time, all told the same ``order``.

    ``vocabulary`` returns what guides are made with (see ``child.Guides``); each process is told it when it needs it.
    ``facts`` is what the latest said of its model when it was ready; its ``limits``, if any, hold but for the queue.
    """

    def __init__(
        self,
        order: Mapping[str, Any],
        *,
        limits: EngineLimits,
        vocabulary: Callable[[], Mapping[str, Any]] = dict,
        start: Callable[..., ModelProcess] = ModelProcess,
    ) -> None:
        self.limits = limits
        self._vocabulary, self._knows_vocabulary = vocabulary, False
        self.counters = Counters()
        self._order, self._start = order, start
        self._changed = threading.Condition()
        self._keys = count(1)
        self._replies: dict[str, ProcessReply] = {}
        self._restarts = restarts.Restarts()
        self._is_ready = self._is_closed = False
        self._loaded: Any = None
        self._down: SpaceError | None = None
        self.facts: Mapping[str, Any] = {}
        self._figures: Mapping[str, int] = {}
        self._process = self._begin()

    # -- loading ------------------------------------------------------------------------------------------------

    def wait_until_ready(self, *, progress: Callable[[Any], None], cancelled: Callable[[], bool]) -> None:
        """Return when the first process answers; ``progress`` gets what it says meanwhile.

        Raises what it failed with, LoadFailed, Cancelled; then nothing is left.
        """
        shown = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_ready or self._down, _POLL_S)
            if self._down:
                raise self._down
            if self._is_ready:
                return
            if cancelled():
                self.close()
                raise Cancelled("Loading was stopped.")
            if self._loaded != shown:
                shown = self._loaded
                progress(shown)

    def _begin(self) -> ModelProcess:
        self._loaded, self._knows_vocabulary = None, False
        return self._start(self._order, heard=self._hear, ended=self._mourn)

    # -- what the process says ----------------------------------------------------------------------------------

    def _hear(self, message: Message) -> None:
        match message:
            case {"told": told, "figures": figures}:
                self._take(figures)
                for key, values in told:
                    self._pass_on(key, event_from_json(values))
            case {"loading": share}:
                self._loaded = share
            case {"ready": facts}:
                self._process.settle()
                with self._changed:
                    self.facts, self._is_ready = facts, True
                    if limits := facts.get("limits"):
                        self.limits = EngineLimits(**limits | {"max_queue": self.limits.max_queue})
                    for reply in self._replies.values():
                        self._send(reply)
                    self._changed.notify_all()
            case {"failed": error}:
                self._go_down(error_from_json(error))

    def _take(self, figures: Mapping[str, int]) -> None:
        self._figures, counters = figures, self.counters
        counters.steps = figures["steps"]
        counters.drafted_tokens = figures.get("drafted_tokens", 0)
        counters.accepted_tokens = figures.get("accepted_tokens", 0)

    def _pass_on(self, key: str, event: RowEvent | BaseException) -> None:
        reply = self._replies.get(key)
        if reply is None:
            return
        match event:
            case Token():
                self._count(reply)
                reply.tell(event)
            case Finished(reason=reason):
                self.counters.generated_tokens += reason == "stop"
                self._end(reply, reason)
            case BaseException():
                self.counters.errors += 1
                self._end(reply, event)
            case Queued():
                reply.is_queued = True
                reply.report(event)
            case Prefill():
                reply.is_queued = False
                if reply.is_waiting:
                    reply.is_waiting, reply.cached_tokens = False, event.read
                    self.counters.cached_tokens += event.read
                reply.report(event)
            case _:
                reply.tell(event)

    def _count(self, reply: ProcessReply) -> None:
        is_first = reply.first_token_at is None
        reply.tick()
        self.counters.generated_tokens += 1
        if is_first and not reply.job.goes_on:
            self.counters.first_token.add(reply.time_to_first_token_s)

    def _end(self, reply: ProcessReply, outcome: Any) -> None:
        with self._changed:
            self._replies.pop(reply.key, None)
            self._changed.notify_all()
        reply.finish(outcome)

    def _mourn(self, how: str) -> None:
        """The process has ended: tell its replies, and start the next."""
        with self._changed:
            was_ready, self._is_ready = self._is_ready, False
            if self._is_closed or self._down:
                return
            lost = [reply for reply in self._replies.values() if reply.is_sent]
        log.error("the model's process ended: %s", how)
        self.counters.errors += len(lost)
        for reply in lost:
            self._end(reply, restarts.broken_off(how))
        if not was_ready and self._restarts.is_first_life:
            self._go_down(restarts.not_loaded(how))
        elif not self._restarts.take():
            self._go_down(restarts.stays_down(how))
        else:
            with self._changed:
                if not self._is_closed:
                    self._process = self._begin()

    def _go_down(self, why: SpaceError) -> None:
        with self._changed:
            self._down = why
            left = list(self._replies.values())
            self._changed.notify_all()
        for reply in left:
            self._end(reply, EngineStopped(why.sentence))

    # -- what readers want --------------------------------------------------------------------------------------

    def submit(self, job: Job) -> Reply:
        """Queue ``job``; while the model is loaded again it waits.

        Raises PromptTooLong, BusyError when the queue is full, EngineStopped after ``close`` and where it stays down.
        """
        room = self.limits.room_after(len(job.prompt))
        with self._changed:
            if self._is_closed:
                raise EngineStopped(restarts.CHANGED)
            if self._down:
                raise EngineStopped(self._down.sentence)
            replies = self._replies.values()
            queue_length = max(len(replies) - self.limits.max_rows, sum(reply.is_queued for reply in replies))
            if queue_length >= self.limits.max_queue:
                self.counters.rejected += not job.goes_on
                raise BusyError("{count} requests are waiting already. Try again in a moment.", count=queue_length)
            sampling = replace(job.sampling, max_new_tokens=min(job.sampling.max_new_tokens, room))
            reply = ProcessReply(str(next(self._keys)), replace(job, sampling=sampling), drop=self._drop)
            self.counters.requests += not job.goes_on
            self.counters.prompt_tokens += len(job.prompt)
            self._replies[reply.key] = reply
            if self._is_ready:
                self._send(reply)
        return reply

    def _send(self, reply: ProcessReply) -> None:
        if not reply.is_sent:
            reply.is_sent = True
            if reply.job.guide is not None and not self._knows_vocabulary:
                self._knows_vocabulary = True
                self._process.send({"vocabulary": self._vocabulary()})
            self._process.send({"submit": reply.key, "job": job_to_json(reply.job)})

    def _drop(self, key: str) -> None:
        with self._changed:
            reply = self._replies.get(key)
            if reply is not None and reply.is_sent:
                self._process.send({"cancel": key})
                return
        if reply is not None:
            self._end(reply, "cancelled")

    def events(self, reply: Reply, *, wait_s: float) -> Iterator[RowEvent | None]:
        """Yield the reply's events until ``Finished``, and None after each ``wait_s`` without one."""
        return reply.events(wait_s=wait_s)

    def close(self, *, drain_s: float = 0.0) -> None:
        """End all replies, after they had ``drain_s`` to end by themselves, and the process."""
        with self._changed:
            self._changed.wait_for(lambda: not self._replies or self._is_closed, drain_s)
            self._is_closed = True
            left = list(self._replies.values())
            self._changed.notify_all()
        for reply in left:
            self._end(reply, EngineStopped(restarts.CUT_OFF))
        self._process.end()

    # -- figures ------------------------------------------------------------------------------------------------

    @property
    def trouble(self) -> str:
        """Why nothing can be answered now; empty where something can."""
        if self._down:
            return self._down.sentence
        return "" if self._is_ready else restarts.STARTED_AGAIN

    @property
    def pid(self) -> int:
        """The number of the process that answers now."""
        return self._process.pid

    @property
    def num_active(self) -> int:
        """How many replies are being written."""
        return sum(not reply.is_waiting for reply in tuple(self._replies.values()))

    @property
    def num_waiting(self) -> int:
        """How many have no place yet."""
        return sum(reply.is_waiting for reply in tuple(self._replies.values()))

    @property
    def cache_bytes(self) -> int:
        """Bytes of the cache, which is made as large as it may become where the process does not say otherwise."""
        return self._figures.get("cache_bytes", self.limits.kv_bytes)

    def figures(self, *, weight_bytes: int) -> Figures:
        """Return what has been counted since the start, beside ``weight_bytes``."""
        held, figures = self.cache_bytes, self._figures
        return self.counters.snapshot(
            cache_bytes=held,
            kept_bytes=figures.get("kept_bytes", 0),
            kept_limit_bytes=figures.get("kept_limit_bytes", held),
            weight_bytes=weight_bytes,
        )
