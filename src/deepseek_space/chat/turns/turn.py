"""A question and the reply to it, as raw text and plain values. Knows neither the turns around it nor Gradio.

Everything here is a frozen dataclass of plain values, so ``dataclasses.asdict`` writes a turn as JSON. A turn that is
not open holds no moment of a clock: it means the same in another process.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from deepseek_space.events import Answer, Done, Event, Loading, Prefill, Queued, Reasoning, Resorted, Usage
from deepseek_space.text.attachment import Attachment, with_files
from deepseek_space.text.edits.instructions import files_text, instructions
from deepseek_space.types import Begun, Message, Request, Sampling

Rating = Literal["up", "down"]


@dataclass(frozen=True, kw_only=True)
class ReplySettings:
    """How a reply was asked for; see ``Request`` for ``thinking`` and ``thinking_budget``.

    ``style`` is how it changes the files of the workspace, "" for an answer that is about none.
    ``follows`` are the fields of ``sampling`` that the reader had not changed: the model that answers fills them.
    """

    sampling: Sampling = field(default_factory=Sampling)
    follows: tuple[str, ...] = ()
    thinking: bool | None = None
    thinking_budget: int | None = None
    system_prompt: str = ""
    style: Literal["", "edits", "files"] = ""

    @property
    def instructions(self) -> str:
        """The system text: how to answer about files, where that is asked for, and what the reader wants."""
        parts = (instructions(self.style) if self.style else "", self.system_prompt.strip())
        return "\n\n".join(filter(None, parts)) if self.style else self.system_prompt


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A question and as much of the reply as there is.

    ``parent`` is the id of the turn before, "" at the beginning; turns with one parent are versions of each other.
    ``waiting`` is the latest event before the first piece; ``thinking_since_s`` is when an open thought began, by a
    steady clock, and ``thinking_s`` how long it took; ``error`` is the sentence that ended a failed reply.
    ``begun_tokens`` is how long the beginning was from which an open reply goes on.
    One that ``is_left_out`` is shown, but the model goes on without it, with its files alone.
    """

    question: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    parent: str = ""
    files: tuple[Attachment, ...] = ()
    settings: ReplySettings = field(default_factory=ReplySettings)
    state: Literal["open", "done", "stopped", "failed"] = "open"
    waiting: Loading | Queued | Prefill | None = None
    reasoning: str = ""
    reasoning_tokens: int = 0
    answer: str = ""
    thinking_since_s: float | None = None
    thinking_s: float | None = None
    usage: Usage | None = None
    begun_tokens: int = 0
    error: str = ""
    rating: Rating | None = None
    is_left_out: bool = False

    @property
    def prompt(self) -> str:
        """What the model reads as the question: its files first."""
        return with_files(self.files, self.question)

    @property
    def characters(self) -> int:
        """How long its texts are together."""
        texts = (self.question, self.reasoning, self.answer, *(file.text for file in self.files))
        return sum(map(len, texts))

    @property
    def is_read(self) -> bool:
        """Whether the model reads it as an earlier turn: not one that failed without an answer."""
        return bool(self.answer.strip()) or self.state in ("open", "stopped")

    @property
    def is_blank(self) -> bool:
        """Whether nothing of a reply has come."""
        return not self.reasoning and not self.answer

    @property
    def is_thinking(self) -> bool:
        """Whether thoughts are coming in."""
        return self.state == "open" and self.thinking_since_s is not None

    @property
    def stopped_thinking(self) -> bool:
        """Whether the reply was broken off in mid-thought."""
        has_ended = self.usage is not None and self.usage.finish_reason == "stop"
        return self.state != "open" and bool(self.reasoning) and not self.answer and not has_ended

    @property
    def is_cut_off(self) -> bool:
        """Whether there is a beginning that the model did not bring to its end."""
        reached_limit = self.usage is not None and self.usage.finish_reason in ("length", "time")
        return not self.is_blank and (self.state in ("stopped", "failed") or (self.state == "done" and reached_limit))

    @property
    def begun(self) -> Begun | None:
        """What is written already, for the model to go on from."""
        if self.is_blank:
            return None
        return Begun(reasoning=self.reasoning, answer=self.answer, is_thinking=self.is_thinking)

    def reopened(self, now_s: float, *, settings: ReplySettings, close_thought: bool = False) -> "Turn":
        """Return the turn with its text, open for more of it; an unfinished thought goes on unless it is closed."""
        goes_on_thinking = not close_thought and (self.stopped_thinking or self.is_thinking)
        turn = self._thought(now_s)
        since_s = now_s - (turn.thinking_s or 0.0) if goes_on_thinking else None
        thinking_s = None if goes_on_thinking else turn.thinking_s
        return replace(
            turn, state="open", error="", usage=None, settings=settings, thinking_since_s=since_s, thinking_s=thinking_s
        )

    def another(self, question: str, settings: ReplySettings | None, files: tuple[Attachment, ...] | None) -> "Turn":
        """Return a version of this turn without a reply; of settings and files those that are not given are as here."""
        given = self.files if files is None else files
        return Turn(question=question, files=given, parent=self.parent, settings=settings or self.settings)

    def apply(self, event: Event, now_s: float) -> "Turn":
        """Return the turn with one more event taken in at ``now_s`` of a steady clock."""
        match event:
            case Reasoning(text=text) if text:
                since_s = self.thinking_since_s
                if since_s is None:
                    since_s = now_s - (self.thinking_s or 0.0)
                return replace(self, waiting=None, reasoning=self.reasoning + text, thinking_since_s=since_s)
            case Answer(text=text) if text:
                return replace(self._thought(now_s), waiting=None, answer=self.answer + text)
            case Resorted(reasoning=reasoning, answer=answer, thinking_s=thinking_s):
                texts = {"reasoning": reasoning, "answer": answer, "reasoning_tokens": 0}
                took_s = thinking_s if reasoning else None
                return replace(self, waiting=None, **texts, thinking_since_s=None, thinking_s=took_s)
            case Done(usage=usage):
                return replace(self._thought(now_s), waiting=None, usage=self._with_earlier(usage), state="done")
            case Loading() | Queued() | Prefill():
                return replace(self, waiting=event)
        return self

    def end(
        self, state: Literal["stopped", "failed"], now_s: float, *, error: str = "", usage: Usage | None = None
    ) -> "Turn":
        """Return the turn broken off, with the text so far kept."""
        return replace(self._thought(now_s), waiting=None, state=state, error=error, usage=usage)

    def _thought(self, now_s: float) -> "Turn":
        if self.thinking_since_s is None:
            return self
        return replace(self, thinking_since_s=None, thinking_s=now_s - self.thinking_since_s)

    def _with_earlier(self, usage: Usage) -> Usage:
        """Return ``usage`` with the tokens of the beginning that this reply went on from."""
        return replace(usage, generated_tokens=self.begun_tokens + usage.generated_tokens)


