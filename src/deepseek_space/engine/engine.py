"""Requests join and leave one running batch; ``step`` moves all of them on by one pass of the model.

Not thread-safe by itself but for ``submit`` and ``Row.cancel``: one driver calls ``step``, either a worker
thread (``engine.worker``) or the reader itself. Knows nothing about text or pages.
"""

import logging
from collections.abc import Sequence
from itertools import accumulate
from math import isfinite

import torch
from transformers import PreTrainedModel

from deepseek_space.engine.attention import StepAbandoned
from deepseek_space.engine.counters import Counters
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.prefix_cache import PrefixCache
from deepseek_space.engine.prompt_scores import take_scores
from deepseek_space.engine.reply import Job
from deepseek_space.engine.row import Row
from deepseek_space.engine.sampling import choose
from deepseek_space.engine.scheduler import Scheduler
from deepseek_space.engine.spare_memory import UNWATCHED, SpareMemory
from deepseek_space.engine.step import Chunk, input_device, step
from deepseek_space.errors import EngineError, EngineStopped, is_out_of_memory
from deepseek_space.events import Prefill

log = logging.getLogger(__name__)


class Engine:
    """One model that ``step.prepare`` has seen, and the rows that a scheduler gives it."""

    def __init__(self, model: PreTrainedModel, *, limits: EngineLimits, memory: SpareMemory = UNWATCHED) -> None:
        self.limits = limits
        self.counters = Counters()
        self.is_closed = False
        self._scheduler = Scheduler(limits=limits, counters=self.counters, memory=memory)
        self._model = model
        self._memory = memory
        self._device = input_device(model)

    def submit(self, job: Job) -> Row:
        """Queue ``job`` and return its row at once.

        Raises PromptTooLong, BusyError when the queue is full, EngineStopped after ``close``.
        """
        if self.is_closed:
            raise EngineStopped("The model is being changed or the app is shutting down. Send the message again.")
        return self._scheduler.submit(job)

    @property
    def running(self) -> Sequence[Row]:
        """Return the rows in flight, oldest first."""
        return self._scheduler.running

    @property
    def num_waiting(self) -> int:
        """Return how many requests have no place in the batch yet."""
        return self._scheduler.num_waiting

    @property
    def prefixes(self) -> PrefixCache:
        """Return what is kept of earlier rows."""
        return self._scheduler.prefixes

    @property
    def cache_bytes(self) -> int:
        """Return the bytes that rows in flight and kept prefixes hold."""
        return self._scheduler.in_flight_bytes + self.prefixes.nbytes

    @property
    def is_idle(self) -> bool:
        """Tell whether ``step`` would have nothing to do."""
        return not self.running and self.num_waiting == 0

    def step(self) -> bool:
        """Move every row on by one pass; return False if there was nothing to do."""
        for row, logits in self._scheduler.admit():
            self._choose([(row, ())], logits[None])
        plan = self._scheduler.plan()
        if plan:
            self._run(plan)
        return bool(plan)

    def tidy(self) -> None:
        """Give back what is free, and kept prefixes where the machine runs short; for the driver, every few seconds."""
        self.prefixes.relieve()
        self._memory.give_back()

    def close(self) -> None:
        """End every row with an error that says so, and free all caches."""
        self.is_closed = True
        self._scheduler.end_all(EngineStopped("The answer was cut off: the model was changed or the app shut down."))
        self.prefixes.shrink(0)

    def fail_all(self, error: EngineError) -> None:
        """End every row with ``error`` and count it."""
        self.counters.errors += self._scheduler.end_all(error)

    def break_off(self, error: BaseException) -> None:
        """End every row because a step raised ``error``, and count it."""
        log.error("a step failed", exc_info=error)
        self.fail_all(EngineStopped("Generation broke off: {error}. Send the message again.", error=repr(error)))

    def _run(self, plan: list[tuple[Row, Chunk]]) -> None:
        try:
            logits = step(
                self._model,
                [chunk for _, chunk in plan],
                is_abandoned=lambda: all(row.is_cancelled for row, _ in plan) or self.is_closed,
            )
        except StepAbandoned:
            return
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            logits = None
        if logits is None:  # not in the handler: the error's traceback holds what the step had computed
            self._scheduler.make_room()
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            return
        self.counters.steps += 1
        for row, chunk in plan:
            if not chunk.wants_logits:
                row.report(Prefill(read=row.cache.length, total=len(row.ids)))
        choosing = [(row, chunk.draft) for row, chunk in plan if chunk.wants_logits]
        self._scheduler.learn(plan[0][0].cache)
        self._choose(choosing, take_scores(plan, logits))
        self._scheduler.bound()

    def _choose(self, drafts: list[tuple[Row, Sequence[int]]], logits: torch.Tensor) -> None:
        """Choose the next token of each row, and further ones as long as its draft foretold them."""
        if not drafts:
            return
        # The maximum of anything with a NaN in it is NaN: one pass over the vocabulary serves both questions.
        highest, tokens = (column.tolist() for column in logits.max(-1))
        starts = list(accumulate((len(draft) + 1 for _, draft in drafts), initial=0))[:-1]
        first = [(row, start) for (row, _), start in zip(drafts, starts, strict=True)]
        weighing = [(row, start) for row, start in first if not row.sampler.takes_argmax]
        for (_, start), token in zip(weighing, _chosen(weighing, logits), strict=True):
            tokens[start] = token
        for (row, draft), start in zip(drafts, starts, strict=True):
            accepted = 0
            for place, guess in enumerate((*draft, None), start):  # nobody foretold what comes after the last
                if accepted and not row.sampler.takes_argmax:
                    (tokens[place],) = _chosen([(row, place)], logits)
                if not self._accept(row, highest[place], tokens[place], logits[place]) or row.ids[-1] != guess:
                    break
                row.cache.advance(1)
                accepted += 1
            row.drafter.judge(drafted=len(draft), accepted=accepted)
            self.counters.drafted_tokens += len(draft)
            self.counters.accepted_tokens += accepted

    def _accept(self, row: Row, height: float, token: int | Exception, scores: torch.Tensor) -> bool:
        """Have ``row`` take ``token``, or fail by it; tell whether the row goes on."""
        if not isfinite(height):
            error = EngineError("The model computed NaN or infinity. Try another precision.")
            self._scheduler.fail(row, error)
            return False
        if not row.num_generated:
            row.prompt_logits = scores.clone()
        is_first = not row.time_to_first_token_s and not row.job.goes_on
        try:
            if isinstance(token, Exception):
                raise token
            reason = row.accept(token, scores)
        except Exception as error:
            log.exception("row %d failed", row.serial)
            self._scheduler.fail(row, EngineError("Choosing the next token failed: {error}", error=error))
            return False
        self.counters.generated_tokens += 1
        if is_first:
            self.counters.first_token.add(row.time_to_first_token_s)
        if reason:
            self._scheduler.leave(row, reason)
        return reason is None


def _chosen(places: Sequence[tuple[Row, int]], logits: torch.Tensor) -> list[int | Exception]:
    """Return what each row takes by the logits at its place, or why it can take nothing."""
    if not places:
        return []
    at = [place for _, place in places]
    return choose([row.sampler for row, _ in places], logits if len(at) == len(logits) else logits[at])
