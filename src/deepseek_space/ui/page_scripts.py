"""The scripts that run in the page: ES modules of ``assets/page``, sent as one under an address that changes with them.

Sent one by one, the 26 of them would keep Gradio's own script waiting for nearly a second on a line of 200 ms. Knows
nothing of what they do; that they stand before Gradio's own is up to ``words/page_language.py``.
"""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from deepseek_space.ui.assets import ASSETS
from deepseek_space.web.packed_files import FOR_GOOD

ENTRY = "page.js"
PLACE = "/page-scripts/"
_IMPORT = re.compile(r'^import\s+(?:\* as )?(.+?)\s+from\s+"\./(\w+)\.js";$', re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=const (\w+))", re.MULTILINE)


@cache
def modules() -> dict[str, str]:
    """Return the source of each module, by the name of its file."""
    files = sorted((ASSETS / "page").glob("*.js"))
    return {file.name: file.read_text(encoding="utf-8") for file in files}


@cache
def whole() -> str:
    """Return all modules as one script: each in a function of its own, after those that it imports."""
    return "".join(_wrapped(name) for name in dict.fromkeys(_in_order(ENTRY)))


@cache
def version() -> str:
    """Return a name for the scripts as they are now."""
    return sha256(whole().encode()).hexdigest()[:16]


def address(name: str = ENTRY) -> str:
    """Return where the scripts are served, relative to the page, as the app may be under a path of a proxy's.

    Under the names of the others is what they are made of.
    """
    return f".{PLACE}{version()}/{name}"


def tag() -> str:
    """Return the HTML that runs the scripts once the page is read."""
    return f'<script type="module" src="{address()}"></script>'


def routes() -> list[BaseRoute]:
    """Return the route to be served before Gradio's."""
    return [Route(f"{PLACE}{{version}}/{{name}}", _script)]


def _script(request: Request) -> Response:
    """Serve a script; a page that was sent before the app was renewed is given the new one, not to be kept."""
    name = request.path_params["name"]
    source = whole() if name == ENTRY else modules().get(name)
    if source is None:
        return PlainTextResponse("Not Found", 404)
    is_current = request.path_params["version"] == version()
    headers = {"cache-control": FOR_GOOD if is_current else "no-cache"}
    return Response(source, media_type="text/javascript", headers=headers)


def _in_order(name: str) -> Iterator[str]:
    """Yield a module's file after those of all that it imports, some more than once; there are no rings."""
    for _, imported in _IMPORT.findall(modules()[name]):
        yield from _in_order(f"{imported}.js")
    yield name


def _wrapped(name: str) -> str:
    """Return a module as a constant that holds what it exports, without its comments: they are a third of it."""
    source = modules()[name]
    exported = ", ".join(_EXPORT.findall(source))
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub(r"const \1 = $\2;", source)))
    return f"const ${name.removesuffix('.js')} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"
