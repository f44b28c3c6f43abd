"""Requests join and leave one running batch; ``step`` moves all of them on by one pass of the model.

Not thread-safe by itself but for ``submit`` and ``Row.cancel``: one driver calls ``step``, either a worker
thread (``engine.worker``) or the reader itself. Knows nothing about text or pages.
"""

import logging
import queue
from collections import deque
from collections.abc import Sequence
from math import isfinite

import torch
from transformers import PreTrainedModel

from deepseek_space.engine.attention import StepAbandoned
from deepseek_space.engine.counters import Counters
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.prefix_cache import PrefixCache
from deepseek_space.engine.prompt_scores import take_scores
from deepseek_space.engine.reply import Job
from deepseek_space.engine.row import Row
from deepseek_space.engine.spare_memory import UNWATCHED, SpareMemory, if_memory_allows
from deepseek_space.engine.step import Chunk, input_device, step
from deepseek_space.errors import BusyError, EngineError, EngineStopped, OutOfMemory, is_out_of_memory
from deepseek_space.events import FinishReason, Prefill, Queued

log = logging.getLogger(__name__)

SOLE_READER_CHUNKS = 4
SCORED_TOKENS = 64  # of a prompt in one step: the logits after each of them take a whole vocabulary
SLACK_TOKENS = 512  # room for a reply of common length without growing


