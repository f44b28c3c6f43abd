"""Pieces of text that follow each other, as few events as say the same. Knows no model and no reader."""

from collections.abc import Sequence
from dataclasses import replace

from deepseek_space.events import Answer, Event, Reasoning


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
