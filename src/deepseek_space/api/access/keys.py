"""Who may ask over the routes for programs: whoever brings the app's password as a key. Knows no route, no format."""

import secrets
from collections.abc import Awaitable, Callable

from fastapi import Request, Response

Action = Callable[[Request], Awaitable[Response]]
ASKS_FOR_KEY = "Give USER:PASSWORD of --auth as the API key."


def guarded(action: Action, *, key: str, refusal: Callable[[], Response]) -> Action:
    """Return ``action`` for those who bring ``key``, and ``refusal`` for all others; an empty key lets everybody in."""

    async def asked(request: Request) -> Response:
        return refusal() if is_stranger(request, key) else await action(request)

    return asked


def is_stranger(request: Request, key: str) -> bool:
    """Tell whether ``key`` is asked for and not brought, as a bearer's or as Anthropic's older clients bring it."""
    # Headers arrive as Latin-1. Programs write other signs in UTF-8; JavaScript's fetch has Latin-1 alone.
    written = given_key(request).encode("latin-1")
    is_right = any(secrets.compare_digest(written, key.encode(coding, "replace")) for coding in ("utf-8", "latin-1"))
    return bool(key) and not is_right


def given_key(request: Request) -> str:
    """Return the key that a request brings; empty where it brings none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()
