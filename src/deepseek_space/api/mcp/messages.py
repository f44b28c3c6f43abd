"""Messages of JSON-RPC as MCP has them, in and out. Knows no tool and no route."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

NO_JSON, NO_REQUEST, NO_METHOD, NO_PARAMS = -32700, -32600, -32601, -32602


class ProtocolError(Exception):
    """A message that cannot be taken, with its ``code``; ``id`` is that of the request, where it could be read."""

    def __init__(self, code: int, reason: str, *, id: str | int | None = None) -> None:
        self.code, self.id = code, id
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request; ``id`` None is a notification, which nobody answers."""

    id: str | int | None
    method: str
    params: Mapping[str, Any]


def read_call(data: bytes) -> Call | None:
    """Return the request in ``data``, None for what answers one of ours. Raises ProtocolError."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(NO_JSON, f"The body is no JSON: {error}.") from error
    match found:
        case {"jsonrpc": "2.0", "method": str(method)}:
            id, params = found.get("id"), found.get("params", {})
            if isinstance(id, str | int | None) and isinstance(params, dict):
                return Call(id=id, method=method, params=params)
        case {"jsonrpc": "2.0", "id": _, "result": _} | {"jsonrpc": "2.0", "id": _, "error": _}:
            return None
    raise ProtocolError(NO_REQUEST, "The body is no request of JSON-RPC 2.0. Send one at a time.")


def result(id: str | int | None, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to the request ``id``."""
    return {"jsonrpc": "2.0", "id": id, "result": found}


def failure(error: ProtocolError) -> dict[str, Any]:
    """Return the answer to a request that could not be taken."""
    return {"jsonrpc": "2.0", "id": error.id, "error": {"code": error.code, "message": str(error)}}


def progress(token: str | int, tokens: int, told: str) -> dict[str, Any]:
    """Return the notification that ``tokens`` have come, and what they are."""
    params = {"progressToken": token, "progress": tokens, "message": told}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
