"""A conversation as raw text: what was said, what is being said, what goes back to the model. Knows no Gradio."""

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


@dataclass(kw_only=True)
class Conversation:
    """The turns of one chat, the last one perhaps still open.

    One reply is written at a time. Whoever writes it holds the ticket that ``ask`` or ``retry`` gave out; an older
    ticket writes nothing, so a reply that was overtaken cannot spoil what came after it.
    """

    turns: list[Turn] = field(default_factory=list)
    _ticket: int = 0
    _stopping: bool = False

    def ask(self, question: str) -> int:
        """Open a new turn and return the ticket to write its reply."""
        self.settle(self._ticket)
        return self._open([*self.turns, Turn(question=question)])

    def retry(self) -> int:
        """Open the last turn anew, its reply forgotten, and return the ticket. There must be one."""
        return self._open([*self.turns[:-1], Turn(question=self.turns[-1].question)])

    def write(self, ticket: int, turn: Turn) -> bool:
        """Replace the last turn; returns False, and does nothing, for an old ticket."""
        if ticket != self._ticket:
            return False
        self.turns[-1] = turn
        return True

    def stop(self) -> None:
        """Ask the writer of the open turn to end it."""
        self._stopping = True

    def must_end(self, ticket: int) -> bool:
        """Whether the holder of the ticket is to stop writing."""
        return self._stopping or ticket != self._ticket

    def settle(self, ticket: int) -> None:
        """Mark the turn as stopped if its writer left it open."""
        if ticket == self._ticket and self.turns and self.turns[-1].state == "open":
            self.turns[-1] = self.turns[-1].end("stopped", time.monotonic())

    def clear(self) -> None:
        """Forget everything, an open reply included."""
        self._open([])

    def messages(self, system_prompt: str) -> tuple[Message, ...]:
        """Return what the model is to read for the last turn; system first, then user and assistant in turn.

        A failed turn without an answer is left out. The question of one that was stopped before its answer goes
        together with the next question.
        """
        system = [Message(role="system", content=system_prompt)] if system_prompt.strip() else []
        *past, last = self.turns
        return (*system, *_alternating(past, last.question))

    def _open(self, turns: list[Turn]) -> int:
        self.turns, self._stopping = turns, False
        self._ticket += 1
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
