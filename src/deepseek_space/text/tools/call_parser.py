"""Pieces of an answer in, what is said and which tools are called out, at any split of the stream.

The arguments of a call grow as JSON text while they are written. The block's own opening tag may be left out, as models
do now and then in long contexts. Blanks before a block are dropped. Knows no tokens and no tool.
"""

import json
import re
from collections.abc import Callable, Iterable

from deepseek_space.events import Answer, Event, ToolArguments, ToolCallBegun
from deepseek_space.text.stop_strings import overlap
from deepseek_space.text.tools.conversation import (
    CALL_BEGIN,
    CALL_END,
    CALL_SEP,
    CALLS_BEGIN,
    CALLS_END,
    DSML_BLOCKS,
)
from deepseek_space.types import ToolFormat

_INVOKE, _INVOKE_END = "<｜DSML｜invoke", "</｜DSML｜invoke>"
_PARAMETER, _PARAMETER_END = "<｜DSML｜parameter", "</｜DSML｜parameter>"
_ATTRIBUTES = re.compile(r'name="(.*?)"(?:\s+string="(true|false)")?\s*$', re.DOTALL)
_FENCE = "```json\n"


class ToolCallParser:
    """Reads the calls of one answer, written in ``style``."""

    def __init__(self, style: ToolFormat) -> None:
        self._text = ""
        self._events: list[Answer | ToolCallBegun | ToolArguments] = []
        self._num_calls = 0
        self._state: Callable[[], bool] = self._say
        if style in DSML_BLOCKS:
            block = DSML_BLOCKS[style]
            self._openings, self._block_end = (f"<｜DSML｜{block}>", _INVOKE), f"</｜DSML｜{block}>"
            self._call_begin, self._open_call = _INVOKE, self._invoke
        else:
            self._openings, self._block_end = (CALLS_BEGIN, CALL_BEGIN), CALLS_END
            self._call_begin, self._open_call = CALL_BEGIN, self._name
        self._is_fenced = style == "v3"
        self._is_string = False
        self._num_parameters = 0

    @property
    def has_called(self) -> bool:
        """Tell whether there was a call."""
        return self._num_calls > 0

    def sort(self, events: Iterable[Event], *, final: bool = False) -> list[Event]:
        """Return ``events`` with calls in the place of the answers that wrote them."""
        found: list[Event] = []
        for event in events:
            if isinstance(event, Answer) and event.text:
                found += self.push(event.text)
            else:
                found.append(event)
        return [*found, *self.flush()] if final else found

    def push(self, text: str) -> list[Answer | ToolCallBegun | ToolArguments]:
        """Return the events that ``text`` settles."""
        self._text += text
        while self._state():
            pass
        events, self._events = self._events, []
        return events

    def flush(self) -> list[Answer | ToolCallBegun | ToolArguments]:
        """Return what was held back, where it was no call; a call that broke off stays as far as it came."""
        text, self._text = self._text, ""
        return [Answer(text=text)] if text and self._state == self._say else []

    # -- states: each takes what it can from the text and tells whether it is another's turn -------------------

    def _say(self) -> bool:
        found = [(at, tag) for tag in self._openings if (at := self._text.find(tag)) >= 0]
        if found:
            at, tag = min(found)
            self._tell(self._text[:at].rstrip())
            self._text = self._text[at + (len(tag) if tag != self._call_begin else 0) :]
            self._state = self._between
            return True
        held = max(overlap(self._text, tag) for tag in self._openings)
        settled = self._text[: len(self._text) - held].rstrip()
        self._tell(settled)
        self._text = self._text[len(settled) :]
        return False

    def _between(self) -> bool:
        """Look for the next call, or the end of the block."""
        text = self._text.lstrip()
        if text.startswith(self._call_begin):
            self._text = text[len(self._call_begin) :]
            self._state = self._open_call
            return True
        if text.startswith(self._block_end):
            self._text = text[len(self._block_end) :]
            self._state = self._say
            return True
        if not text or self._call_begin.startswith(text) or self._block_end.startswith(text):
            return False
        self._text, self._state = text, self._say  # neither: the block was left open
        return True

    def _name(self) -> bool:
        """Read V3's ``function<sep>NAME`` and a fence, or V3.1's ``NAME<sep>``."""
        head, is_whole, rest = self._text.partition(CALL_SEP)
        if is_whole and self._is_fenced:
            head, is_whole, rest = rest.partition(_FENCE)
        if not is_whole:
            return False
        self._begin(head.strip())
        self._text, self._state = rest, self._arguments
        return True

    def _arguments(self) -> bool:
        at = self._text.find(CALL_END)
        if at >= 0:
            written = self._text[:at]
            self._grow(written.rstrip().removesuffix("```").rstrip() if self._is_fenced else written)
            self._text, self._state = self._text[at + len(CALL_END) :], self._between
            return True
        ends = (CALL_END, f"```{CALL_END}", f"\n```{CALL_END}") if self._is_fenced else (CALL_END,)
        keep = len(self._text) - max(overlap(self._text, end) for end in ends)
        settled = self._text[:keep].rstrip() if self._is_fenced else self._text[:keep]
        self._grow(settled)
        self._text = self._text[len(settled) :]
        return False

    def _invoke(self) -> bool:
        head, is_whole, rest = self._text.partition(">")
        if not is_whole:
            return False
        attributes = _ATTRIBUTES.search(head)
        self._begin(attributes[1] if attributes else "")
        self._text, self._state, self._num_parameters = rest, self._parameter, 0
        return True

    def _parameter(self) -> bool:
        """Look for the next parameter, or the end of the call."""
        text = self._text.lstrip()
        if text.startswith(_INVOKE_END):
            self._grow("}" if self._num_parameters else "{}")
            self._text, self._state = text[len(_INVOKE_END) :], self._between
            return True
        head, is_whole, rest = text.partition(">")
        if not text.startswith(_PARAMETER) or not is_whole:
            return False
        attributes = _ATTRIBUTES.search(head)
        name, kind = (attributes[1], attributes[2]) if attributes else ("", "true")
        self._is_string = kind != "false"
        opening = f"{', ' if self._num_parameters else '{'}{json.dumps(name, ensure_ascii=False)}: "
        self._grow(opening + ('"' if self._is_string else ""))
        self._num_parameters += 1
        self._text, self._state = rest, self._value
        return True

    def _value(self) -> bool:
        at = self._text.find(_PARAMETER_END)
        keep = at if at >= 0 else len(self._text) - overlap(self._text, _PARAMETER_END)
        value, rest = self._text[:keep], self._text[keep:]
        self._grow(json.dumps(value, ensure_ascii=False)[1:-1] if self._is_string else value)
        self._text = rest
        if at < 0:
            return False
        self._grow('"' if self._is_string else "")
        self._text, self._state = rest[len(_PARAMETER_END) :], self._parameter
        return True

    # -- what is told -----------------------------------------------------------------------------------------

    def _tell(self, text: str) -> None:
        if text:
            self._events.append(Answer(text=text))

    def _begin(self, name: str) -> None:
        self._events.append(ToolCallBegun(index=self._num_calls, name=name))
        self._num_calls += 1

    def _grow(self, text: str) -> None:
        if text:
            self._events.append(ToolArguments(index=self._num_calls - 1, text=text))
