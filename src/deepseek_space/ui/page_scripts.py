"""The scripts that run in the page: ES modules of ``assets/page``, served under an address that changes with them.

One of them, ``page.js``, is the entry. The page tells a browser at once which others it imports, so that none waits for
another. Knows nothing of what they do; that they stand before Gradio's own is up to ``words/page_language.py``.
"""

from functools import cache
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from deepseek_space.ui.assets import ASSETS

ENTRY = "page.js"
_PLACE = "page-scripts"
_FOR_GOOD = "public, max-age=31536000, immutable"  # others come under another address


@cache
def modules() -> dict[str, str]:
    """Return the source of each module, by the name of its file."""
    files = sorted((ASSETS / "page").glob("*.js"))
    return {file.name: file.read_text(encoding="utf-8") for file in files}


@cache
def version() -> str:
    """Return a name for all modules as they are now."""
    return sha256("\0".join(f"{name}\0{source}" for name, source in modules().items()).encode()).hexdigest()[:16]


def address(name: str) -> str:
    """Return where a module is served, relative to the page: the app may be under a path of a proxy's."""
    return f"./{_PLACE}/{version()}/{name}"


def tags() -> str:
    """Return the HTML that has a browser fetch all modules at once and run the entry once the page is read."""
    others = "".join(f'<link rel="modulepreload" href="{address(name)}">' for name in modules() if name != ENTRY)
    return f'<script type="module" src="{address(ENTRY)}"></script>{others}'


def routes() -> list[BaseRoute]:
    """Return the route to be served before Gradio's."""
    return [Route(f"/{_PLACE}/{{version}}/{{name}}", _module)]


def _module(request: Request) -> Response:
    """Serve a module; a page that was sent before the app was renewed is given the new one, to be asked for again."""
    source = modules().get(request.path_params["name"])
    if source is None:
        return PlainTextResponse("Not Found", 404)
    is_current = request.path_params["version"] == version()
    headers = {"cache-control": _FOR_GOOD if is_current else "no-cache"}
    return Response(source, media_type="text/javascript", headers=headers)
