"""/v1/models and /v1/chat/completions over any backend, for programs made for OpenAI.

A client that leaves ends its reply. A stream has its headers within about a second, whatever the model is doing, and
comments from then on, so that no proxy takes it for dead. Knows no model; the format is in ``openai_format``.
"""

import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from anyio import CancelScope, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.chat_body import ChatBody, read_body, to_request
from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.openai_errors import error_json, refused, told
from deepseek_space.api.openai_format import Reply, model_json, models_json
from deepseek_space.backends.base import Backend
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted
from deepseek_space.types import Request as Asked
from deepseek_space.types import Status

MAX_BODY_BYTES = 8 << 20
_LEFT = 499  # as nginx calls it; nobody reads it
_KEEP_ALIVE = ": keep-alive\n\n"
_METHODS = {"models": "GET", "chat/completions": "POST"}
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")
_UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """For how long a stream's first word is waited for, so that an error has its own HTTP status, and the longest it
    is silent from then on."""

    first_word_s: float = 1.0
    silence_s: float = 10.0


def install(
    app: FastAPI, backend: Backend, *, credentials: tuple[str, str] | None = None, patience: Patience | None = None
) -> None:
    """Add the routes to ``app``, also to one that serves already.

    With ``credentials`` (name, password) the key that clients give is ``name:password``.
    """
    key = ":".join(credentials) if credentials else ""

    def known(action: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def asked(request: Request) -> Response:
            if _is_stranger(request, key):
                return refused(401, "Give USER:PASSWORD of --auth as the API key.", code="invalid_api_key")
            return await action(request)

        return asked

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


def _is_stranger(request: Request, key: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # Headers arrive as Latin-1. Programs write other signs in UTF-8; JavaScript's fetch has Latin-1 alone.
    written = given.strip().encode("latin-1")
    is_right = any(secrets.compare_digest(written, key.encode(coding, "replace")) for coding in ("utf-8", "latin-1"))
    return bool(key) and not (scheme.lower() == "bearer" and is_right)


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
        body, asked = await to_thread.run_sync(_understood, await _read(request), backend.status())
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        events = _events(backend.stream(replace(asked, scope=scope)), request)
        reply = Reply(model=backend.status().model)
        first = await _first(reply, events, patience.first_word_s if body.stream else None)
        if first is None:
            return Response(status_code=_LEFT)
        if body.stream:
            pieces = _pieces(reply, body, first, events, silence_s=patience.silence_s)
            return StreamingResponse(pieces, media_type="text/event-stream", headers=_UNBUFFERED)
        return await _whole(reply, first, events)
    except SpaceError as error:
        return told(error)


def _understood(data: bytes, status: Status) -> tuple[ChatBody, Asked]:
    body = read_body(data)
    return body, to_request(body, status)


async def _read(request: Request) -> bytes:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise RequestError(f"The request is larger than {MAX_BODY_BYTES >> 20} MiB. Send less.")
    return bytes(data)


async def _events(stream: Iterator[Event], request: Request) -> AsyncIterator[Event]:
    """Yield the events until the client leaves; closes ``stream`` then, as at its end."""
    try:
        while (event := await to_thread.run_sync(next, stream, None)) is not None:
            yield event
            if await request.is_disconnected():
                return
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(stream.close)


async def _first(reply: Reply, events: AsyncIterator[Event], wait_s: float | None) -> Event | None:
    """Return the first event that says something, or the latest one once ``wait_s`` are over; None: nobody is there."""
    begun = time.monotonic()
    async for event in events:
        if reply.piece(event) is not None or (wait_s is not None and time.monotonic() - begun >= wait_s):
            return event
    return None


async def _whole(reply: Reply, first: Event, events: AsyncIterator[Event]) -> Response:
    thoughts, answer, event = "", "", first
    while not isinstance(event, Done):
        if isinstance(event, Resorted):
            thoughts, answer = event.reasoning, event.answer
        thoughts += event.text if isinstance(event, Reasoning) else ""
        answer += event.text if isinstance(event, Answer) else ""
        if (event := await anext(events, None)) is None:
            return Response(status_code=_LEFT)
    return JSONResponse(reply.whole(thoughts, answer, event.usage))


async def _pieces(
    reply: Reply, body: ChatBody, first: Event, events: AsyncIterator[Event], *, silence_s: float
) -> AsyncIterator[str]:
    yield _line(reply.first_piece())
    spoke = time.monotonic()
    try:
        event: Event | None = first
        while event is not None:
            piece = reply.piece(event)
            if piece is not None or time.monotonic() - spoke >= silence_s:
                yield _KEEP_ALIVE if piece is None else _line(piece)
                spoke = time.monotonic()
            if isinstance(event, Done):
                if body.stream_options.include_usage:
                    yield _line(reply.usage_piece(event.usage))
                yield "data: [DONE]\n\n"
                return
            event = await anext(events, None)
    except SpaceError as error:
        yield _line(error_json(error)[1])
    finally:
        with CancelScope(shield=True):
            await events.aclose()


def _line(piece: Any) -> str:
    return f"data: {json.dumps(piece, ensure_ascii=False)}\n\n"
