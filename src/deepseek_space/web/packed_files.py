"""Files whose names change with what is in them: packed as small as can be, once, and to be kept for good.

Gradio's front end has a hundred of them, half a megabyte packed, and sends them without a word of how long they may be
kept. ASGI middleware; knows neither files nor folders.
"""

import gzip

import brotli
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOR_GOOD = "public, max-age=31536000, immutable"
_PACKERS = {  # the better one first; browsers take it over HTTPS alone
    "br": lambda body: brotli.compress(body, quality=9),  # 11 takes ten times as long for 3 % less
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
_KINDS = ("text/", "application/javascript", "application/json", "image/svg")
_LEAST_BYTES = 512


class PackedFiles:
    """Packs what is under ``places`` for browsers that can unpack it."""

    def __init__(self, app: ASGIApp, *, places: tuple[str, ...]) -> None:
        self._app = app
        self._places = places
        self._packed: dict[tuple[str, str], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        is_file = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._places)
        asked = Headers(scope=scope) if is_file else Headers()
        if not is_file or "range" in asked:
            await self._app(scope, receive, send)
            return
        coding = next((name for name in _PACKERS if name in asked.get("accept-encoding", "")), "")
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            whole = await self._sent(scope["path"], start, bytes(body), coding)
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, collect)

    async def _sent(self, path: str, start: Message, body: bytes, coding: str) -> bytes:
        """Return what is sent of a file, with the headers for it in ``start``."""
        headers = MutableHeaders(scope=start)
        if start["status"] != 200:
            return body
        headers.setdefault("cache-control", FOR_GOOD)
        is_lasting = "immutable" in headers["cache-control"]
        is_text = headers.get("content-type", "").startswith(_KINDS)
        if not (coding and is_lasting and is_text) or len(body) < _LEAST_BYTES or "content-encoding" in headers:
            return body
        packed = self._packed.get((path, coding)) or await to_thread.run_sync(_PACKERS[coding], body)
        self._packed[path, coding] = packed
        headers["content-encoding"] = coding
        headers["content-length"] = str(len(packed))
        headers.add_vary_header("Accept-Encoding")
        return packed
