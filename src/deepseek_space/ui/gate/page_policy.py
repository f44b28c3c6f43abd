"""What the page may do in a browser, told to it by headers: above all, fetch nothing from elsewhere. ASGI middleware.

An answer is text that anybody may have had a hand in. It is shown as text, and where that fails once, the content
security policy still keeps it from reaching the network. Of Gradio's front end it has to allow two things: styles
written in the page, and code made of text (``Function``), which is how ``gr.HTML`` and ``js=`` of events work. Scripts
written in the page, which are Gradio's, are allowed one by one, by their hashes; ours are files of the app. A route
that sends a policy of its own keeps it. The one exception are the libraries of ``ui/libraries.py`` that are not in the
app's cache: the folders of their pinned versions, at the network that the operator has named.
"""

import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepseek_space.ui.gate.refusal import path_of

SPACES = ("https://huggingface.co", "https://*.huggingface.co")
_INLINE_SCRIPT = re.compile(rb"<script(?:\s[^>]*)?>(.*?)</script>", re.DOTALL)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    # Over plain HTTP browsers look up the names of links before they are clicked.
    "x-dns-prefetch-control": "off",
}


def hash_of(script: bytes) -> str:
    """Return how a policy names a script that stands in a page."""
    return f"'sha256-{b64encode(sha256(script).digest()).decode()}'"


def to_header(rules: Mapping[str, str]) -> str:
    """Return the header that has these rules."""
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def policy(
    *,
    hashes: Iterable[str] = (),
    framed_by: Collection[str] = (),
    scripts: Collection[str] = (),
    fetched: Collection[str] = (),
) -> str:
    """Return the policy of a page with scripts of these hashes, which pages of these origins may show in a frame.

    ``scripts`` are addresses elsewhere whose scripts and styles it may run, ``fetched`` such that it may read.
    """
    own = "'self'"
    rules = {
        "default-src": own,
        "script-src": " ".join([own, "'unsafe-eval'", *scripts, *hashes]),
        "style-src": " ".join([own, "'unsafe-inline'", *scripts]),
        "img-src": f"{own} data: blob:",
        "font-src": " ".join([own, "data:", *scripts]),
        "media-src": f"{own} data: blob:",
        "connect-src": " ".join([own, *fetched]),
        "frame-src": own,
        "worker-src": f"{own} blob:",
        "object-src": "'none'",
        "base-uri": own,
        "form-action": own,
        "frame-ancestors": " ".join([own, *framed_by]),
    }
    return to_header(rules)


class PagePolicy:
    """Adds the headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        framed_by: Collection[str] = (),
        scripts: Collection[str] = (),
        fetched: Collection[str] = (),
    ) -> None:
        self._app = app
        self._policy = partial(policy, framed_by=tuple(framed_by), scripts=tuple(scripts), fetched=tuple(fetched))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        waiting: list[Message] = []

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                if path_of(scope) in ("/", "") and scope["method"] == "GET":  # until its scripts are known
                    waiting.append(message)
                    return
                self._add(message, b"")
            elif waiting:
                # It comes in one piece; see words/page_language.py.
                start = waiting.pop()
                self._add(start, message.get("body", b""))
                await send(start)
            await send(message)

        await self._app(scope, receive, adding)

    def _add(self, start: Message, page: bytes) -> None:
        headers = MutableHeaders(scope=start)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        hashes = [hash_of(script) for script in _INLINE_SCRIPT.findall(page) if script]
        headers.setdefault("content-security-policy", self._policy(hashes=hashes))
