"""Pieces of raw text in, reasoning and answer events out, at any split of the stream.

The rules of the family: the prompt may have opened ``<think>`` already, or the model writes it itself; only a tag at
the very start opens, only the first ``</think>`` closes, a thought that is never closed leaves no answer, and tags
further on are quotations that stay in the answer. After an empty thought the model is where it began, and may open
another.

Dropped from what is shown: the two tags, white space before the opening one and before the closing one, and blank
lines behind either. Whoever needs the raw text keeps what was pushed. Knows no tokens.
"""

from typing import Literal

from deepseek_space.events import Answer, Reasoning
from deepseek_space.text.templates import END_THINK, THINK


class ReasoningParser:
    """Sorts the text of one reply.

    ``opens_in_reasoning`` says that the prompt ended inside ``<think>``; with ``expects_tags`` False all is answer.
    ``has_met_tag`` says afterwards that one of the two tags has come.
    """

    def __init__(self, *, opens_in_reasoning: bool = False, expects_tags: bool = True) -> None:
        self._within_thought = opens_in_reasoning
        self._state: Literal["start", "reasoning", "answer"] = "start" if expects_tags else "answer"
        self._text = ""  # pushed and not yet sorted
        self._at_line_start = opens_in_reasoning and expects_tags  # blank lines here are not shown
        self._has_thought = False
        self.has_met_tag = False

    @property
    def is_thinking(self) -> bool:
        """Whether what comes next is thought, as far as can be told."""
        return self._state == "reasoning" or (self._state == "start" and self._within_thought)

    def skip(self, text: str) -> None:
        """Take in the beginning of the reply, which has been shown already, all of it."""
        self.push(text)
        self._text = ""

    def close(self) -> list[Reasoning | Answer]:
        """Take all that follows as the answer, as after a closing tag; return what of the thought was held back."""
        events = self.push(END_THINK)
        self._state = "answer"
        return events

    def push(self, text: str) -> list[Reasoning | Answer]:
        """Return the events that ``text`` settles."""
        self._text += text
        return self._sort(final=False)

    def flush(self) -> list[Reasoning | Answer]:
        """Return the events of what was held back; call once, after the last piece."""
        return self._sort(final=True)

    def _sort(self, *, final: bool) -> list[Reasoning | Answer]:
        events: list[Reasoning | Answer] = []
        if self._state == "start":
            self._open(final=final)
        if self._state == "reasoning":
            events += self._reason(final=final)
            if self._state == "start":
                return events + self._sort(final=final)
        if self._state == "answer" and self._starts(final=final):
            events += [Answer(text=self._text)]
            self._text = ""
        return events

    def _open(self, *, final: bool) -> None:
        """Leave the start once it is clear whether the reply opens a thought."""
        text = self._text.lstrip()
        if text.startswith(THINK):
            self._text = text[len(THINK) :]
            self._state, self._at_line_start, self.has_met_tag = "reasoning", True, True
        elif final or not THINK.startswith(text):
            self._state = "reasoning" if self._within_thought else "answer"

    def _reason(self, *, final: bool) -> list[Reasoning]:
        thought, closed, rest = self._text.partition(END_THINK)
        if closed:
            self.has_met_tag = True
            self._text = thought.rstrip()
            event = self._thought() if self._starts(final=True) else []
            self._text, self._at_line_start, self._within_thought = rest, True, False
            self._state = "answer" if self._has_thought else "start"
            return event
        if not self._starts(final=final):
            return []
        held = "" if final else self._text[_settled_length(self._text) :]
        self._text = self._text[: len(self._text) - len(held)]
        event = self._thought()
        self._text = held
        return event

    def _thought(self) -> list[Reasoning]:
        text, self._text = self._text, ""
        self._has_thought = self._has_thought or bool(text.strip())
        return [Reasoning(text=text)] if text else []

    def _starts(self, *, final: bool) -> bool:
        """Drop blank lines behind a tag; return whether there is text to show."""
        if not self._at_line_start:
            return bool(self._text)
        words = self._text.lstrip()
        if not words:
            self._text = "" if final else self._text
            return False
        blank = self._text[: len(self._text) - len(words)]
        self._text = self._text[blank.rfind("\n") + 1 :]
        self._at_line_start = False
        return True


def _settled_length(text: str) -> int:
    """Return how much of ``text`` is thought for certain: not the beginning of a tag, nor the blanks before it."""
    for size in range(min(len(text), len(END_THINK) - 1), 0, -1):
        if text.endswith(END_THINK[:size]):
            return len(text[: len(text) - size].rstrip())
    return len(text.rstrip())
