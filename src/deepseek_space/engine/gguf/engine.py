"""Requests join and leave one running batch on llama.cpp; ``step`` moves all of them on by one pass of the model.

Nothing here is safe to be called by two threads. Knows nothing about text, pages or the process that it runs in.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from deepseek_space.engine.gguf.chooser import Chooser, scores_of
from deepseek_space.engine.gguf.context import CHUNK_TOKENS, NoCells, Piece
from deepseek_space.engine.gguf.sequences import Cache, Held, Sequences
from deepseek_space.engine.reply import Finished, Job, RowEvent, Scores, Token
from deepseek_space.errors import EngineError, OutOfMemory
from deepseek_space.events import FinishReason, Prefill, Queued

log = logging.getLogger(__name__)

SHARED_CHUNK_TOKENS = 128
"""Of prompts in one step while others are being written to."""
SCORED_TOKENS = 64
"""Of prompts in one step, where the logits after each are asked for."""
SLACK_TOKENS = 256
"""Room for a reply to begin in; one that finds none later is sent back to the queue."""

Tell = Callable[[str, RowEvent | EngineError], None]


class Decoder(Cache, Protocol):
    """As much of ``GgufContext`` as is needed."""

    def decode(self, pieces: Sequence[Piece]) -> np.ndarray:
        """Return the logits [asked for, vocabulary], piece after piece. Raises NoCells, EngineError."""
        ...


class GgufRow:
    """One job's ids, and how many of them the cache holds."""

    def __init__(self, key: str, job: Job) -> None:
        self.key, self.job = key, job
        self.ids = list(job.prompt)
        self.chooser = Chooser(job)
        self.held: Held | None = None
        self.num_generated = 0
        self.num_scored = 1 if job.scores_prompt else len(job.prompt)
        self.position = 0  # among those that wait

    @property
    def num_unread(self) -> int:
        """Return how many known ids the model has not read yet; 1 while decoding."""
        return len(self.ids) - (len(self.held.ids) if self.held else 0)

    @property
    def soon_tokens(self) -> int:
        """Return the length that the row will reach before long."""
        left = self.job.sampling.max_new_tokens - self.num_generated
        return len(self.ids) + min(left, SLACK_TOKENS)

    @property
    def scores_prompt(self) -> bool:
        """Tell whether tokens of the prompt are still to be scored."""
        return self.num_scored < len(self.job.prompt)


