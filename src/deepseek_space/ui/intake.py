"""What is sent to the app, bounded before it is read: each one, and all of a while together.

Gradio reads the body of an event into memory, and writes uploads to the disk, however many there are. ASGI middleware;
knows no route but the one for uploads.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepseek_space.ui.words.language import language_of, translate

TOO_LARGE = "This is more than can be sent at once. Send less."
BUSY = "Too much is being sent to this app at the moment. Try again in a minute."
ELSEWHERE = "This app is for this machine; pages of other sites may not send to it."


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The most bytes of one request, and of all that come within ``window_s``."""

    request_bytes: int
    window_bytes: int
    window_s: float


# A file of chats is text in a text: three bytes for a Chinese character, two for a quotation mark.
EVENTS = Allowance(request_bytes=256 * 2**20, window_bytes=512 * 2**20, window_s=60)
# Those that were read are deleted after about ten minutes.
UPLOADS = Allowance(request_bytes=2**30, window_bytes=4 * 2**30, window_s=600)


class Intake:
    """Refuses what is too much with 413 or, where waiting helps, with 503, which Gradio's page shows as busy.

    ``is_private`` refuses as well what the page of another site sends, which browsers say.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_private: bool = False,
        events: Allowance = EVENTS,
        uploads: Allowance = UPLOADS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._is_private = is_private
        self._events, self._uploads = _Meter(events, clock), _Meter(uploads, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        meter = self._uploads if scope["path"].endswith("/upload") else self._events
        declared = headers.get("content-length", "")
        if self._is_private and headers.get("sec-fetch-site") == "cross-site":
            await _refusal(scope, ELSEWHERE, 403)(scope, receive, send)
        elif not declared.isdigit():
            await self._app(scope, _counted(receive, meter), send)
        elif int(declared) > meter.allowance.request_bytes:
            await _refusal(scope, TOO_LARGE, 413)(scope, receive, send)
        elif not meter.take(int(declared)):
            await _refusal(scope, BUSY, 503)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Meter:
    """The bytes that were taken in of late."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float]) -> None:
        self.allowance = allowance
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[tuple[float, int]] = deque()
        self._total = 0

    def take(self, count: int) -> bool:
        """Count so many bytes more, if there is room for them."""
        now_s = self._clock()
        with self._lock:
            while self._taken and self._taken[0][0] <= now_s - self.allowance.window_s:
                self._total -= self._taken.popleft()[1]
            if self._total + count > self.allowance.window_bytes:
                return False
            self._taken.append((now_s, count))
            self._total += count
            return True


def _refusal(scope: Scope, sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"detail": translate(sentence, language_of(HTTPConnection(scope)))}, status)


def _counted(receive: Receive, meter: _Meter) -> Receive:
    """Return ``receive`` for a body of unknown length: where it becomes too much, its sender seems to have left."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        count = len(message.get("body", b""))
        received += count
        is_too_much = received > meter.allowance.request_bytes or (count and not meter.take(count))
        return {"type": "http.disconnect"} if is_too_much else message

    return counted
