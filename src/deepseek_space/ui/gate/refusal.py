"""A request that is turned away before its body is read: one sentence, in the shape that its sender reads."""

from math import ceil

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from deepseek_space.ui.words.language import language_of, translate

UPLOAD = "/gradio_api/upload"
LOGIN = ("/login", "/login/")
_OPENAI_TYPES = {429: "rate_limit_error", 503: "server_error"}


def path_of(scope: Scope) -> str:
    """Return the path as routes see it, below the one that a proxy serves the app under."""
    path, root = scope["path"], scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def is_reading(scope: Scope) -> bool:
    """Whether a request only asks for something, and has no body that counts."""
    return scope["method"] in ("GET", "HEAD", "OPTIONS")


def refusal(scope: Scope, sentence: str, status: int, *, retry_after_s: float = 0.0) -> Response:
    """Return the answer; ``retry_after_s`` says when it is worth another try."""
    told = translate(sentence, language_of(HTTPConnection(scope)))
    headers = {"retry-after": str(ceil(retry_after_s))} if retry_after_s else {}
    path = path_of(scope)
    if path == UPLOAD:  # Gradio's page shows what comes as it is
        return PlainTextResponse(told, status, headers)
    if path.startswith("/v1/"):
        kind = _OPENAI_TYPES.get(status, "invalid_request_error")
        error = {"message": told, "type": kind, "param": None, "code": None}
        return JSONResponse({"error": error}, status, headers)
    return JSONResponse({"detail": told}, status, headers)
