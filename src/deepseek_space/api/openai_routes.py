"""/v1/models and /v1/chat/completions over any backend, for programs made for OpenAI.

Knows no model; the format is in ``openai_format``.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace

from anyio import CancelScope, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api import anthropic_routes
from deepseek_space.api.absent_routes import nothing
from deepseek_space.api.access import ASKS_FOR_KEY, Action, guarded
from deepseek_space.api.chat_body import ChatBody, read_body, to_request
from deepseek_space.api.choices import Numbered, choices
from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.completion_routes import complete
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
from deepseek_space.api.infill_routes import infill
from deepseek_space.api.openai_errors import error_json, refused, told
from deepseek_space.api.openai_format import Reply, Told, model_json, models_json
from deepseek_space.api.request_body import read
from deepseek_space.api.sampling_fields import numbered
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.types import Request as Asked

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

    async def continued(request: Request) -> Response:
        return await complete(backend, request, patience or Patience(), has_key=bool(key))

    async def filled(request: Request) -> Response:
        return await infill(backend, request, patience or Patience(), has_key=bool(key))

    app.add_api_route("/infill", known(filled), methods=["POST"], include_in_schema=False)
    for root in ("/v1", "/beta"):  # the second is DeepSeek's name for the same, with what it has not elsewhere
        app.add_api_route(f"{root}/models", known(models), methods=["GET"], include_in_schema=False)
        app.add_api_route(f"{root}/models/{{name:path}}", known(model), methods=["GET"], include_in_schema=False)
        app.add_api_route(f"{root}/chat/completions", known(chat), methods=["POST"], include_in_schema=False)
        app.add_api_route(f"{root}/completions", known(continued), methods=["POST"], include_in_schema=False)
    anthropic_routes.install(app, backend, key=key, patience=patience or Patience())
    app.add_route("/v1/{rest:path}", known(nothing), methods=list(_ANY), include_in_schema=False)


def _model(status: Status, name: str) -> Response:
    if status.state == "ready" and name == status.model:
        return JSONResponse(model_json(status))
    return refused(404, f"There is no model {name} here; {status.model or 'none'} answers.", code="model_not_found")


async def _chat(backend: Backend, request: Request, patience: Patience, *, has_key: bool) -> Response:
    try:
        body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        asked = replace(asked, scope=scope)
        events = choices(lambda number: events_until_left(backend.stream(_numbered(asked, number)), request), body.n)
        reply = Reply(model=backend.status().model)
        first = await first_event(
            events,
            says_something=lambda pair: reply.piece(*pair) is not None,
            wait_s=patience.first_word_s if body.stream else None,
        )
        if first is None:
            return Response(status_code=LEFT)
        if body.stream:
            pieces = _pieces(reply, body, first, events, silence_s=patience.silence_s)
            return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=UNBUFFERED)
        return await _whole(reply, body, first, events)
    except SpaceError as error:
        return told(error)


def _understood(data: bytes, status: Status) -> tuple[ChatBody, Asked]:
    body = read_body(data)
    return body, to_request(body, status)


def _numbered(asked: Asked, number: int) -> Asked:
    return replace(asked, sampling=numbered(asked.sampling, number))


async def _whole(reply: Reply, body: ChatBody, first: Numbered, events: AsyncGenerator[Numbered, None]) -> Response:
    told = [Told() for _ in range(body.n)]
    try:
        pair: Numbered | None = first
        while pair is not None:
            told[pair[0]].take(pair[1])
            pair = None if all(one.usage for one in told) else await anext(events, None)
    finally:
        with CancelScope(shield=True):
            await events.aclose()
    return JSONResponse(reply.whole(told)) if all(one.usage for one in told) else Response(status_code=LEFT)


async def _pieces(
    reply: Reply, body: ChatBody, first: Numbered, events: AsyncGenerator[Numbered, None], *, silence_s: float
) -> AsyncIterator[str]:
    told = [Told() for _ in range(body.n)]
    for number in range(body.n):
        yield line(reply.first_piece(number))
    spoke = time.monotonic()
    try:
        pair: Numbered | None = first
        while pair is not None:
            told[pair[0]].take(pair[1])
            piece = reply.piece(*pair)
            if piece is not None or time.monotonic() - spoke >= silence_s:
                yield KEEP_ALIVE if piece is None else line(piece)
                spoke = time.monotonic()
            if all(one.usage for one in told):
                if body.stream_options.include_usage:
                    yield line(reply.usage_piece(told))
                yield "data: [DONE]\n\n"
                return
            pair = await anext(events, None)
    except SpaceError as error:
        yield line(error_json(error)[1])
    finally:
        with CancelScope(shield=True):
            await events.aclose()
