"""The path under which a proxy serves the app, taken off where the proxy has left it on.

Some proxies strip it, some keep it: either way what is inside sees the same paths. ASGI middleware; knows no route.
"""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Passes on a request for ``prefix`` + path as one for path, and others as they are."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; the bare prefix is answered with the way to the page."""
        if scope["type"] != "http" or not self._prefix:
            await self._app(scope, receive, send)
        elif scope["path"] == self._prefix:
            # Addresses in the page are relative to the slash.
            query = scope["query_string"].decode("latin-1")
            target = f"{self._prefix}/?{query}" if query else f"{self._prefix}/"
            await RedirectResponse(target)(scope, receive, send)
        else:
            await self._app(self._bare(scope), receive, send)

    def _bare(self, scope: Scope) -> Scope:
        # FastAPI has set the root path, which mounted routes would look for in a path that lacks it.
        inner = {**scope, "root_path": ""}
        if scope["path"].startswith(f"{self._prefix}/"):
            inner["path"] = scope["path"].removeprefix(self._prefix)
            inner["raw_path"] = (scope.get("raw_path") or b"").removeprefix(self._prefix.encode())
        return inner
