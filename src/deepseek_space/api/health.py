"""``GET /healthz`` and ``GET /readyz``: is the process alive, and does a model answer? For what restarts and routes.

Asked without a password, so nothing is told but that. Reads ``status()`` and nothing else.
"""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from deepseek_space.backends.base import Backend

CLOSING = "The app is coming to its end."
_REASONS = {
    "loading": "The model is being loaded.",
    "failed": "No model answers: the last one could not be loaded or reached.",
    "empty": "No model is loaded.",
}


def install(app: FastAPI | APIRouter, backend: Backend, *, is_closing: Callable[[], bool] = lambda: False) -> None:
    """Add both routes to ``app``."""

    def alive() -> JSONResponse:
        return _answer("alive")

    def ready() -> JSONResponse:
        state = backend.status().state
        if is_closing():
            return _answer("closing", CLOSING)
        return _answer("ready") if state == "ready" else _answer(state, _REASONS[state])

    app.add_api_route("/healthz", alive, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET", "HEAD"], include_in_schema=False)


def _answer(state: str, reason: str = "") -> JSONResponse:
    content = {"status": state, **({"reason": reason} if reason else {})}
    return JSONResponse(content, 503 if reason else 200, headers={"cache-control": "no-store"})
