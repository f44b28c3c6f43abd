"""One reply's events, for as long as its client is there. Knows no format.

A client that leaves ends its reply.
"""

from collections.abc import AsyncGenerator, Callable

from anyio import CancelScope, to_thread
from fastapi import Request

from deepseek_space.events import Done, Event, EventStream, Usage


async def events_until_left(
    stream: EventStream, request: Request, *, count: Callable[[Usage], None]
) -> AsyncGenerator[Event, None]:
    """Yield the events until the client leaves; closes ``stream`` then, as at its end. The figures are counted."""
    try:
        while (event := await to_thread.run_sync(next, stream, None)) is not None:
            if isinstance(event, Done):
                count(event.usage)
            yield event
            if await request.is_disconnected():
                return
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(stream.close)
