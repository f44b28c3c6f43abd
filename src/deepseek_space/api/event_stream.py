"""One reply's events, for as long as its client is there. Knows no format.

A client that leaves ends its reply. A stream has its headers within about a second, whatever the model is doing, and
comments from then on, so that no proxy takes it for dead.
"""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import CancelScope, to_thread
from fastapi import Request

from deepseek_space.events import Event, EventStream

Item = TypeVar("Item")  # an event, or one with its reply's number
LEFT = 499  # as nginx calls it; nobody reads it
KEEP_ALIVE = ": keep-alive\n\n"
MEDIA_TYPE = "text/event-stream"
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """For how long a stream's first word is waited for, so that an error has its own HTTP status, and the longest it
    is silent from then on."""

    first_word_s: float = 1.0
    silence_s: float = 10.0


async def events_until_left(stream: EventStream, request: Request) -> AsyncGenerator[Event, None]:
    """Yield the events until the client leaves; closes ``stream`` then, as at its end."""
    try:
        while (event := await to_thread.run_sync(next, stream, None)) is not None:
            yield event
            if await request.is_disconnected():
                return
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(stream.close)


async def first_event(
    events: AsyncIterator[Item], *, says_something: Callable[[Item], bool], wait_s: float | None
) -> Item | None:
    """Return the first event that says something, or the latest one once ``wait_s`` are over; None: nobody is there."""
    begun = time.monotonic()
    async for event in events:
        if says_something(event) or (wait_s is not None and time.monotonic() - begun >= wait_s):
            return event
    return None


def line(piece: Any) -> str:
    """Return ``piece`` as one event without a name."""
    return f"data: {json.dumps(piece, ensure_ascii=False)}\n\n"
