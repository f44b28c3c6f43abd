"""Something at least every ``HEARTBEAT_S`` from whatever is waited for, so that a reader who has left is noticed.

Whoever yields events from a thread of its own waits by one of these. Knows no model.
"""

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from deepseek_space.backends.base import Backend
from deepseek_space.events import Answer, Event, Reasoning, Resorted, ToolArguments, ToolCallBegun
from deepseek_space.status import Status

HEARTBEAT_S = 0.1

T = TypeVar("T")


def beats(wait: Callable[[float], bool]) -> Iterator[None]:
    """Yield once per heartbeat until ``wait``, which blocks for so many seconds at most, says that it is over."""
    while not wait(HEARTBEAT_S):
        yield


def arrivals(arrived: "queue.SimpleQueue[T]") -> Iterator[T | None]:
    """Yield what arrives, without an end, and None after each heartbeat without anything."""
    while True:
        try:
            item = arrived.get(timeout=HEARTBEAT_S)
        except queue.Empty:
            item = None
        yield item


def while_loading(backend: Backend) -> Iterator[Status]:
    """Yield the status at once and then once per heartbeat, for as long as nothing answers but a model is coming."""
    while (status := backend.status()).state == "loading":
        yield status
        time.sleep(HEARTBEAT_S)


def pulse(latest: Event) -> Event:
    """Return an event that says nothing new after ``latest``."""
    match latest:
        case ToolCallBegun() | ToolArguments():
            return Answer(text="")
        case Reasoning() | Answer():
            return replace(latest, text="", tokens=())
        case Resorted(answer=answer):
            return Answer(text="") if answer else Reasoning(text="")
    return latest
