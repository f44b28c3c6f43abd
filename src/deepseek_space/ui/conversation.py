"""A conversation as raw text: what was said, what is being said, what goes back to the model. Knows no Gradio."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from deepseek_space.types import Answer, Done, Event, Loading, Message, Prefill, Queued, Reasoning, Usage


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A question and as much of the reply as there is.

    ``waiting`` is the latest event before the first piece; ``thinking_since_s`` and ``thinking_s`` time the thoughts;
    ``error`` is the sentence that ended a failed reply.
    """

    question: str
    state: Literal["open", "done", "stopped", "failed"] = "open"
    waiting: Loading | Queued | Prefill | None = None
    reasoning: str = ""
    answer: str = ""
    thinking_since_s: float | None = None
    thinking_s: float | None = None
    usage: Usage | None = None
    error: str = ""

    @property
    def is_thinking(self) -> bool:
        """Whether thoughts are coming in."""
        return self.state == "open" and self.thinking_since_s is not None and self.thinking_s is None

    def hear(self, event: Event, now_s: float) -> "Turn":
        """Return the turn with one more event taken in at ``now_s`` of a steady clock."""
        match event:
            case Reasoning(text=text) if text:
                since_s = now_s if self.thinking_since_s is None else self.thinking_since_s
                return replace(self, waiting=None, reasoning=self.reasoning + text, thinking_since_s=since_s)
            case Answer(text=text) if text:
                return replace(self._thought(now_s), waiting=None, answer=self.answer + text)
            case Done(usage=usage):
                return replace(self._thought(now_s), waiting=None, usage=usage, state="done")
            case Loading() | Queued() | Prefill():
                return replace(self, waiting=event)
        return self

    def end(self, state: Literal["stopped", "failed"], now_s: float, error: str = "") -> "Turn":
        """Return the turn broken off, with the text so far kept."""
        return replace(self._thought(now_s), waiting=None, state=state, error=error)

    def _thought(self, now_s: float) -> "Turn":
        if self.thinking_since_s is None or self.thinking_s is not None:
            return self
        return replace(self, thinking_s=now_s - self.thinking_since_s)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ticket:
    """The right to write the reply to the last of ``turns``, which are as they were when it was given out."""

    turns: tuple[Turn, ...] = ()

    @property
    def turn(self) -> Turn:
        """The turn to write, still without a reply."""
        return self.turns[-1]

    def messages(self, system_prompt: str) -> tuple[Message, ...]:
        """Return what the model is to read for the last turn; system first, then user and assistant in turn.

        A failed turn without an answer is left out. The question of one that was stopped before its answer goes
        together with the next question.
        """
        system = [Message(role="system", content=system_prompt)] if system_prompt.strip() else []
        *past, last = self.turns
        return (*system, *_alternating(past, last.question))


@dataclass(kw_only=True)
class Conversation:
    """The turns of one chat, the last one perhaps still open. Threads may share it: each method is one step.

    One reply is written at a time. Whoever writes it holds the ticket that ``ask`` or ``retry`` gave out; an older
    ticket writes nothing, so a reply that was overtaken cannot spoil what came after it.
    """

    turns: list[Turn] = field(default_factory=list)
    _ticket: Ticket = field(default_factory=Ticket)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.RLock()  # no field: Gradio copies the fields of what a State holds

    def __deepcopy__(self, memo: dict[int, object]) -> "Conversation":
        """Return the same turns with a lock of their own, and without a writer; Gradio copies for each reader."""
        with self._lock:
            return Conversation(turns=list(self.turns))

    def ask(self, question: str) -> Ticket:
        """Open a new turn and return the ticket to write its reply."""
        with self._lock:
            self.settle(self._ticket)
            return self._open([*self.turns, Turn(question=question)])

    def retry(self) -> Ticket | None:
        """Open the last turn anew, its reply forgotten, and return the ticket; None if there is no turn."""
        with self._lock:
            return self._open([*self.turns[:-1], Turn(question=self.turns[-1].question)]) if self.turns else None

    def write(self, ticket: Ticket, turn: Turn) -> bool:
        """Replace the last turn; returns False, and does nothing, for an old ticket."""
        with self._lock:
            if ticket is not self._ticket:
                return False
            self.turns[-1] = turn
            return True

    def stop(self) -> None:
        """Ask the writer of the open turn to end it."""
        with self._lock:
            self._stopping = True

    def must_end(self, ticket: Ticket) -> bool:
        """Whether the holder of the ticket is to stop writing."""
        with self._lock:
            return self._stopping or ticket is not self._ticket

    def settle(self, ticket: Ticket) -> None:
        """Mark the turn as stopped if its writer left it open."""
        with self._lock:
            if ticket is self._ticket and self.turns and self.turns[-1].state == "open":
                self.turns[-1] = self.turns[-1].end("stopped", time.monotonic())

    def clear(self) -> None:
        """Forget everything, an open reply included."""
        with self._lock:
            self._open([])

    def _open(self, turns: list[Turn]) -> Ticket:
        # The ticket first: ``turns`` is read without the lock, and no old writer may touch the new ones.
        self._ticket, self._stopping = Ticket(turns=tuple(turns)), False
        self.turns = turns
        return self._ticket


def _alternating(past: Sequence[Turn], question: str) -> list[Message]:
    messages: list[Message] = []
    unanswered: list[str] = []
    for turn in past:
        if turn.answer.strip():
            content = "\n\n".join([*unanswered, turn.question])
            messages += [Message(role="user", content=content), Message(role="assistant", content=turn.answer)]
            unanswered = []
        elif turn.state == "stopped":
            unanswered.append(turn.question)
    return [*messages, Message(role="user", content="\n\n".join([*unanswered, question]))]
