"""The page as first sent, in the reader's language: lang attribute, labels, Gradio's own words, and what comes first.

Gradio writes the labels of all components into the page; they are translated on their way out, so that nothing
flickers and the front end needs to know of no language. What changes later is said in the right language by ``say``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepseek_space.ui.words.language import language_of, say_again

_CONFIG = re.compile(rb"(?<=<script>window\.gradio_config = ).*?(?=;</script>)", re.DOTALL)
_SCRIPTS = re.compile(rb"<script\b[^>]*>.*?</script>", re.DOTALL)
_STYLE = b'<link rel="stylesheet" '
_BODY = re.compile(rb"<body\b[^>]*>")
_LABELS = ("label", "info", "placeholder")
_SPOKEN = ("button", "downloadbutton", "uploadbutton", "markdown")  # components whose value is a text of ours
_HTML_TEXT = re.compile(r'(^|>|\b(?:aria-label|title|placeholder|data-say-[\w-]+)=")([^<>"]+)')
# Gradio's front end asks the browser for the language of its own words as it starts, also on the page that asks for a
# password: it must have another answer before.
_BROWSER = '<script>Object.defineProperty(navigator, "language", {{get: () => "{language}"}});</script>'
# What theme the reader has chosen (assets/page/theme.js) the page must know before it is painted.
_THEME = (
    "<script>try { const theme = localStorage.getItem('ds-theme'); if (theme) document.documentElement.dataset.theme = "
    "theme; } catch {}</script>"
)
_ASKS_FOR_PASSWORD = b'"auth_required":true'


class PageLanguage:
    """ASGI middleware that translates the page and passes everything else on untouched.

    ``first`` says in a language what is to come before all of Gradio's, on the page itself.
    """

    def __init__(self, app: ASGIApp, *, first: Callable[[str], "First"] | None = None) -> None:
        self._app = app
        self._first = first or (lambda _: First())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        language = language_of(HTTPConnection(scope))
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = localized(bytes(body), language, self._first(language))
            headers = MutableHeaders(scope=start)
            headers["content-length"] = str(len(page))
            headers["content-language"] = language
            headers["vary"] = "Accept-Language, Cookie"
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, collect)


@dataclass(frozen=True, kw_only=True)
class First:
    """HTML that is to be seen and run before anything of Gradio's: of the head, of the body, and scripts after it."""

    head: str = ""
    body: str = ""
    scripts: str = ""


def localized(page: bytes, language: str, first: First = First()) -> bytes:
    """Return Gradio's page in ``language``, with what comes ``first`` unless it only asks for a password."""
    page = page.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    speaks = _BROWSER.format(language=language) + _THEME
    if _ASKS_FOR_PASSWORD in page or b"</head>" not in page:
        page = page.replace(b"<head>", b"<head>" + speaks.encode(), 1)
    else:
        page = _with_first(page, replace(first, body=speaks + first.body))
    if language == "en":
        return page
    return _CONFIG.sub(lambda found: _localized_config(found[0], language), page, count=1)


def _with_first(page: bytes, first: First) -> bytes:
    """Return the page with ``first`` at the beginning of its body, and the head's scripts after that.

    Where they stand, in the head, nothing is seen before all of them are read. The style keeps its place there, which
    decides between it and later ones, but nothing waits for it: ``assets/shell/shell.js`` puts it in force once it is
    there.
    """
    head, found, rest = page.partition(b"</head>")
    late = b"".join(_SCRIPTS.findall(head))
    head = _SCRIPTS.sub(b"", head).replace(_STYLE, _STYLE + b'media="not all" ')
    head = head.replace(b"<head>", b"<head>" + first.head.encode(), 1)
    early = f"{first.body}{first.scripts}".encode()
    return _BODY.sub(lambda body: body[0] + early + late, head + found + rest, count=1)


def map_texts(config: dict[str, Any], translated: Callable[[str], str]) -> None:
    """Put every text of the page's components through ``translated``, in place."""
    for component in config.get("components", ()):
        props = component["props"]
        for name in (*_LABELS, *(["value"] if component["type"] in _SPOKEN else [])):
            if isinstance(props.get(name), str):
                props[name] = translated(props[name])
        if component["type"] == "html":
            props["value"] = _html(props.get("value") or "", translated)
        if props.get("choices"):
            props["choices"] = [_choice(choice, translated) for choice in props["choices"]]
        if props.get("sample_labels"):
            props["sample_labels"] = [translated(text) for text in props["sample_labels"]]


def _html(source: str, translated: Callable[[str], str]) -> str:
    """Translate what stands between tags and in the attributes that are read out."""
    return _HTML_TEXT.sub(lambda found: found[1] + escape(translated(unescape(found[2]))), source)


def _choice(choice: Any, translated: Callable[[str], str]) -> Any:
    # Where label and value are the same it is data, such as the name of a programming language.
    match choice:
        case [str(label), value] if label != value:
            return [translated(label), value]
    return choice


def _localized_config(source: bytes, language: str) -> bytes:
    config = orjson.loads(source)
    map_texts(config, lambda text: say_again(text, language))
    # As Gradio writes it: nothing in it may end the script element that it stands in.
    text = orjson.dumps(config).decode()
    for sign in "<>&'":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()
