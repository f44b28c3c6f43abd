"""Several replies to one request as one stream of their events. Knows no format and no backend."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from anyio import CancelScope

from deepseek_space.events import Answer, Done, Event, Reasoning

Events = AsyncGenerator[Event, None]
Numbered = tuple[int, Event]


async def choices(begin: Callable[[int], Events], count: int) -> AsyncGenerator[Numbered, None]:
    """Yield the events of replies 0 to ``count`` - 1, which ``begin`` starts, each with its number.

    The first has the prompt to itself until its first word: the others can begin from what was read for it. All end
    where one of them breaks off, or ends without Done, as it does when nobody reads it.
    """
    first = begin(0)
    streams = [first]
    try:
        async for event in first:
            yield 0, event
            if count > 1 and _speaks(event):
                break
        else:
            if count == 1:
                return
        streams += [begin(number) for number in range(1, count)]
        async with aclosing(_together(dict(enumerate(streams)))) as together:
            async for pair in together:
                yield pair
    finally:
        with CancelScope(shield=True):
            for stream in streams:
                await stream.aclose()


def _speaks(event: Event) -> bool:
    return isinstance(event, Done) or (isinstance(event, Answer | Reasoning) and bool(event.text))


async def _together(streams: Mapping[int, Events]) -> AsyncGenerator[Numbered, None]:
    waiting = {_next(stream): number for number, stream in streams.items()}
    try:
        while waiting:
            ready, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in ready:
                number, event = waiting.pop(task), task.result()
                if event is not None:
                    yield number, event
                    waiting[_next(streams[number])] = number
    finally:
        with CancelScope(shield=True):  # a stream cannot be closed while its next event is made
            await asyncio.gather(*waiting, return_exceptions=True)


def _next(stream: Events) -> asyncio.Task[Event | None]:
    async def event() -> Event | None:
        return await anext(stream, None)

    return asyncio.create_task(event())
