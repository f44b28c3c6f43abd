"""Pieces of text on their way to one reader, as few events as say the same. Knows no model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from deepseek_space.events import Answer, Event, Reasoning

MOST_PER_S = 30.0
"""More than a page can show; each message costs the engine's process time that all readers lose."""


class Pieces:
    """Holds pieces back so that no more than ``MOST_PER_S`` go out; the first goes at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: list[Event] = []
        self._passed_s = -inf

    @property
    def are_due(self) -> bool:
        """Tell whether the last ones went out long enough ago."""
        return self._clock() - self._passed_s >= 1 / MOST_PER_S

    def take(self, more: Sequence[Event]) -> None:
        """Hold ``more``."""
        self._held = joined_pieces(self._held, more)

    def pass_on(self) -> list[Event]:
        """Return what was held, to be sent now."""
        held, self._held = self._held, []
        if held:
            self._passed_s = self._clock()
        return held


def joined_pieces(held: Sequence[Event], more: Sequence[Event]) -> list[Event]:
    """Return the events of ``held`` and then of ``more``, neighbours of one kind as one piece."""
    events = list(held)
    for event in more:
        last = events[-1] if events else None
        if isinstance(last, Answer | Reasoning) and isinstance(event, type(last)):
            events[-1] = replace(last, text=last.text + event.text, tokens=(*last.tokens, *event.tokens))
        else:
            events.append(event)
    return events
