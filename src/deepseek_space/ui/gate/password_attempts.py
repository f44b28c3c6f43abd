"""Wrong passwords: after a few from one address the next has to wait, also the right one. ASGI middleware.

It knows the three ways in which a password comes: the form of the log-in, whose answer tells whether it was right;
HTTP Basic, for scrapers; and as the key of a program that speaks OpenAI's protocol or Anthropic's.
"""

import time
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepseek_space.keys import Keys
from deepseek_space.sentences import Sentence
from deepseek_space.ui.gate.refusal import LOGIN, path_of, refusal
from deepseek_space.web.address import address_of
from deepseek_space.web.budget import Allowance, Budget

TOO_OFTEN = Sentence("Too many wrong passwords. Wait a minute and try again.")
ATTEMPTS = Allowance(of_one=10, of_all=1000, window_s=60)


class PasswordAttempts:
    """Refuses with 429 what brings a password from where too many wrong ones have come of late."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        on_space: bool = False,
        attempts: Allowance = ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._keys = keys
        self._on_space = on_space
        self._budget = Budget(attempts, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the refusal."""
        given = _given(scope) if scope["type"] == "http" else None
        is_login = scope["type"] == "http" and scope["method"] == "POST" and path_of(scope) in LOGIN
        if given is None and not is_login:
            await self._app(scope, receive, send)
            return
        address = address_of(scope, on_space=self._on_space)
        if wait_s := self._budget.spend(address, 1):
            await refusal(scope, TOO_OFTEN, 429, retry_after_s=wait_s)(scope, receive, send)
            return
        if given is not None and self._keys.holder(given) is not None:
            self._budget.give_back(address, 1)
        await self._app(scope, receive, self._judged(address, send) if is_login else send)

    def _judged(self, address: str, send: Send) -> Send:
        async def judged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._budget.give_back(address, 1)
            await send(message)

        return judged


def _given(scope: Scope) -> bytes | None:
    """Return the ``name:password`` that a request's headers bring; None where they bring none."""
    scheme, _, given = (_header(scope, b"authorization") or b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return given.strip()
    if (key := _header(scope, b"x-api-key")) is not None:
        return key.strip()
    if scheme.lower() != b"basic":
        return None
    try:
        return b64decode(given.strip())
    except NoBase64:
        return b""


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)
