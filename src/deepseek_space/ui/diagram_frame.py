"""The document that draws diagrams, in the reader's browser: a route with a policy of its own.

It is sealed (``sealed_frame``), and nothing is fetched: the page around it hands over the
library and the text of a diagram. Of scripts it runs two, by their hashes, its own and the library; so a diagram brings
none along, whatever the library lets through. What comes out is shown as a picture, in which browsers run and fetch
nothing either. Does not know what is drawn, nor where the library is.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.gate.page_policy import hash_of
from deepseek_space.ui.libraries import libraries
from deepseek_space.ui.sealed_frame import sealed, sealed_policy

_FRAME = ASSETS / "run" / "diagram.html"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def policy(page: str) -> str:
    """Return the policy of the document with this text."""
    library = [f"'sha256-{checksum}'" for checksum in libraries()["mermaid"].files.values()]
    rules = {
        "script-src": " ".join([*(hash_of(script.encode()) for script in _SCRIPT.findall(page)), *library]),
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
    }
    return sealed_policy(rules)


def routes() -> list[BaseRoute]:
    """Return the route to be served before Gradio's."""

    def frame(_request: Request) -> Response:
        page = _FRAME.read_text(encoding="utf-8")
        return sealed(page, policy(page))

    return [Route("/diagram-frame", frame)]
