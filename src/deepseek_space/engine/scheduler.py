"""Who takes part in the next pass, with which tokens, and in what memory.

Only the engine's driver calls it, but for ``submit``, which any thread may. Runs no model and chooses no token.
"""

import logging
import queue
from collections import deque
from collections.abc import Iterator

import torch

from deepseek_space.engine.counters import Counters
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.prefix_cache import PrefixCache
from deepseek_space.engine.reply import Job
from deepseek_space.engine.row import Row
from deepseek_space.engine.spare_memory import SpareMemory, if_memory_allows
from deepseek_space.engine.step import Chunk
from deepseek_space.errors import BusyError, EngineError, OutOfMemory
from deepseek_space.events import FinishReason, Queued

log = logging.getLogger(__name__)

SOLE_READER_CHUNKS = 4
SCORED_TOKENS = 64  # of a prompt in one step: the logits after each of them take a whole vocabulary
SLACK_TOKENS = 512  # room for a reply of common length without growing


class Scheduler:
    """The rows in flight, those that wait, and what is kept of earlier ones."""

    def __init__(self, *, limits: EngineLimits, counters: Counters, memory: SpareMemory) -> None:
        self.running: list[Row] = []
        self.waiting: deque[Row] = deque()
        self.prefixes = PrefixCache(limit_bytes=limits.prefix_bytes, memory=memory)
        self._limits = limits
        self._counters = counters
        self._inbox: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._max_rows = limits.max_rows
        self._is_full = False  # whoever waits was considered and found no room
        self._kv_bytes_per_token = limits.kv_bytes_per_token

    @property
    def num_waiting(self) -> int:
        """Return how many requests have no place in the batch yet."""
        return len(self.waiting) + self._inbox.qsize()

    @property
    def in_flight_bytes(self) -> int:
        """Return the bytes that the caches of rows in flight hold."""
        return sum(row.cache.nbytes for row in tuple(self.running))

    def submit(self, job: Job) -> Row:
        """Queue ``job`` and return its row at once. Raises PromptTooLong, BusyError when the queue is full."""
        room = self._limits.room_after(len(job.prompt))
        free_rows = 0 if self._is_full else self._limits.max_rows - len(self.running)
        queue_length = self.num_waiting - free_rows
        if queue_length >= self._limits.max_queue:
            self._counters.rejected += not job.goes_on
            raise BusyError("{count} requests are waiting already. Try again in a moment.", count=queue_length)
        row = Row(job, max_new_tokens=min(job.sampling.max_new_tokens, room))
        self._counters.requests += not job.goes_on
        self._inbox.put(row)
        return row

    def admit(self) -> Iterator[tuple[Row, torch.Tensor]]:
        """Drop who was cancelled and let in who has room; yield each that has nothing to read, and the logits it needs.

        The token of a row that is yielded is to be chosen before the next is asked for: the row may leave by it.
        """
        self._open_inbox()
        self._drop_cancelled()
        while self.waiting and len(self.running) < self._max_rows and self._has_room(self.waiting[0]):
            row = self.waiting[0]
            logits = self._join(row)
            self.waiting.popleft()  # not before: whatever happens, a row is in one of the lists that can be ended
            if logits is not None:
                yield row, logits
        self._is_full = bool(self.waiting)
        for position, row in enumerate(self.waiting, start=1):
            row.report(Queued(position=position))

    def plan(self) -> list[tuple[Row, Chunk]]:
        """Give every decoding row its token, and the oldest prompts together one chunk.

        Where nobody else is held up, prompts are read in larger chunks, and a decoding row gets guesses with its token:
        several rows fill a step with tokens that are certain, and attend together only with one each.
        """
        is_alone = len(self.running) == 1 and not self.num_waiting
        budget, plan = self._limits.chunk_tokens * (SOLE_READER_CHUNKS if is_alone else 1), []
        for row in self.running:
            unread = row.num_unread
            num_tokens = unread if unread == 1 else min(unread, budget, SCORED_TOKENS if row.scores_prompt else budget)
            if num_tokens == 0:
                continue
            if unread > 1:
                budget -= num_tokens
            ids = row.ids[row.cache.length : row.cache.length + num_tokens]
            draft = row.draft() if self._limits.drafts and is_alone and unread == 1 else ()
            wanted = {"wants_logits": num_tokens == unread, "scores_all": row.scores_prompt}
            plan.append((row, Chunk(cache=row.cache, ids=ids, draft=draft, **wanted)))
        return plan

    def leave(self, row: Row, outcome: FinishReason | EngineError) -> None:
        """End ``row``, and keep what it has read where it ended well."""
        self.running.remove(row)
        self._max_rows = self._limits.max_rows  # lowered when memory ran out; a row that leaves makes room
        if isinstance(outcome, str) and row.cache.length:
            self._store_prefix(row)
        row.finish(outcome)
        log.debug("row %d leaves after %d tokens: %s", row.serial, row.num_generated, outcome)

    def fail(self, row: Row, error: EngineError) -> None:
        """End ``row`` with ``error`` and count it."""
        self._counters.errors += 1
        self.leave(row, error)

    def end_all(self, error: EngineError) -> int:
        """End every row with ``error``; return how many there were. Their caches may be inconsistent: none is kept."""
        self._open_inbox()
        rows = (*self.running, *self.waiting)
        for row in rows:
            row.finish(error)
        self.running.clear()
        self.waiting.clear()
        return len(rows)

    def learn(self, cache: KVCache) -> None:
        """Take from a cache that has been written to what a token takes, where no plan has said it."""
        self._kv_bytes_per_token = self._kv_bytes_per_token or cache.bytes_per_token

    def bound(self) -> None:
        """Let kept prefixes make way for what the rows have grown by."""
        self.prefixes.fit(self._limits.kv_bytes - self.in_flight_bytes)

    def make_room(self) -> None:
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
            self.fail(
                self.running[0],
                OutOfMemory("The device ran out of memory for this conversation. Shorten it or choose a smaller one."),
            )

    def _open_inbox(self) -> None:
        # ``submit`` may run in any thread; only the driver touches ``waiting`` and ``running``.
        while not self._inbox.empty():
            self.waiting.append(self._inbox.get())

    def _drop_cancelled(self) -> None:
        for row in [row for row in self.running if row.is_cancelled]:
            self.leave(row, "cancelled")
        for row in [row for row in self.waiting if row.is_cancelled]:
            self.waiting.remove(row)
            row.finish("cancelled")

    def _has_room(self, row: Row) -> bool:
        """Tell whether ``row`` can grow to its full length beside the others; alone, any row may try."""
        if not self.running:
            return True
        tokens = row.max_tokens + sum(other.max_tokens for other in self.running)
        return tokens * self._kv_bytes_per_token <= self._limits.kv_bytes

    def _join(self, row: Row) -> torch.Tensor | None:
        """Put ``row`` among the running; return the logits after its prompt where there is nothing left to read."""
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
            self._counters.prompt_tokens += len(row.job.prompt)
            self._counters.cached_tokens += row.cached_tokens
        self.running.append(row)
        log.debug("row %d joins: %d tokens, %d cached", row.serial, len(row.ids), row.cached_tokens)
        if row.num_unread:
            return None
        # Nothing is left to read only where the logits after it were kept.
        assert found is not None
        assert found.prompt_logits is not None
        return found.prompt_logits

    def _store_prefix(self, row: Row) -> None:
        with if_memory_allows():
            row.cache.trim()
            self.prefixes.put(row.prefix())
        self.prefixes.fit(self._limits.kv_bytes - self.in_flight_bytes)
        self.prefixes.relieve()
