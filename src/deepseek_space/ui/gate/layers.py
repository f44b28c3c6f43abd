"""The layers of the gate in their order, and what Gradio's app is made with besides. Decides nothing by itself."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.route_utils import CustomCORSMiddleware
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from deepseek_space.settings import Settings
from deepseek_space.ui.gate.login import LoginGate
from deepseek_space.ui.gate.login_cookies import LoginCookies
from deepseek_space.ui.gate.page_policy import SPACES, PagePolicy
from deepseek_space.ui.gate.password_attempts import PasswordAttempts
from deepseek_space.ui.gate.request_limits import RequestLimits
from deepseek_space.ui.gate.same_site import SameSite


def layers(settings: Settings, *, scripts: Collection[str] = (), fetched: Collection[str] = ()) -> list[Middleware]:
    """Return the middleware, the outermost first; ``scripts`` and ``fetched`` are addresses elsewhere that the page
    may run scripts of, and read."""
    framed_by = (*(SPACES if settings.on_space else ()), *settings.framing_origins)
    credentials, on_space = settings.credentials, settings.on_space
    found = [Middleware(PagePolicy, framed_by=framed_by, scripts=scripts, fetched=fetched)]
    if origins := settings.allowed_origins:
        found.append(Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"]))
    if settings.is_private or credentials:
        found.append(Middleware(SameSite, besides=origins))
    if settings.keys:
        found.append(Middleware(PasswordAttempts, keys=settings.keys, on_space=on_space))
    if credentials:
        found += [Middleware(LoginCookies, is_framed=bool(framed_by)), Middleware(LoginGate)]
    return [*found, Middleware(RequestLimits, on_space=on_space)]


def app_options() -> dict[str, Any]:
    """Return what Gradio's app takes besides its middleware."""
    return {
        "lifespan": _without_reflection,
        "exception_handlers": {RequestValidationError: _unreadable},
        "openapi_url": None,  # FastAPI's list of all routes; that of the public endpoints is Gradio's own
    }


@asynccontextmanager
async def _without_reflection(app: FastAPI) -> AsyncIterator[None]:
    # Gradio lets the pages of any site read what is answered, with the reader's cookies, and has no switch for it.
    app.user_middleware = [layer for layer in app.user_middleware if layer.cls is not CustomCORSMiddleware]
    app.middleware_stack = app.build_middleware_stack()
    yield


async def _unreadable(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong with a body and where, without sending it back."""
    told = [{name: problem[name] for name in ("type", "loc", "msg")} for problem in error.errors()[:10]]
    return JSONResponse({"detail": [{**problem, "loc": problem["loc"][:8]} for problem in told]}, 422)
