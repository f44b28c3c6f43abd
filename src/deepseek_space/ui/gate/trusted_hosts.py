"""The names under which a page that is private may be asked for, each by itself or by its ending.

A page elsewhere can have its own name point to this machine (DNS rebinding), and would then be at home here: to the
browser it is one site. An address or localhost points nowhere else. Starlette's own check cannot read an IPv6 address,
and does not say what to do. ASGI middleware; knows no route.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deepseek_space import addresses
from deepseek_space.sentences import Sentence
from deepseek_space.ui.words.language import language_of, say_in

UNKNOWN = Sentence(
    "This app is for this machine, not for {name}. Where a proxy serves it under that name, say so with --trusted-host."
)


class TrustedHosts:
    """Refuses with 403 what is asked of a name that is neither an address, nor localhost, nor one of ``names``."""

    def __init__(self, app: ASGIApp, *, names: Collection[str]) -> None:
        self._app = app
        self._names = tuple(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        asked = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        if not asked or self._is_trusted(asked):
            await self._app(scope, receive, send)
            return
        sentence = say_in(Sentence(UNKNOWN, name=asked), language_of(HTTPConnection(scope)))
        await PlainTextResponse(sentence, 403)(scope, receive, send)

    def _is_trusted(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        bare = name.removesuffix(".")
        is_here = bare == "localhost" or bare.endswith(".localhost") or addresses.is_address(bare)
        return is_here or addresses.is_trusted(bare, self._names)
