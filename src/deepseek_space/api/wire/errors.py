"""Errors as OpenAI's clients read them: HTTP status, JSON, and when to try again. Knows no routes."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from starlette.responses import JSONResponse

from deepseek_space.errors import (
    BusyError,
    EngineStopped,
    FieldRefused,
    KeyRefused,
    ModelNotFound,
    NotReady,
    PromptTooLong,
    RemoteError,
    RequestError,
    SpaceError,
    TooMany,
    Unsupported,
)

# The first that fits: HTTP status, OpenAI's type and code.
_ERRORS: tuple[tuple[type[SpaceError], int, str, str | None], ...] = (
    (PromptTooLong, 400, "invalid_request_error", "context_length_exceeded"),
    (RequestError, 400, "invalid_request_error", None),
    (Unsupported, 400, "invalid_request_error", None),
    (ModelNotFound, 404, "invalid_request_error", "model_not_found"),
    (NotReady, 503, "server_error", "model_not_ready"),
    (BusyError, 429, "rate_limit_error", None),
    (EngineStopped, 503, "server_error", None),
    (KeyRefused, 502, "server_error", None),
    (RemoteError, 502, "server_error", None),
    (SpaceError, 500, "server_error", None),
)
RETRY_AFTER_S: Mapping[int, int] = {429: 2, 503: 5}


def error_json(error: SpaceError) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the JSON that tell of ``error``."""
    status, kind, code = next((status, kind, code) for type_, status, kind, code in _ERRORS if isinstance(error, type_))
    param = error.field if isinstance(error, FieldRefused) else None
    return status, {"error": {"message": str(error), "type": kind, "param": param, "code": code}}


def told(error: SpaceError) -> JSONResponse:
    """Return the answer that tells of ``error``."""
    status, content = error_json(error)
    return _answer(status, content, wait_s=error.wait_s if isinstance(error, TooMany) else None)


def refused(status: int, message: str, *, code: str | None = None) -> JSONResponse:
    """Return the answer to what was not even looked at."""
    code = "invalid_api_key" if status == 401 else code
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return _answer(status, {"error": error})


def _answer(status: int, content: dict[str, Any], *, wait_s: float | None = None) -> JSONResponse:
    return JSONResponse(content, status_code=status, headers=retry_after(status, wait_s))


def retry_after(status: int, wait_s: float | None = None) -> dict[str, str]:
    """Return the header that says when to ask again, where that is worth it."""
    seconds = RETRY_AFTER_S.get(status) if wait_s is None else ceil(wait_s)
    return {} if seconds is None else {"Retry-After": str(seconds)}
