"""/v1/models and /v1/chat/completions over any backend, for programs made for OpenAI.

Knows no model; the format is in ``openai_format``.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

from anyio import CancelScope, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.access import ASKS_FOR_KEY, Action, guarded
from deepseek_space.api.chat_body import ChatBody, read_body, to_request
from deepseek_space.api.client_scope import scope_of_client
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
from deepseek_space.api.openai_errors import error_json, refused, told
from deepseek_space.api.openai_format import Reply, model_json, models_json
from deepseek_space.api.request_body import read
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted
from deepseek_space.types import Request as Asked
from deepseek_space.types import Status

_METHODS = {"models": "GET", "chat/completions": "POST"}
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")


def install(
    app: FastAPI, backend: Backend, *, credentials: tuple[str, str] | None = None, patience: Patience | None = None
) -> None:
    """Add the routes to ``app``, also to one that serves already.

    With ``credentials`` (name, password) the key that clients give is ``name:password``.
    """
    key = ":".join(credentials) if credentials else ""

    def known(action: Action) -> Action:
        return guarded(action, key=key, refusal=lambda: refused(401, ASKS_FOR_KEY, code="invalid_api_key"))

    async def models(_: Request) -> Response:
        return JSONResponse(models_json(backend.status()))

    async def model(request: Request) -> Response:
        return _model(backend.status(), request.path_params["name"])

    async def chat(request: Request) -> Response:
        return await _chat(backend, request, patience or Patience(), has_key=bool(key))

    app.add_api_route("/v1/models", known(models), methods=["GET"], include_in_schema=False)
    app.add_api_route("/v1/models/{name:path}", known(model), methods=["GET"], include_in_schema=False)
    app.add_api_route("/v1/chat/completions", known(chat), methods=["POST"], include_in_schema=False)
    app.add_route("/v1/{rest:path}", known(_nothing), methods=list(_ANY), include_in_schema=False)


def _model(status: Status, name: str) -> Response:
    if status.state == "ready" and name == status.model:
        return JSONResponse(model_json(status))
    return refused(404, f"There is no model {name} here; {status.model or 'none'} answers.", code="model_not_found")


async def _nothing(request: Request) -> Response:
    path = request.path_params["rest"].strip("/")
    method = _METHODS.get(path.split("/")[0] if path.startswith("models/") else path)
    if method is not None:
        return refused(405, f"/v1/{path} wants {method}.")
    return refused(404, f"There is no /v1/{path} here. There are /v1/models and /v1/chat/completions.")


async def _chat(backend: Backend, request: Request, patience: Patience, *, has_key: bool) -> Response:
    try:
        body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        events = events_until_left(backend.stream(replace(asked, scope=scope)), request)
        reply = Reply(model=backend.status().model)
        first = await first_event(
            events,
            says_something=lambda event: reply.piece(event) is not None,
            wait_s=patience.first_word_s if body.stream else None,
        )
        if first is None:
            return Response(status_code=LEFT)
        if body.stream:
            pieces = _pieces(reply, body, first, events, silence_s=patience.silence_s)
            return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=UNBUFFERED)
        return await _whole(reply, first, events)
    except SpaceError as error:
        return told(error)


def _understood(data: bytes, status: Status) -> tuple[ChatBody, Asked]:
    body = read_body(data)
    return body, to_request(body, status)


async def _whole(reply: Reply, first: Event, events: AsyncIterator[Event]) -> Response:
    thoughts, answer, event = "", "", first
    while not isinstance(event, Done):
        if isinstance(event, Resorted):
            thoughts, answer = event.reasoning, event.answer
        thoughts += event.text if isinstance(event, Reasoning) else ""
        answer += event.text if isinstance(event, Answer) else ""
        if (event := await anext(events, None)) is None:
            return Response(status_code=LEFT)
    return JSONResponse(reply.whole(thoughts, answer, event.usage))


async def _pieces(
    reply: Reply, body: ChatBody, first: Event, events: AsyncIterator[Event], *, silence_s: float
) -> AsyncIterator[str]:
    yield line(reply.first_piece())
    spoke = time.monotonic()
    try:
        event: Event | None = first
        while event is not None:
            piece = reply.piece(event)
            if piece is not None or time.monotonic() - spoke >= silence_s:
                yield KEEP_ALIVE if piece is None else line(piece)
                spoke = time.monotonic()
            if isinstance(event, Done):
                if body.stream_options.include_usage:
                    yield line(reply.usage_piece(event.usage))
                yield "data: [DONE]\n\n"
                return
            event = await anext(events, None)
    except SpaceError as error:
        yield line(error_json(error)[1])
    finally:
        with CancelScope(shield=True):
            await events.aclose()
