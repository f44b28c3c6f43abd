"""Streams of events that reach their reader as they are written, whatever stands between.

nginx and its kin collect an answer before they pass it on, unless it says that it must not be. ASGI middleware.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVENTS = "text/event-stream"


class Unbuffered:
    """Marks every stream of events as one that no proxy may collect, store or change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(EVENTS):
                    headers["x-accel-buffering"] = "no"
                    headers["cache-control"] = "no-store, no-transform"
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)
