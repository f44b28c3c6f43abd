"""One request on its way through the engine, and the handle its reader holds. Knows nothing about other rows."""

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar

import numpy as np
import torch

from deepseek_space.engine.drafter import Drafter
from deepseek_space.engine.guide import Guide
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.prefix_cache import Prefix
from deepseek_space.engine.sampling import Sampler
from deepseek_space.engine.token_scores import Scores, TokenScore, score_of, scores_of
from deepseek_space.events import FinishReason, Prefill, Queued
from deepseek_space.types import Penalties, Sampling

_serial = count(1)


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
    guide: Guide | None = None


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


class Row:
    """A job's ids, cache and clock. The engine writes; the reader takes events and may cancel."""

    def __init__(self, job: Job, *, max_new_tokens: int) -> None:
        self.job = job
        self.serial = next(_serial)
        self.ids = list(job.prompt)
        self.max_new_tokens = max_new_tokens
        self.cache = KVCache()
        self.sampler = Sampler(job.sampling, job.penalties, said=job.said, guide=job.guide)
        self.drafter = Drafter()
        self.cached_tokens = 0
        self.prompt_logits: torch.Tensor | None = None  # what the first token is chosen from
        self.is_cancelled = False
        self.is_finished = False
        self.num_scored = 1 if job.scores_prompt else len(job.prompt)  # the first token follows nothing
        self.num_generated = 0  # the id that ends the reply counts, as with transformers and vLLM
        self._progress: Queued | Prefill | None = None
        self._events: queue.SimpleQueue[RowEvent | BaseException] = queue.SimpleQueue()
        self._submitted = time.perf_counter()
        self.first_token_at: float | None = None  # by time.perf_counter, as the next
        self.last_token_at = self._submitted

    @property
    def num_unread(self) -> int:
        """Return how many known ids the model has not read yet; 1 while decoding, 0 if the next logits are known."""
        return len(self.ids) - self.cache.length

    @property
    def max_tokens(self) -> int:
        """Return the length that the cache may reach."""
        return len(self.job.prompt) + self.max_new_tokens

    def known_ids(self) -> np.ndarray:
        """Return prompt and reply so far."""
        return np.asarray(self.ids, dtype=np.int32)

    def prefix(self) -> Prefix:
        """Return what the cache holds now, with its ids."""
        return Prefix(
            ids=self.known_ids()[: self.cache.length],
            cache=self.cache,
            scope=self.job.scope,
            prompt_tokens=len(self.job.prompt),
            prompt_logits=self.prompt_logits,
        )

    def draft(self) -> Sequence[int]:
        """Return guesses at the ids to come, as far as there is room for them.

        None for the first: its logits are kept for a retry, and are to be the same however the prompt was read.
        """
        at_most = self.max_tokens - len(self.ids) - 1
        if not self.num_generated:
            return ()
        guesses = self.drafter.draft(self.ids, at_most=at_most)
        return self.job.guide.fitting(guesses)[:at_most] if self.job.guide else guesses

    def accept(self, token: int, scores: torch.Tensor) -> FinishReason | None:
        """Take the next token, chosen from ``scores`` [vocabulary]; return why the reply ends with it, or None."""
        now = time.perf_counter()
        self.first_token_at = self.first_token_at or now
        self.last_token_at = now
        self.num_generated += 1
        top = self.job.top_logprobs
        score = None if top is None else score_of(token, scores, top=top)
        if token in self.job.stop_ids:
            if score:
                self._events.put(Scores(tokens=(score,)))
            return "stop"
        self.ids.append(token)
        self.sampler.take(token)
        self._events.put(Token(id=token, score=score))
        return "length" if self.num_generated >= self.max_new_tokens else None

    @property
    def scores_prompt(self) -> bool:
        """Tell whether tokens of the prompt are still to be scored."""
        return self.num_scored < len(self.job.prompt)

    def score_prompt(self, logits: torch.Tensor) -> None:
        """Tell the scores of the prompt's tokens by what followed the last ones read [their number, vocabulary]."""
        start = self.cache.length - len(logits) + 1  # the token that the first of them foretells
        skipped = max(0, self.num_scored - start)  # told already: the row was sent back meanwhile
        ids = self.job.prompt[start + skipped : self.cache.length + 1]
        if ids:
            self.num_scored = start + skipped + len(ids)
            told = scores_of(ids, logits[skipped : skipped + len(ids)], top=self.job.top_logprobs or 0)
            self._events.put(Scores(tokens=told, of_prompt=True))

    def report(self, progress: Queued | Prefill) -> None:
        """Tell the reader how far the row has come, if that is news."""
        if progress != self._progress:
            self._progress = progress
            self._events.put(progress)

    def finish(self, outcome: FinishReason | BaseException) -> None:
        """End the row, once; an error travels as a value and is raised on the reader's side."""
        if not self.is_finished:
            self.is_finished = True
            self._events.put(outcome if isinstance(outcome, BaseException) else Finished(reason=outcome))

    def cancel(self) -> None:
        """Ask the engine to drop the row at its next step; safe from any thread, at any time."""
        self.is_cancelled = True

    def events(self, *, wait_s: float, drive: Callable[[], bool] | None = None) -> Iterator[RowEvent | None]:
        """Yield events until ``Finished``, and None after each ``wait_s`` without one.

        Without a worker thread, ``drive`` makes the engine's next step in the reader's own thread.
        """
        while True:
            try:
                event = self._events.get(block=drive is None, timeout=None if drive else wait_s)
            except queue.Empty:
                if drive is not None:
                    drive()
                yield None
                continue
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, Finished):
                return

    @property
    def time_to_first_token_s(self) -> float:
        """Seconds from submission to the first token; 0 before it."""
        return self.first_token_at - self._submitted if self.first_token_at else 0.0

    @property
    def tokens_per_second(self) -> float:
        """Decode rate from the first token to the last; 0 before there are two."""
        elapsed = self.last_token_at - self.first_token_at if self.first_token_at else 0.0
        return (self.num_generated - 1) / elapsed if elapsed > 0 else 0.0
