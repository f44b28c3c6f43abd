"""Errors as Anthropic's clients read them. Knows no routes."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from deepseek_space.api.wire.errors import error_json, retry_after
from deepseek_space.errors import SpaceError, TooMany

_KINDS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    405: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
}


def anthropic_error_json(error: SpaceError) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the JSON that tell of ``error``."""
    status, _ = error_json(error)
    return status, _json(status, str(error))


def anthropic_told(error: SpaceError) -> JSONResponse:
    """Return the answer that tells of ``error``."""
    status = error_json(error)[0]
    return anthropic_refused(status, str(error), wait_s=error.wait_s if isinstance(error, TooMany) else None)


def anthropic_refused(status: int, message: str, *, wait_s: float | None = None) -> JSONResponse:
    """Return the answer to what was not even looked at."""
    return JSONResponse(_json(status, message), status_code=status, headers=retry_after(status, wait_s))


def _json(status: int, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": _KINDS.get(status, "api_error"), "message": message}}
