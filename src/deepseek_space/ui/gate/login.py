"""Who has logged in, where a password is asked for: of everybody else nothing is parsed, held or counted.

Gradio looks for the log-in after it has read and parsed what was sent, and on some routes not at all. ASGI middleware;
what belongs to a log-in it asks of Gradio's app, which is in the scope.
"""

from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from deepseek_space.sentences import Sentence
from deepseek_space.ui.gate.refusal import LOGIN, is_for_programs, is_reading, path_of, refusal

LOG_IN = Sentence("Log in first: load the page anew.")
_OWN_ROUTES = "/gradio_api/"
# What the page that asks for the password, and the launch itself, ask for.
_BEFORE = ("login_check", "user", "token", "app_id", "startup-events", "theme.css")


def has_logged_in(scope: Scope) -> bool:
    """Return whether the request comes with the cookie of a log-in that is valid."""
    app, cookies = scope["app"], HTTPConnection(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)


class LoginGate:
    """Refuses with 401, unread, what is sent or asked of Gradio's own routes without a log-in.

    The routes for programs and scrapers look for the password themselves, before they read.
    """

    def __init__(self, app: ASGIApp, *, is_known: Callable[[Scope], bool] = has_logged_in) -> None:
        self._app = app
        self._is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        if scope["type"] != "http" or _is_for_all(scope) or self._is_known(scope):
            await self._app(scope, receive, send)
            return
        await refusal(scope, LOG_IN, 401)(scope, receive, send)


def _is_for_all(scope: Scope) -> bool:
    path = path_of(scope)
    if not is_reading(scope):
        return path in LOGIN or is_for_programs(path)
    if is_for_programs(path):
        return True
    return not path.startswith(_OWN_ROUTES) or path.removeprefix(_OWN_ROUTES).rstrip("/") in _BEFORE
