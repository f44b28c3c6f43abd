"""/v1/models and /v1/chat/completions over any backend, for programs made for OpenAI.

A client that leaves ends its reply. Knows no model; the format is in ``openai_format``.
"""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from anyio import CancelScope, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.openai_format import ChatBody, Reply, error_json, models_json, read_body, to_request
from deepseek_space.backends.base import Backend
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.types import Answer, Done, Event, Reasoning, Resorted

MAX_BODY_BYTES = 8 << 20
_LEFT = 499  # as nginx calls it; nobody reads it


def install(app: FastAPI, backend: Backend, *, credentials: tuple[str, str] | None = None) -> None:
    """Add the routes to ``app``, also to one that serves already.

    With ``credentials`` (name, password) the key that clients give is ``name:password``.
    """
    key = ":".join(credentials) if credentials else ""

    def models(request: Request) -> Response:
        return _refused() if _is_stranger(request, key) else JSONResponse(models_json(backend.status()))

    async def chat(request: Request) -> Response:
        return _refused() if _is_stranger(request, key) else await _chat(backend, request, has_key=bool(key))

    app.add_api_route("/v1/models", models, methods=["GET"], include_in_schema=False)
    app.add_api_route("/v1/chat/completions", chat, methods=["POST"], include_in_schema=False)


def _is_stranger(request: Request, key: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_right = scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), key.encode())
    return bool(key) and not is_right


def _refused() -> Response:
    message = "Give USER:PASSWORD of --auth as the API key."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    return JSONResponse({"error": error}, status_code=401)


async def _chat(backend: Backend, request: Request, *, has_key: bool) -> Response:
    try:
        body = read_body(await _read(request))
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        asked = replace(to_request(body, backend.status()), scope=scope)
        events = _events(backend.stream(asked), request)
        first = await anext(events, None)
        if first is None:
            return Response(status_code=_LEFT)
        reply = Reply(model=backend.status().model)
        if body.stream:
            return StreamingResponse(_pieces(reply, body, first, events), media_type="text/event-stream")
        return await _whole(reply, first, events)
    except SpaceError as error:
        status, told = error_json(error)
        return JSONResponse(told, status_code=status)


async def _read(request: Request) -> bytes:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise RequestError(f"The request is larger than {MAX_BODY_BYTES >> 20} MiB. Send less.")
    return data


async def _events(stream: Iterator[Event], request: Request) -> AsyncIterator[Event]:
    """Yield what says something, until the client leaves; closes ``stream`` then, as at its end."""
    try:
        while (event := await to_thread.run_sync(next, stream, None)) is not None:
            if isinstance(event, Done | Resorted) or (isinstance(event, Reasoning | Answer) and event.text):
                yield event
            if await request.is_disconnected():
                return
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(stream.close)


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


async def _pieces(reply: Reply, body: ChatBody, first: Event, events: AsyncIterator[Event]) -> AsyncIterator[str]:
    yield _line(reply.first_piece())
    try:
        event: Event | None = first
        while event is not None:
            yield _line(reply.piece(event))
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
