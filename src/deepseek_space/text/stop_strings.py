"""Pieces of an answer in, what stands before its first stop string out, at any split of the stream.

They count for the answer alone: a thought that mentions one goes on. Knows no tokens and no server.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from deepseek_space.events import Answer, Event, Resorted


class StopStrings:
    """Ends one answer at the first of ``stop`` to be complete, however the text was cut; of several, at the longest."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""  # text that may begin a stop string
        self.is_met = False

    def push(self, text: str) -> str:
        """Return what of the answer is certain to be none of a stop string; nothing once one ``is_met``."""
        if self.is_met or not text or not self._stop:
            return "" if self.is_met else text
        text = self._held + text
        matches = [(at + len(stop), at) for stop in self._stop if (at := text.find(stop)) >= 0]
        if matches:
            self.is_met, self._held = True, ""
            return text[: min(matches)[1]]
        held = max(overlap(text, stop) for stop in self._stop)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def cut(self, events: Iterable[Event], *, final: bool = False) -> Iterator[Event]:
        """Yield answers up to a stop string and all else as it is; ``final``: with what was held back till now."""
        for event in events:
            match event:
                case Answer(text=text):
                    if shown := self.push(text):
                        yield Answer(text=shown)
                case Resorted(answer=answer):
                    self._held = ""
                    yield replace(event, answer=self.push(answer))
                case _:
                    yield event
        if final and self._held:
            text, self._held = self._held, ""
            yield Answer(text=text)


def overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of ``text`` may be the beginning of ``stop``."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)
