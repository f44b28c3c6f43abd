"""Conversations over any backend, for programs made for Anthropic. Knows no model; the format is elsewhere."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace

from anyio import CancelScope, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.access import ASKS_FOR_KEY, Action, guarded
from deepseek_space.api.anthropic_body import AnthropicBody, read_anthropic_body, texts_of, to_chat
from deepseek_space.api.anthropic_errors import anthropic_error_json, anthropic_refused, anthropic_told
from deepseek_space.api.anthropic_format import PING, MessageStream, named_line, whole
from deepseek_space.api.chat_body import check_model, to_request
from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.event_stream import (
    LEFT,
    MEDIA_TYPE,
    UNBUFFERED,
    Patience,
    events_until_left,
    first_event,
)
from deepseek_space.api.openai_format import Told
from deepseek_space.api.request_body import read
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted, ToolArguments, ToolCallBegun
from deepseek_space.status import Status
from deepseek_space.types import Request as Asked

TOKENS_PER_MESSAGE = 4  # about what a format puts around each


def install(app: FastAPI, backend: Backend, *, key: str, patience: Patience) -> None:
    """Add the routes to ``app``; whoever asks brings ``key``, unless it is empty."""

    def known(action: Action) -> Action:
        return guarded(action, key=key, refusal=lambda: anthropic_refused(401, ASKS_FOR_KEY))

    async def messages(request: Request) -> Response:
        return await _messages(backend, request, patience, has_key=bool(key))

    async def count(request: Request) -> Response:
        return await _count(backend, request)

    for root in ("/v1", "/anthropic/v1"):  # the second is where DeepSeek has them
        app.add_api_route(f"{root}/messages", known(messages), methods=["POST"], include_in_schema=False)
        app.add_api_route(f"{root}/messages/count_tokens", known(count), methods=["POST"], include_in_schema=False)


async def _messages(backend: Backend, request: Request, patience: Patience, *, has_key: bool) -> Response:
    try:
        body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
        asked = replace(asked, scope=scope_of_client(request, has_key=has_key))
        events = events_until_left(backend.stream(asked), request)
        model = backend.status().model
        first = await first_event(
            events, says_something=_says_something, wait_s=patience.first_word_s if body.stream else None
        )
        if first is None:
            return Response(status_code=LEFT)
        if body.stream:
            lines = _lines(MessageStream(model=model), first, events, silence_s=patience.silence_s)
            return StreamingResponse(lines, media_type=MEDIA_TYPE, headers=UNBUFFERED)
        return await _whole(model, first, events)
    except SpaceError as error:
        return anthropic_told(error)


async def _count(backend: Backend, request: Request) -> Response:
    try:
        data = await read(request)
        return JSONResponse({"input_tokens": await to_thread.run_sync(_counted, data, backend)})
    except SpaceError as error:
        return anthropic_told(error)


def _understood(data: bytes, status: Status) -> tuple[AnthropicBody, Asked]:
    body = read_anthropic_body(data)
    return body, to_request(to_chat(body), status)


def _counted(data: bytes, backend: Backend) -> int:
    chat = to_chat(read_anthropic_body(data))
    check_model(chat.model, backend.status())
    return sum(backend.count_tokens(text) + TOKENS_PER_MESSAGE for text in texts_of(chat))


def _says_something(event: Event) -> bool:
    is_text = isinstance(event, Answer | Reasoning) and bool(event.text)
    return is_text or isinstance(event, Done | Resorted | ToolCallBegun | ToolArguments)


async def _whole(model: str, first: Event, events: AsyncGenerator[Event, None]) -> Response:
    told = Told()
    event: Event | None = first
    while event is not None and told.usage is None:
        told.take(event)
        event = None if told.usage else await anext(events, None)
    return JSONResponse(whole(model, told, told.usage)) if told.usage else Response(status_code=LEFT)


async def _lines(
    stream: MessageStream, first: Event, events: AsyncGenerator[Event, None], *, silence_s: float
) -> AsyncIterator[str]:
    yield stream.begin()
    spoke = time.monotonic()
    try:
        event: Event | None = first
        while event is not None:
            lines = list(stream.lines(event))
            if not lines and time.monotonic() - spoke >= silence_s:
                lines = [PING]
            for line in lines:
                yield line
            spoke = time.monotonic() if lines else spoke
            event = None if isinstance(event, Done) else await anext(events, None)
    except SpaceError as error:
        yield named_line("error", error=anthropic_error_json(error)[1]["error"])
    finally:
        with CancelScope(shield=True):
            await events.aclose()
