"""MCP over any backend: each message is answered by itself, and nothing is remembered. Knows no model and no key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from deepseek_space.api.access.door import Visit
from deepseek_space.api.access.scope import scope_of_client
from deepseek_space.api.chat.told import Told
from deepseek_space.api.mcp.messages import (
    NO_METHOD,
    NO_PARAMS,
    Call,
    ProtocolError,
    failure,
    progress,
    read_call,
    result,
)
from deepseek_space.api.mcp.tools import asked, find, listed
from deepseek_space.api.wire.event_stream import events_until_left
from deepseek_space.api.wire.request_body import read
from deepseek_space.api.wire.telling import KEEP_ALIVE, Patience, line, respond
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Event, Reasoning

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
_TOLD_EVERY = 20  # pieces of a reply


async def serve(backend: Backend, request: Request, visit: Visit, *, patience: Patience) -> Response:
    """Answer one message."""
    try:
        call = read_call(await read(request))
        if call is None or call.id is None:
            return Response(status_code=202)
        if call.method == "tools/call":
            return await _call(backend, request, call, visit, patience)
        return JSONResponse(result(call.id, _answer(backend, call)))
    except ProtocolError as error:
        return JSONResponse(failure(error), 400 if error.id is None else 200)


def _answer(backend: Backend, call: Call) -> Mapping[str, Any]:
    match call.method:
        case "initialize":
            wanted = call.params.get("protocolVersion")
            return {
                "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "deepseek-space", "title": "DeepSeek Space", "version": "1"},
                "instructions": f"{backend.status().model or 'A language model'} answers here.",
            }
        case "tools/list":
            return {"tools": listed(backend.status())}
        case "ping":
            return {}
    raise ProtocolError(NO_METHOD, f"There is no {call.method[:80]} here, only tools.", id=call.id)


async def _call(backend: Backend, request: Request, call: Call, visit: Visit, patience: Patience) -> Response:
    tool, arguments = find(call.params.get("name")), call.params.get("arguments") or {}
    if tool is None or not isinstance(arguments, dict):
        raise ProtocolError(NO_PARAMS, f"There is no tool {call.params.get('name')!r:.80}.", id=call.id)
    try:
        wanted = await to_thread.run_sync(asked, tool, arguments, backend.status())
        wanted = replace(wanted, scope=scope_of_client(request, key=visit.key))
        events = events_until_left(backend.stream(wanted), request, count=visit.count)
        return await respond(CallTelling(call), events, is_streamed=True, patience=patience)
    except SpaceError as error:  # for the agent to read, which may call again in another way
        return JSONResponse(result(call.id, _content(str(error), is_error=True)))


class CallTelling:
    """The answer to one call of a tool, as its events come."""

    keep_alive = KEEP_ALIVE

    def __init__(self, call: Call) -> None:
        self._id = call.id
        meta = call.params.get("_meta")
        self._token = meta.get("progressToken") if isinstance(meta, dict) else None
        self._told = Told()
        self._num_pieces = 0

    @property
    def has_ended(self) -> bool:
        """Whether the reply has."""
        return self._told.usage is not None

    def opening(self) -> Iterable[str]:
        """Return nothing: there is one answer, at the end."""
        return []

    def take(self, item: Event) -> Sequence[str]:
        """Return now and then a line that tells how far it is, where that is wanted."""
        self._told.take(item)
        if not isinstance(item, Answer | Reasoning) or not item.text:
            return []
        self._num_pieces += 1
        if self._token is None or self._num_pieces % _TOLD_EVERY:
            return []
        return [line(progress(self._token, self._num_pieces, "writing" if self._told.answer else "thinking"))]

    def closing(self) -> Iterable[str]:
        """Return the line that holds the answer."""
        return [line(self.whole())]

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells of ``error``."""
        return line(result(self._id, _content(str(error), is_error=True)))

    def whole(self) -> object:
        """Return the answer, and whether it was cut off."""
        usage = self._told.usage
        cut = usage is not None and usage.finish_reason in ("length", "time")
        more = [f"(The answer was cut off after {usage.generated_tokens} tokens.)"] if usage and cut else []
        return result(self._id, _content(self._told.answer, *more))


def _content(*texts: str, is_error: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text} for text in texts], "isError": is_error}