class Engine:
    """The rows in flight and those that wait, over one model that ``step.prepare`` has seen."""

    def __init__(self, model: PreTrainedModel, *, limits: EngineLimits, memory: SpareMemory = UNWATCHED) -> None:
        self.limits = limits
        self.counters = Counters()
        self.running: list[Row] = []
        self.waiting: deque[Row] = deque()
        self.prefixes = PrefixCache(limit_bytes=limits.prefix_bytes, memory=memory)
        self.is_closed = False
        self._model = model
        self._memory = memory
        self._device = input_device(model)
        self._inbox: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._max_rows = limits.max_rows
        self._is_full = False  # whoever waits was considered and found no room
        self._kv_bytes_per_token = limits.kv_bytes_per_token

    def submit(self, job: Job) -> Row:
        """Queue ``job`` and return its row at once.

        Raises PromptTooLong, BusyError when the queue is full, EngineStopped after ``close``.
        """
        if self.is_closed:
            raise EngineStopped("The model is being changed or the app is shutting down. Send the message again.")
        room = self.limits.room_after(len(job.prompt))
        free_rows = 0 if self._is_full else self.limits.max_rows - len(self.running)
        queue_length = self.num_waiting - free_rows
        if queue_length >= self.limits.max_queue:
            self.counters.rejected += not job.goes_on
            raise BusyError("{count} requests are waiting already. Try again in a moment.", count=queue_length)
        row = Row(job, max_new_tokens=min(job.sampling.max_new_tokens, room))
        self.counters.requests += not job.goes_on
        self._inbox.put(row)
        return row

    @property
    def num_waiting(self) -> int:
        """Return how many requests have no place in the batch yet."""
        return len(self.waiting) + self._inbox.qsize()

    @property
    def cache_bytes(self) -> int:
        """Return the bytes that rows in flight and kept prefixes hold."""
        return self._in_flight_bytes + self.prefixes.nbytes

    @property
    def _in_flight_bytes(self) -> int:
        return sum(row.cache.nbytes for row in tuple(self.running))

    @property
    def is_idle(self) -> bool:
        """Tell whether ``step`` would have nothing to do."""
        return not self.running and self.num_waiting == 0

    def step(self) -> bool:
        """Move every row on by one pass; return False if there was nothing to do."""
        self._open_inbox()
        self._drop_cancelled()
        self._admit()
        plan = self._plan_chunks()
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
        self._end_all(EngineStopped("The answer was cut off: the model was changed or the app shut down."))
        self.prefixes.shrink(0)

    def fail_all(self, error: EngineError) -> None:
        """End every row with ``error`` and count it; their caches may be inconsistent and are not kept."""
        self.counters.errors += self._end_all(error)

    def _end_all(self, error: EngineError) -> int:
        self._open_inbox()
        rows = (*self.running, *self.waiting)
        for row in rows:
            row.finish(error)
        self.running.clear()
        self.waiting.clear()
        return len(rows)

    # -- who takes part -------------------------------------------------------------------------------------

    def _open_inbox(self) -> None:
        # ``submit`` may run in any thread; only the driver touches ``waiting`` and ``running``.
        while not self._inbox.empty():
            self.waiting.append(self._inbox.get())

    def _drop_cancelled(self) -> None:
        for row in [row for row in self.running if row.is_cancelled]:
            self._leave(row, "cancelled")
        for row in [row for row in self.waiting if row.is_cancelled]:
            self.waiting.remove(row)
            row.finish("cancelled")

    def _admit(self) -> None:
        while self.waiting and len(self.running) < self._max_rows and self._has_room(self.waiting[0]):
            self._join(self.waiting[0])
            self.waiting.popleft()  # not before: whatever happens, a row is in one of the lists that can be ended
        self._is_full = bool(self.waiting)
        for position, row in enumerate(self.waiting, start=1):
            row.report(Queued(position=position))

    def _has_room(self, row: Row) -> bool:
        """Tell whether ``row`` can grow to its full length beside the others; alone, any row may try."""
        if not self.running:
            return True
        tokens = row.max_tokens + sum(other.max_tokens for other in self.running)
        return tokens * self._kv_bytes_per_token <= self.limits.kv_bytes

    def _join(self, row: Row) -> None:
        found = None
        with if_memory_allows():
            running = (other.prefix() for other in self.running)
            if not row.scores_prompt:
                found = self.prefixes.take(row.known_ids(), running, scope=row.job.scope)
        row.cache = KVCache() if found is None else found.cache
        row.cache.reserve(min(row.max_tokens, len(row.ids) + SLACK_TOKENS))
        row.cache.most_tokens = row.max_tokens
        row.cached_tokens = row.cache.length
        if not row.num_generated:  # else it was sent back, and was counted
            self.counters.prompt_tokens += len(row.job.prompt)
            self.counters.cached_tokens += row.cached_tokens
        self.running.append(row)
        log.debug("row %d joins: %d tokens, %d cached", row.serial, len(row.ids), row.cached_tokens)
        if not row.num_unread:
            # Nothing is left to read only where the logits after it were kept.
            assert found is not None
            assert found.prompt_logits is not None
            self._choose([(row, ())], found.prompt_logits[None])

    def _leave(self, row: Row, outcome: FinishReason | EngineError) -> None:
        self.running.remove(row)
        self._max_rows = self.limits.max_rows  # lowered when memory ran out; a row that leaves makes room
        if isinstance(outcome, str) and row.cache.length:
            self._store_prefix(row)
        row.finish(outcome)
        log.debug("row %d leaves after %d tokens: %s", row.serial, row.num_generated, outcome)

    def _store_prefix(self, row: Row) -> None:
        with if_memory_allows():
            row.cache.trim()
            self.prefixes.put(row.prefix())
        self.prefixes.fit(self.limits.kv_bytes - self._in_flight_bytes)
        self.prefixes.relieve()

    # -- one pass -------------------------------------------------------------------------------------------

    def _plan_chunks(self) -> list[tuple[Row, Chunk]]:
        """Give every decoding row its token, and the oldest prompts together one chunk.

        Where nobody else is held up, prompts are read in larger chunks, and a decoding row gets guesses with its token:
        several rows fill a step with tokens that are certain, and attend together only with one each.
        """
        is_alone = len(self.running) == 1 and not self.num_waiting
        budget, plan = self.limits.chunk_tokens * (SOLE_READER_CHUNKS if is_alone else 1), []
        for row in self.running:
            unread = row.num_unread
            num_tokens = unread if unread == 1 else min(unread, budget, SCORED_TOKENS if row.scores_prompt else budget)
            if num_tokens == 0:
                continue
            if unread > 1:
                budget -= num_tokens
            ids = row.ids[row.cache.length : row.cache.length + num_tokens]
            draft = row.draft() if self.limits.drafts and is_alone and unread == 1 else ()
            wanted = {"wants_logits": num_tokens == unread, "scores_all": row.scores_prompt}
            plan.append((row, Chunk(cache=row.cache, ids=ids, draft=draft, **wanted)))
        return plan

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
            self._make_room()
            return
        self.counters.steps += 1
        self._kv_bytes_per_token = self._kv_bytes_per_token or plan[0][0].cache.bytes_per_token
        choosing = [(row, chunk.draft) for row, chunk in plan if chunk.wants_logits]
        for row, chunk in plan:
            if not chunk.wants_logits:
                row.report(Prefill(read=row.cache.length, total=len(row.ids)))
        self._choose(choosing, take_scores(plan, logits))
        self.prefixes.fit(self.limits.kv_bytes - self._in_flight_bytes)

    def _choose(self, drafts: list[tuple[Row, Sequence[int]]], logits: torch.Tensor) -> None:
        """Choose the next token of each row, and further ones as long as its draft foretold them."""
        if not drafts:
            return
        # The maximum of anything with a NaN in it is NaN: one pass over the vocabulary serves both questions.
        highest, best = (column.tolist() for column in logits.max(-1))
        start = 0
        for row, draft in drafts:
            mine = slice(start, start := start + len(draft) + 1)
            guesses, accepted = (*draft, None), 0  # nobody foretold what comes after the last
            for guess, height, token, scores in zip(guesses, highest[mine], best[mine], logits[mine], strict=True):
                if not self._accept(row, height, token, scores) or row.ids[-1] != guess:
                    break
                row.cache.advance(1)
                accepted += 1
            row.drafter.judge(drafted=len(draft), accepted=accepted)
            self.counters.drafted_tokens += len(draft)
            self.counters.accepted_tokens += accepted

    def _accept(self, row: Row, height: float, token: int, scores: torch.Tensor) -> bool:
        """Choose and take the next token of ``row``; tell whether the row goes on."""
        if not isfinite(height):
            self._fail(row, EngineError("The model computed NaN or infinity. Try another precision."))
            return False
        if not row.num_generated:
            row.prompt_logits = scores.clone()
        is_first = not row.time_to_first_token_s and not row.job.goes_on
        try:
            if not row.sampler.takes_argmax:
                token = row.sampler.choose(scores, row.ids)
            reason = row.accept(token, scores)
        except Exception as error:
            log.exception("row %d failed", row.serial)
            self._fail(row, EngineError("Choosing the next token failed: {error}", error=error))
            return False
        self.counters.generated_tokens += 1
        if is_first:
            self.counters.first_token.add(row.time_to_first_token_s)
        if reason:
            self._leave(row, reason)
        return reason is None

    def _fail(self, row: Row, error: EngineError) -> None:
        self.counters.errors += 1
        self._leave(row, error)

    def _make_room(self) -> None:
        """After running out of memory: drop kept prefixes, else send the youngest row back, else fail it."""
        if self.prefixes.shrink(0):
            log.warning("out of memory: dropped all kept prefixes")
        elif len(self.running) > 1:
            row = max(self.running, key=lambda row: row.serial)
            self.running.remove(row)
            row.cache = KVCache()
            self.waiting.appendleft(row)
            self._max_rows = len(self.running)
            log.warning("out of memory: row %d goes back to the queue", row.serial)
        else:
            self._fail(
                self.running[0],
                OutOfMemory("The device ran out of memory for this conversation. Shorten it or choose a smaller one."),
            )
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
