"""A request that is turned away before its body is read: one sentence, in the shape that its sender reads."""

from math import ceil
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from deepseek_space.sentences import Sentence
from deepseek_space.ui.words.language import language_of, say_in

UPLOAD = "/gradio_api/upload"
LOGIN = ("/login", "/login/")
_FOR_PROGRAMS = ("/v1/", "/beta/", "/anthropic/")
_INVALID = "invalid_request_error"
_OPENAI_TYPES = {429: "rate_limit_error", 503: "server_error"}
_ANTHROPIC_TYPES = {401: "authentication_error", 403: "permission_error", 413: "request_too_large"} | {
    429: "rate_limit_error",
    503: "overloaded_error",
}


def path_of(scope: Scope) -> str:
    """Return the path as routes see it, below the one that a proxy serves the app under."""
    path, root = scope["path"], scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def is_for_programs(path: str) -> bool:
    """Whether the route speaks a protocol that programs know: it looks for the key itself and bounds what it reads."""
    return path.startswith(_FOR_PROGRAMS) or path.rstrip("/") in ("/infill", "/mcp", "/gradio_api/mcp")


def is_reading(scope: Scope) -> bool:
    """Whether a request only asks for something, and has no body that counts."""
    return scope["method"] in ("GET", "HEAD", "OPTIONS")


def refusal(scope: Scope, sentence: Sentence, status: int, *, retry_after_s: float = 0.0) -> Response:
    """Return the answer; ``retry_after_s`` says when it is worth another try."""
    told = say_in(sentence, language_of(HTTPConnection(scope)))
    headers = {"retry-after": str(ceil(retry_after_s))} if retry_after_s else {}
    path = path_of(scope)
    if path == UPLOAD:  # Gradio's page shows what comes as it is
        return PlainTextResponse(told, status, headers)
    return JSONResponse(in_shape(path, told, status), status, headers)


def in_shape(path: str, told: str, status: int) -> dict[str, Any]:
    """Return the sentence ``told`` in the shape for ``path``: OpenAI's, Anthropic's, or the page's own."""
    if not is_for_programs(path):
        return {"detail": told}
    if "/messages" in path:
        return {"type": "error", "error": {"message": told, "type": _ANTHROPIC_TYPES.get(status, _INVALID)}}
    error = {"message": told, "type": _OPENAI_TYPES.get(status, _INVALID), "param": None, "code": None}
    return {"error": error}
