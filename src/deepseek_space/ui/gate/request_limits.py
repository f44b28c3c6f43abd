"""What is sent to the app, bounded before it is read: each request, those of one address, and all of them.

Gradio reads the body of an event into memory and parses it where everybody's replies are streamed, and writes uploads
to the disk, however many there are. ASGI middleware; knows of the routes how much each has to be sent.

Bytes count as they arrive: what is declared and never sent takes nothing from anybody.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepseek_space.sentences import Sentence
from deepseek_space.text.json_size import holds_more
from deepseek_space.ui.gate.refusal import UPLOAD, is_for_programs, is_reading, path_of, refusal
from deepseek_space.web.address import address_of
from deepseek_space.web.budget import Allowance, Budget, Room

TOO_LARGE = Sentence("This is more than can be sent at once. Send less.")
TOO_MANY = Sentence("This is made of more parts than can be sent at once. Send less.")
TOO_FAST = Sentence("You are sending more than this app takes in at a time. Try again in a minute.")
BUSY = Sentence("Too much is being sent to this app at the moment. Try again in a minute.")

SMALL_BYTES = 64 * 2**10
"""Enough for all that is no event and no file: what stops a reply has 100 bytes, a log-in 500."""
EVENT_BYTES = 4 * 2**20
"""The longest message or history is 400,000 characters, in JSON 3 bytes each and at most 6; with it goes what else
stands on the page, some 5 kB. Longer texts, such as a whole chat, are uploaded."""
EVENT_VALUES = 100_000
"""A history of 10,000 messages, the longest that is taken, has 40,000 strings."""
UPLOAD_BYTES = 2**30
PROGRAM_BYTES = 64 * 2**20
"""The routes for programs have bounds of their own, below this."""

EVENTS = Allowance(of_one=256 * 2**20, of_all=1024 * 2**20, window_s=60)
# Those that were read are deleted after about ten minutes.
UPLOADS = Allowance(of_one=2 * 2**30, of_all=8 * 2**30, window_s=600)
_EVENT_ROUTES = ("/gradio_api/queue/join", "/gradio_api/call/", "/gradio_api/run/", "/gradio_api/api/")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The allowances: bytes of events as they come, bytes that are held at a moment, and bytes of uploads."""

    events: Allowance = EVENTS
    uploads: Allowance = UPLOADS
    held_of_one_bytes: int = 32 * 2**20
    held_of_all_bytes: int = 256 * 2**20


class RequestLimits:
    """Refuses what is too much with 413 or, where waiting helps, with 429 and 503. A body in memory is passed on whole.

    Too much of one address is 429; of all 503, which Gradio's page shows as busy.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        on_space: bool = False,
        bounds: Bounds = Bounds(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._on_space = on_space
        self._events, self._uploads = Budget(bounds.events, clock), Budget(bounds.uploads, clock)
        self._held = Room(of_one=bounds.held_of_one_bytes, of_all=bounds.held_of_all_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        if scope["type"] != "http" or is_reading(scope):
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        intake = _Intake(
            address=address_of(scope, on_space=self._on_space),
            most_bytes=most_bytes(path),
            budget=self._uploads if path == UPLOAD else self._events,
            held=self._held,
        )
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            intake.check_declared(Headers(scope=scope).get("content-length", ""))
            is_streamed = path == UPLOAD or is_for_programs(path)
            taken = intake.counted(receive) if is_streamed else await intake.whole(receive)
            await self._app(scope, taken, watched)
        except _Refused as refused:
            if has_begun:
                raise
            answer = refusal(scope, refused.sentence, refused.status, retry_after_s=refused.wait_s)
            await answer(scope, receive, send)
        finally:
            intake.let_go()


def most_bytes(path: str) -> int:
    """Return how long the body of a request to this route can be."""
    if path == UPLOAD:
        return UPLOAD_BYTES
    if is_for_programs(path):
        return PROGRAM_BYTES
    return EVENT_BYTES if path.startswith(_EVENT_ROUTES) else SMALL_BYTES


class _Refused(Exception):
    def __init__(self, sentence: str, status: int, wait_s: float = 0.0) -> None:
        self.sentence, self.status, self.wait_s = sentence, status, wait_s


@dataclass(kw_only=True)
class _Intake:
    """One request's body on its way in; raises _Refused where it becomes too much."""

    address: str
    most_bytes: int
    budget: Budget
    held: Room
    received: int = 0
    is_held: int = 0

    def check_declared(self, length: str) -> None:
        if length.isdecimal() and (len(length) > 18 or int(length) > self.most_bytes):
            raise _Refused(TOO_LARGE, 413)

    def counted(self, receive: Receive) -> Receive:
        """Return ``receive`` for a body that is read as it comes."""

        async def counted() -> Message:
            message = await receive()
            self._count(len(message.get("body", b"")))
            return message

        return counted

    async def whole(self, receive: Receive) -> Receive:
        """Return ``receive`` for a body that is here already, and holds no more things than can be parsed at once."""
        body = bytearray()
        while (message := await receive())["type"] == "http.request":
            part = message.get("body", b"")
            self._count(len(part))
            self._hold(len(part))
            body += part
            if not message.get("more_body"):
                break
        if holds_more(bytes(body), EVENT_VALUES):
            raise _Refused(TOO_MANY, 413)
        ahead = [message if message["type"] != "http.request" else {"type": "http.request", "body": bytes(body)}]

        async def replayed() -> Message:
            return ahead.pop() if ahead else await receive()

        return replayed

    def let_go(self) -> None:
        self.held.free(self.address, self.is_held)

    def _count(self, length: int) -> None:
        self.received += length
        if self.received > self.most_bytes:
            raise _Refused(TOO_LARGE, 413)
        wait_s = self.budget.spend(self.address, length)
        if wait_s:
            is_own = self.budget.is_spent(self.address, length)
            raise _Refused(TOO_FAST, 429, wait_s) if is_own else _Refused(BUSY, 503, wait_s)

    def _hold(self, length: int) -> None:
        if not self.held.hold(self.address, length):
            raise _Refused(BUSY, 503, 1.0)
        self.is_held += length
