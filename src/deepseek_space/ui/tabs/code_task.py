"""What the Code tab is asked for, in each of its modes, and what becomes of the reply. Knows no components."""

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from deepseek_space.errors import RequestError
from deepseek_space.status import Status
from deepseek_space.text import codegen
from deepseek_space.text.bounds import check_length
from deepseek_space.types import Completion, Request, Sampling

Mode = Literal["write", "complete", "fill"]


def modes_for(status: Status) -> tuple[Mode, ...]:
    """Return what the model that answers can be asked for, the usual thing first.

    Every model could continue a text; it is offered where the model was trained for little else.
    """
    modes: list[Mode] = ["write"] if status.can_chat else []
    if not status.can_chat or status.can_infill:
        modes.append("complete")
    return (*modes, "fill") if status.can_infill else tuple(modes)


@dataclass(frozen=True, kw_only=True)
class CodeTask:
    """One click on the button: a ``task`` in words, or code ``before`` and ``after`` the place to write at."""

    mode: Mode
    language: str
    task: str = ""
    before: str = ""
    after: str = ""

    def request(self, sampling: Sampling) -> Request | Completion:
        """Return what the model is asked; raises RequestError where something is missing or far too long."""
        check_length("The task", self.task)
        check_length("The code", self.before + self.after)
        if self.mode == "write":
            return Request(messages=codegen.generation_messages(self.task, self.language), sampling=sampling)
        if self.mode == "fill" and not self.after.strip():
            raise RequestError("Write what comes after the gap too, or choose Complete.")
        return Completion(prefix=self.before, suffix=self.after if self.mode == "fill" else "", sampling=sampling)

    @property
    def question(self) -> str:
        """What was asked, in one text."""
        return self.task if self.mode == "write" else self.before + self.after

    def code(self, answer: str) -> str:
        """Return what the editor shows for as much of the answer as there is."""
        if self.mode == "write":
            code = codegen.split_code(answer, self.language).code
        else:
            code = self.before + answer + (self.after if self.mode == "fill" else "")
        # The editor strips the first line of its indentation, and would leave that of the others.
        return dedent(code)

    def explanation(self, answer: str) -> str:
        """Return what of the answer is not code."""
        return codegen.split_code(answer, self.language).explanation if self.mode == "write" else ""
