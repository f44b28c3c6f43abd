"""A reply on its way to its client, in pieces as it goes or whole, in the words of any protocol. Knows none of them.

A stream has its headers within about a second, whatever the model is doing, and comments from then on, so that no
proxy takes it for dead.
"""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from anyio import CancelScope
from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.errors import SpaceError

LEFT = 499  # as nginx calls it; nobody reads it
KEEP_ALIVE = ": keep-alive\n\n"
LAST_LINE = "data: [DONE]\n\n"
MEDIA_TYPE = "text/event-stream"
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

Item = TypeVar("Item")  # an event, or one with its reply's number
Taken = TypeVar("Taken", contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """For how long a stream's first word is waited for, so that an error has its own HTTP status, and the longest it
    is silent from then on."""

    first_word_s: float = 1.0
    silence_s: float = 10.0


class Telling(Protocol[Taken]):
    """What one protocol makes of a reply. ``keep_alive`` is its line that says nothing."""

    keep_alive: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to come."""
        ...

    def opening(self) -> Iterable[str]:
        """Return the lines that come first, in a stream."""
        ...

    def take(self, item: Taken) -> Sequence[str]:
        """Take in what comes next; return the lines that it makes in a stream, often none."""
        ...

    def closing(self) -> Iterable[str]:
        """Return the lines that come last, in a stream."""
        ...

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells why a stream ends early."""
        ...

    def whole(self) -> Any:
        """Return the JSON of a reply that has ended."""
        ...


async def respond(
    telling: Telling[Item], items: AsyncGenerator[Item, None], *, is_streamed: bool, patience: Patience
) -> Response:
    """Return the answer that tells of ``items``, which end early where the client has left.

    Raises SpaceError where one comes before the first word.
    """
    if not is_streamed:
        return await _whole(telling, items)
    begun = time.monotonic()
    async for item in items:
        lines = telling.take(item)
        if lines or telling.has_ended or time.monotonic() - begun >= patience.first_word_s:
            told = _lines(telling, lines, items, silence_s=patience.silence_s)
            return StreamingResponse(told, media_type=MEDIA_TYPE, headers=UNBUFFERED)
    return Response(status_code=LEFT)


async def _whole(telling: Telling[Item], items: AsyncGenerator[Item, None]) -> Response:
    try:
        async for item in items:
            telling.take(item)
            if telling.has_ended:
                break
    finally:
        await _close(items)
    return JSONResponse(telling.whole()) if telling.has_ended else Response(status_code=LEFT)


async def _lines(
    telling: Telling[Item], first: Sequence[str], items: AsyncGenerator[Item, None], *, silence_s: float
) -> AsyncIterator[str]:
    spoke = time.monotonic()
    lines = [*telling.opening(), *first]
    try:
        while not telling.has_ended:
            if not lines and time.monotonic() - spoke >= silence_s:
                lines = [telling.keep_alive]
            for text in lines:
                yield text
            spoke = time.monotonic() if lines else spoke
            item = await anext(items, None)
            if item is None:
                return
            lines = telling.take(item)
        for text in (*lines, *telling.closing()):
            yield text
    except SpaceError as error:
        yield telling.broken_off(error)
    finally:
        await _close(items)


async def _close(items: AsyncGenerator[Any, None]) -> None:
    with CancelScope(shield=True):
        await items.aclose()


def line(piece: Any) -> str:
    """Return ``piece`` as one event without a name."""
    return f"data: {json.dumps(piece, ensure_ascii=False)}\n\n"
