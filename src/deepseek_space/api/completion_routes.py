"""Texts to be continued, over any backend, for programs made for OpenAI. Knows no model and no key."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace

from anyio import CancelScope, to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.completion_body import CompletionBody, Texts, read_completion_body, to_texts
from deepseek_space.api.completion_format import CompletionReply, total
from deepseek_space.api.completion_text import CompletionText, Part
from deepseek_space.api.event_stream import (
    KEEP_ALIVE,
    LEFT,
    MEDIA_TYPE,
    UNBUFFERED,
    Patience,
    events_until_left,
    first_event,
    line,
)
from deepseek_space.api.openai_errors import error_json, told
from deepseek_space.api.request_body import read
from deepseek_space.api.sampling_fields import numbered
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Done, Event, Usage
from deepseek_space.status import Status
from deepseek_space.types import Completion

Parts = AsyncGenerator[tuple[int, Part | None], None]


async def complete(backend: Backend, request: Request, patience: Patience, *, has_key: bool) -> Response:
    """Answer ``request``, in pieces as it goes or whole."""
    try:
        body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        completions = [replace(one, scope=scope) for one in _with_own_seeds(asked)]
        texts = [
            CompletionText(one, echo=asked.echo, scores=asked.scores, says_nothing=asked.says_nothing)
            for one in completions
        ]
        parts = continued(texts, lambda number: events_until_left(backend.stream(completions[number]), request))
        reply = CompletionReply(model=backend.status().model, scores=asked.scores)
        wait_s = patience.first_word_s if body.stream else None
        first = await first_event(parts, says_something=lambda pair: pair[1] is not None, wait_s=wait_s)
        if first is None:
            return Response(status_code=LEFT)
        if body.stream:
            pieces = _pieces(reply, body, asked, texts, first, parts, silence_s=patience.silence_s)
            return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=UNBUFFERED)
        return await _whole(reply, asked, texts, first, parts)
    except SpaceError as error:
        return told(error)


async def continued(texts: Sequence[CompletionText], begin: Callable[[int], AsyncGenerator[Event, None]]) -> Parts:
    """Yield the parts of ``texts`` in their order, each with its number; ends early where nobody is there any more.

    One after the other: what was read for a text is known when it is continued once more.
    """
    for number, text in enumerate(texts):
        events = begin(number)
        try:
            async for event in events:
                yield number, text.take(event)
                if isinstance(event, Done):
                    break
        finally:
            with CancelScope(shield=True):
                await events.aclose()
        if text.usage is None:
            return


def _understood(data: bytes, status: Status) -> tuple[CompletionBody, Texts]:
    body = read_completion_body(data)
    return body, to_texts(body, status)


def _with_own_seeds(asked: Texts) -> list[Completion]:
    """Return what is to be continued; the same text for the second time with another seed, if one is given."""
    return [
        replace(one, sampling=numbered(one.sampling, number % asked.n)) for number, one in enumerate(asked.completions)
    ]


def _usage(asked: Texts, texts: Sequence[CompletionText]) -> Usage:
    return total([text.usage for text in texts if text.usage], n=asked.n, says_nothing=asked.says_nothing)


async def _whole(
    reply: CompletionReply, asked: Texts, texts: list[CompletionText], first: tuple[int, Part | None], parts: Parts
) -> Response:
    found: list[list[Part]] = [[] for _ in texts]
    pair: tuple[int, Part | None] | None = first
    while pair is not None:
        number, part = pair
        found[number] += [part] if part else []
        pair = await anext(parts, None)
    if texts[-1].usage is None:
        return Response(status_code=LEFT)
    return JSONResponse(reply.whole(texts, found, _usage(asked, texts)))


async def _pieces(
    reply: CompletionReply,
    body: CompletionBody,
    asked: Texts,
    texts: list[CompletionText],
    first: tuple[int, Part | None],
    parts: Parts,
    *,
    silence_s: float,
) -> AsyncIterator[str]:
    spoke = time.monotonic()
    try:
        pair: tuple[int, Part | None] | None = first
        while pair is not None:
            number, part = pair
            if part is not None or time.monotonic() - spoke >= silence_s:
                yield KEEP_ALIVE if part is None else line(reply.piece(number, texts[number], part))
                spoke = time.monotonic()
            pair = await anext(parts, None)
        if texts[-1].usage is None:
            return
        if body.stream_options.include_usage:
            yield line(reply.usage_piece(_usage(asked, texts)))
        yield "data: [DONE]\n\n"
    except SpaceError as error:
        yield line(error_json(error)[1])
    finally:
        with CancelScope(shield=True):
            await parts.aclose()
