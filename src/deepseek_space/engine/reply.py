"""What one request asks of an engine, and the handle by which its reader gets what comes back.

Knows no engine: the same for a thread, for the reader's own, and for another process. Imports no torch.
"""

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from deepseek_space.errors import SpaceError
from deepseek_space.events import FinishReason, Prefill, Queued
from deepseek_space.types import Penalties, Sampling

if TYPE_CHECKING:
    from deepseek_space.engine.guide import Guide


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to generate: prompt ids, how to choose the next one, and the ids that end the reply.

    ``scope`` is whose kept prefixes it may begin from, and leave its own to. ``goes_on`` if it is the rest of a request
    that was counted already; ``said`` is then what the reply holds of its own, for ``penalties`` to count.
    ``top_logprobs`` is how many of the likeliest tokens to tell with each one that is chosen, None: no probabilities;
    ``scores_prompt`` has those of the prompt told before, which is then read from its first token on.
    ``guide`` holds the reply to a grammar; it moves with the row, so no other may have it.
    """

    prompt: tuple[int, ...]
    sampling: Sampling
    stop_ids: frozenset[int] = frozenset()
    scope: str = ""
    goes_on: bool = False
    penalties: Penalties = field(default_factory=Penalties)
    said: tuple[int, ...] = ()
    top_logprobs: int | None = None
    scores_prompt: bool = False
    guide: "Guide | None" = None


@dataclass(frozen=True, kw_only=True)
class TokenScore:
    """``logprob`` of the token ``id``, and ``top``: pairs (id, logprob) of the likeliest, most likely first.

    Where ``id`` is among them, its value there is the same float.
    """

    id: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of tokens that are not handed out: those of the prompt from its second on, or the one that ended."""

    kind: ClassVar[str] = "scores"
    tokens: tuple[TokenScore, ...]
    of_prompt: bool = False


@dataclass(frozen=True, kw_only=True)
class Token:
    """One generated id, with its score where the job wants it; the ids that end a reply are not handed out."""

    kind: ClassVar[str] = "token"
    id: int
    score: TokenScore | None = None


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The row has left the engine."""

    kind: ClassVar[str] = "finished"
    reason: FinishReason


RowEvent = Queued | Prefill | Token | Scores | Finished


class Reply:
    """A job's events and clock. Whoever works on it writes; the reader takes events and may cancel."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.cached_tokens = 0
        self.is_cancelled = False
        self.is_finished = False
        self._progress: Queued | Prefill | None = None
        self._events: queue.SimpleQueue[RowEvent | SpaceError] = queue.SimpleQueue()
        self._num_tokens = 0
        self._submitted = time.perf_counter()
        self.first_token_at: float | None = None  # by time.perf_counter, as the next
        self.last_token_at = self._submitted

    def cancel(self) -> None:
        """Ask for the end of the work; safe from any thread, at any time."""
        self.is_cancelled = True

    def tell(self, event: RowEvent) -> None:
        """Hand ``event`` to the reader."""
        self._events.put(event)

    def tick(self) -> None:
        """Note the time of one more token."""
        now = time.perf_counter()
        self._num_tokens += 1
        self.first_token_at = self.first_token_at or now
        self.last_token_at = now

    def report(self, progress: Queued | Prefill) -> None:
        """Tell the reader how far the row has come, if that is news."""
        if progress != self._progress:
            self._progress = progress
            self._events.put(progress)

    def finish(self, outcome: FinishReason | SpaceError) -> None:
        """End the row, once; an error travels as a value and is raised on the reader's side."""
        if not self.is_finished:
            self.is_finished = True
            self._events.put(outcome if isinstance(outcome, SpaceError) else Finished(reason=outcome))

    def events(self, *, wait_s: float, drive: Callable[[], bool] | None = None) -> Iterator[RowEvent | None]:
        """Yield events until ``Finished``, and None after each ``wait_s`` without one.

        Without anybody at work elsewhere, ``drive`` makes the next step in the reader's own thread.
        """
        while True:
            try:
                event = self._events.get(block=drive is None, timeout=None if drive else wait_s)
            except queue.Empty:
                if drive is not None:
                    drive()
                yield None
                continue
            if isinstance(event, SpaceError):
                raise event
            yield event
            if isinstance(event, Finished):
                return

    def taken(self) -> Iterator[RowEvent | SpaceError]:
        """Yield what has come, without waiting."""
        while self.has_more:
            yield self._events.get()

    @property
    def has_more(self) -> bool:
        """Tell whether more came in the meantime, so that it can be passed on with what was taken last."""
        return not self._events.empty()

    @property
    def time_to_first_token_s(self) -> float:
        """Seconds from submission to the first token; 0 before it."""
        return self.first_token_at - self._submitted if self.first_token_at else 0.0

    @property
    def tokens_per_second(self) -> float:
        """Decode rate from the first token to the last; 0 before there are two."""
        elapsed = self.last_token_at - self.first_token_at if self.first_token_at else 0.0
        return (self._num_tokens - 1) / elapsed if elapsed > 0 else 0.0
