"""The app while it comes to its end: new work is refused, and what is being answered goes on.

ASGI middleware and the state that it shares with the thread that ends the app. Knows no backend.
"""

import threading

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deepseek_space.sentences import Sentence
from deepseek_space.ui.gate.refusal import in_shape, is_for_programs, path_of
from deepseek_space.ui.words.language import language_of, say_in

CLOSING = Sentence("This app is about to be restarted or shut down. Send this again in a moment.")
RETRY_AFTER_S = 10


class Closing:
    """Whether the app is coming to its end, and how many answers are still on their way to readers."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._lock = threading.Lock()
        self._num_answers = 0

    @property
    def has_begun(self) -> bool:
        """Whether new work is refused."""
        return self._begun.is_set()

    @property
    def num_answers(self) -> int:
        """Requests that are being answered, besides those for pages, files and figures."""
        return self._num_answers

    def begin(self) -> None:
        """Refuse new work from now on."""
        self._begun.set()

    def count(self, change: int) -> None:
        """Count so many answers more."""
        with self._lock:
            self._num_answers += change


class WorkGate:
    """Counts the answers on their way, and refuses new work with 503 where ``closing`` has begun."""

    def __init__(self, app: ASGIApp, *, closing: Closing) -> None:
        self._app = app
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not _is_work(scope):
            await self._app(scope, receive, send)
        elif self._closing.has_begun and scope["method"] == "POST":
            await _refusal(scope)(scope, receive, send)
        else:
            self._closing.count(1)
            try:
                await self._app(scope, receive, send)
            finally:
                self._closing.count(-1)


def _is_work(scope: Scope) -> bool:
    """Whether a request asks for an answer or fetches one; Gradio takes a question and gives the answer apart."""
    path = path_of(scope)
    if is_for_programs(path):
        return scope["method"] == "POST"
    return path.endswith(("/queue/join", "/queue/data")) or path.startswith("/gradio_api/call/")


def _refusal(scope: Scope) -> JSONResponse:
    sentence = say_in(CLOSING, language_of(HTTPConnection(scope)))
    told = in_shape(path_of(scope), sentence, 503)
    return JSONResponse(told, 503, headers={"retry-after": str(RETRY_AFTER_S), "connection": "close"})
