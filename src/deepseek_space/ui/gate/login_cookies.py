"""The cookies of a log-in: of use to no page elsewhere, but where the app is framed on purpose. ASGI middleware.

Gradio has them sent along with what any site asks for, and leaves out what a browser wants of a framed page.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OVER_TLS, _PLAIN = "access-token-", "access-token-unsecure-"


class LoginCookies:
    """Rewrites the cookies on their way out; ``is_framed`` says that other sites may show the page in a frame."""

    def __init__(self, app: ASGIApp, *, is_framed: bool) -> None:
        self._app = app
        self._is_framed = is_framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def rewriting(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if cookies := headers.getlist("set-cookie"):
                    del headers["set-cookie"]
                    for cookie in cookies:
                        headers.append("set-cookie", login_cookie(cookie, is_framed=self._is_framed))
            await send(message)

        await self._app(scope, receive, rewriting if scope["type"] == "http" else send)


def login_cookie(cookie: str, *, is_framed: bool) -> str:
    """Return a ``Set-Cookie`` of Gradio's log-in with the attributes that it should have; any other as it is."""
    if not cookie.startswith(_OVER_TLS):
        return cookie
    value, *attributes = cookie.split("; ")
    kept = [text for text in attributes if text.partition("=")[0].lower() not in ("samesite", "secure", "partitioned")]
    if cookie.startswith(_PLAIN):
        return "; ".join([value, *kept, "SameSite=Lax"])
    return "; ".join(
        [value, *kept, *(["SameSite=None", "Secure", "Partitioned"] if is_framed else ["SameSite=Lax", "Secure"])]
    )
