"""What the pages of other sites send, where the app has something to lose: it is private, or asks for a password.

Browsers say where a request comes from, in ``Sec-Fetch-Site``; over plain HTTP and in old ones only ``Origin`` tells,
which is compared with the name that the app was asked under. What says neither is no browser. ASGI middleware.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from deepseek_space.sentences import Sentence
from deepseek_space.ui.gate.refusal import is_reading, refusal

ELSEWHERE = Sentence("Pages of other sites may not send to this app.")
_PORTS = {"http": 80, "https": 443}


class SameSite:
    """Refuses with 403 what another site's page sends, unless it is among the origins ``besides``."""

    def __init__(self, app: ASGIApp, *, besides: Sequence[str] = ()) -> None:
        self._app = app
        self._besides = frozenset(besides)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        if scope["type"] != "http" or is_reading(scope) or self._may_send(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        await refusal(scope, ELSEWHERE, 403)(scope, receive, send)

    def _may_send(self, headers: Headers) -> bool:
        return is_from_here(headers) or headers.get("origin") in self._besides


def is_from_here(headers: Headers) -> bool:
    """Return whether it was the app's own page that sent this, or no page at all."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # A page elsewhere cannot set the second, which is the name that a proxy was asked under.
    names = (headers.get("host"), headers.get("x-forwarded-host"))
    return origin is None or any(name and _is_same(origin, name) for name in names)


def _is_same(origin: str, name: str) -> bool:
    try:
        said, here = urlsplit(origin), urlsplit(f"{urlsplit(origin).scheme}://{name}")
        usual = _PORTS.get(said.scheme)
        return bool(said.hostname) and (said.hostname, said.port or usual) == (here.hostname, here.port or usual)
    except ValueError:
        return False
