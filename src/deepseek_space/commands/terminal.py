"""A reply in the terminal: the answer as it is written, thoughts dimmed, progress in a line that gives way.

What a model writes steers no terminal: control characters are shown as signs. Knows no backend and no keys.
"""

import os
from collections.abc import Mapping
from typing import TextIO

from deepseek_space.events import Answer, Event, Loading, Prefill, Queued, Reasoning, Resorted, Usage
from deepseek_space.text.templates import END_THINK

_DIM, _PLAIN, _CLEAR = "\x1b[2m", "\x1b[0m", "\r\x1b[K"
_SIGNS: dict[int, int] = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_SIGNS |= dict.fromkeys(range(0x7F, 0xA0), 0xFFFD)


def shows_styles(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether ``stream`` is a terminal that dims; NO_COLOR and TERM=dumb say that it does not."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


class Terminal:
    """Writes answers to ``out`` and all else to ``notes``; where ``out`` is a pipe or a file it gets answers alone."""

    def __init__(self, out: TextIO, notes: TextIO, environ: Mapping[str, str]) -> None:
        self._out, self._notes = out, notes
        self._is_tty = out.isatty()
        self._dims = shows_styles(out, environ)
        self._dims_notes = shows_styles(notes, environ)
        self._moves = notes.isatty() and environ.get("TERM") != "dumb"
        self._part: type[Reasoning] | type[Answer] | None = None
        self._has_progress = False

    def show(self, event: Event) -> None:
        """Show ``event`` of a reply."""
        if isinstance(event, Reasoning) and not self._is_tty:
            self.progress("Thinking")
        elif isinstance(event, Reasoning | Answer):
            self._write(type(event), event.text)
        elif isinstance(event, Resorted):
            self._resort(event)
        elif isinstance(event, Loading | Queued | Prefill):
            self.progress(_progress(event))

    def close(self) -> None:
        """End the reply's last line, however the reply ended."""
        self.progress("")
        if self._part is Reasoning:
            self._out.write(_PLAIN if self._dims else f"\n{END_THINK}")
        if self._part:
            print(file=self._out, flush=True)
        self._part = None

    def figures(self, usage: Usage) -> None:
        """Tell how long the reply was, and how fast, to whoever watches it."""
        if self._is_tty:
            self.note(f"{usage.generated_tokens:,} tokens, {usage.tokens_per_second:.1f} a second")

    def note(self, text: str) -> None:
        """Write ``text`` beside the answers, dimmed."""
        self.progress("")
        start, end = (_DIM, _PLAIN) if self._dims_notes else ("", "")
        print(f"{start}{text.translate(_SIGNS)}{end}", file=self._notes, flush=True)

    def progress(self, text: str) -> None:
        """Put ``text`` into the line that gives way, or take the line away for ""; a pipe or a file gets none."""
        if not self._moves or not (text or self._has_progress):
            return
        shown = text.translate(_SIGNS)[: _columns(self._notes) - 1]
        print(f"{_CLEAR}{_DIM}{shown}{_PLAIN}" if shown else _CLEAR, end="", file=self._notes, flush=True)
        self._has_progress = bool(shown)

    def _write(self, part: type[Reasoning] | type[Answer], text: str) -> None:
        if part is not self._part:
            text = text.lstrip("\n")
        if not text:
            return
        self.progress("")
        if part is not self._part:
            self._enter(part)
        self._out.write(text.translate(_SIGNS) if self._is_tty else text)
        self._out.flush()

    def _resort(self, event: Resorted) -> None:
        """Show what of the reply is answer after all; what is out already cannot be taken back, but told by its tag."""
        if event.answer:
            self._write(Answer, event.answer)
        elif self._part is Answer:
            self._out.write(f"\n{END_THINK}\n\n")
            self._part = None

    def _enter(self, part: type[Reasoning] | type[Answer]) -> None:
        if part is Reasoning:
            self._out.write(_DIM if self._dims else "<think>\n")
        elif self._part is Reasoning:
            self._out.write(f"{_PLAIN}\n\n" if self._dims else f"\n{END_THINK}\n\n")
        self._part = part


def _progress(event: Loading | Queued | Prefill) -> str:
    if isinstance(event, Loading):
        return f"{event.stage}: {event.done / event.total:.0%}" if event.total else event.stage
    if isinstance(event, Queued):
        return f"Waiting, as number {event.position}" if event.position else "Waiting"
    return f"Reading: {event.read:,} of {event.total:,} tokens" if event.total else "Reading"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