class GgufEngine:
    """The rows in flight and those that wait; ``tell`` gets what comes of them, by the key of each."""

    def __init__(self, context: Decoder, *, cells: int, max_rows: int, tell: Tell) -> None:
        self._context, self._cells, self._max_rows, self._tell = context, cells, max_rows, tell
        self._sequences = Sequences(context, num_sequences=max_rows, cells=cells)
        self._running: list[GgufRow] = []
        self._waiting: deque[GgufRow] = deque()
        self.steps = 0

    def figures(self) -> dict[str, Any]:
        """Return what only the engine knows."""
        return {"steps": self.steps}

    @property
    def is_idle(self) -> bool:
        """Tell whether ``step`` would have nothing to do."""
        return not self._running and not self._waiting

    def submit(self, key: str, job: Job) -> None:
        """Queue ``job``, whose ``max_new_tokens`` fit the context."""
        self._waiting.append(GgufRow(key, job))

    def cancel(self, key: str) -> None:
        """Drop the row ``key``, if it is still there."""
        for row in [row for row in self._running if row.key == key]:
            self._leave(row, "cancelled")
        for row in [row for row in self._waiting if row.key == key]:
            self._waiting.remove(row)
            self._tell(key, Finished(reason="cancelled"))

    def step(self) -> None:
        """Move every row on by one pass."""
        self._admit()
        plan = self._plan()
        if not plan:
            return
        pieces = [piece for _, piece in plan]
        self._sequences.make_room(sum(len(piece.ids) for piece in pieces))
        try:
            logits = self._context.decode(pieces)
        except NoCells:
            self._make_room()
            return
        except EngineError as error:
            for row in tuple(self._running):
                self._fail(row, error)
            return
        self.steps += 1
        self._take(plan, logits)

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._max_rows and self._has_room(self._waiting[0]):
            row = self._waiting.popleft()
            row.held = self._sequences.take(row.ids, row.job.scope, is_fresh=row.job.scores_prompt)
            self._running.append(row)
            self._tell(row.key, Prefill(read=len(row.held.ids), total=len(row.ids)))
            if row.held.after is not None:
                self._choose(row, row.held.after.copy())
        for position, row in enumerate(self._waiting, start=1):
            if row.position != position:
                row.position = position
                self._tell(row.key, Queued(position=position))

    def _has_room(self, row: GgufRow) -> bool:
        return not self._running or row.soon_tokens + sum(other.soon_tokens for other in self._running) <= self._cells

    def _plan(self) -> list[tuple[GgufRow, Piece]]:
        """Give every decoding row its token, and the oldest prompts together one chunk."""
        decoding = sum(row.num_unread == 1 for row in self._running)
        budget, scored = SHARED_CHUNK_TOKENS if decoding else CHUNK_TOKENS - len(self._running), SCORED_TOKENS
        plan: list[tuple[GgufRow, Piece]] = []
        for row in self._running:
            assert row.held is not None
            unread, start = row.num_unread, len(row.held.ids)
            size = 1 if unread == 1 else min(unread, budget, scored if row.scores_prompt else budget)
            if size == 0:
                continue
            budget -= size if unread > 1 else 0
            scored -= size if row.scores_prompt else 0
            num_logits = size if row.scores_prompt else int(size == unread)
            ids = row.ids[start : start + size]
            plan.append((row, Piece(sequence=row.held.number, position=start, ids=ids, num_logits=num_logits)))
        return plan

    def _take(self, plan: list[tuple[GgufRow, Piece]], logits: np.ndarray) -> None:
        at = 0
        for row, piece in plan:
            mine = logits[at : (at := at + piece.num_logits)]
            assert row.held is not None
            row.held.ids.extend(piece.ids)
            if row.scores_prompt:
                self._score(row, piece, mine)
            if row.num_unread:
                self._tell(row.key, Prefill(read=len(row.held.ids), total=len(row.ids)))
            else:
                if row.num_generated == 0:
                    row.held.after, row.held.num_read = mine[-1].copy(), len(row.held.ids)
                self._choose(row, mine[-1])

    def _score(self, row: GgufRow, piece: Piece, logits: np.ndarray) -> None:
        first = piece.position + 1  # the token that the first of them foretells
        ids = row.job.prompt[first : first + len(piece.ids)]
        if ids:
            row.num_scored = first + len(ids)
            told = scores_of(ids, logits[: len(ids)], top=row.job.top_logprobs or 0)
            self._tell(row.key, Scores(tokens=told, of_prompt=True))

    def _choose(self, row: GgufRow, logits: np.ndarray) -> None:
        if not np.isfinite(logits.max()):
            self._fail(row, EngineError("The model computed NaN or infinity. Try another precision."))
            return
        try:
            token = row.chooser.choose(logits)
            reason = self._accept(row, token, logits)
        except Exception as error:
            log.exception("row %s failed", row.key)
            self._fail(row, EngineError("Choosing the next token failed: {error}", error=error))
            return
        if reason:
            self._leave(row, reason)

    def _accept(self, row: GgufRow, token: int, logits: np.ndarray) -> FinishReason | None:
        row.num_generated += 1
        top = row.job.top_logprobs
        score = None if top is None else scores_of([token], logits[None], top=top)[0]
        if token in row.job.stop_ids:
            if score:
                self._tell(row.key, Scores(tokens=(score,)))
            return "stop"
        row.ids.append(token)
        row.chooser.accept(token)
        self._tell(row.key, Token(id=token, score=score))
        return "length" if row.num_generated >= row.job.sampling.max_new_tokens else None

    def _leave(self, row: GgufRow, reason: FinishReason) -> None:
        self._running.remove(row)
        if row.held is not None:
            self._sequences.leave(row.held)
        self._tell(row.key, Finished(reason=reason))

    def _fail(self, row: GgufRow, error: EngineError) -> None:
        self._running.remove(row)
        if row.held is not None:
            self._sequences.drop(row.held)
        self._tell(row.key, error)

    def _make_room(self) -> None:
        """Where the cache is full: forget what was kept, else send the youngest row back, else fail it."""
        if self._sequences.shrink():
            return
        row = self._running[-1]
        if len(self._running) == 1:
            full = "The device ran out of memory for this conversation. Shorten it or choose a smaller one."
            self._fail(row, OutOfMemory(full))
            return
        self._running.remove(row)
        assert row.held is not None
        self._sequences.drop(row.held)
        row.held = None
        self._waiting.appendleft(row)