def request_for(turns: Sequence[Turn], work_files: Mapping[str, str] | None = None) -> Request:
    """Return what the model is to read for the last of ``turns``; raises RequestError if its question is blank.

    ``work_files`` are those of the workspace as they are now: they follow the last question alone.
    """
    *past, last = turns
    settings = last.settings
    return Request(
        messages=_messages(past, last, files_text(work_files or {})),
        sampling=settings.sampling,
        thinking=settings.thinking,
        thinking_budget=settings.thinking_budget,
        begun=last.begun,
    )


def _messages(past: Sequence[Turn], last: Turn, work_text: str) -> tuple[Message, ...]:
    """Return system, then user and assistant in turn.

    A failed turn without an answer is passed over. The question of one that was stopped before its answer goes
    together with the next question, and so do the files of one that is left out.
    """
    system = last.settings.instructions
    messages = [Message(role="system", content=system)] if system.strip() else []
    unanswered: list[str] = []
    files: list[Attachment] = []
    for turn in filter(lambda turn: turn.is_read, past):
        if turn.is_left_out:
            files += turn.files
            continue
        unanswered.append(with_files(files, turn.prompt))
        files = []
        if turn.answer.strip():
            content = "\n\n".join(unanswered)
            messages += [Message(role="user", content=content), Message(role="assistant", content=turn.answer)]
            unanswered = []
    unanswered.append(with_files(files, last.prompt) + work_text)
    return (*messages, Message(role="user", content="\n\n".join(unanswered)))
