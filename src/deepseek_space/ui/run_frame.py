"""The document that programs of a workspace run in, in the reader's browser: a route with a policy of its own.

It is sealed (``sealed_frame``), and does not reach the page around it. As ``frame-src`` names nothing, the page
within it, which stands in ``srcdoc``, cannot go to another address either, by which data would leave. Without the
network nothing is fetched. WebRTC is not held: there is no rule for it that browsers follow. Does not know what is
run.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.sealed_frame import sealed, sealed_policy

_OWN = "'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob: data:"
_FRAME, _WORKER = ASSETS / "run" / "frame.html", ASSETS / "run" / "python.js"


def policy(*, network: bool) -> str:
    """Return the policy of the document; ``network`` opens what is served over HTTPS, for who has switched it on."""
    web = " https:" if network else ""
    rules = {
        "script-src": f"{_OWN}{web}",
        "style-src": f"'unsafe-inline' data:{web}",
        "img-src": f"data: blob:{web}",
        "font-src": f"data:{web}",
        "media-src": f"data: blob:{web}",
        "connect-src": web.strip() or "'none'",
        "worker-src": "blob:",
        "frame-src": "'none'",
    }
    return sealed_policy(rules)


def routes() -> list[BaseRoute]:
    """Return the routes to be served before Gradio's."""

    def frame(request: Request) -> Response:
        return sealed(_FRAME.read_text(encoding="utf-8"), policy(network=request.url.path.endswith("/network")))

    def worker(_request: Request) -> Response:
        return Response(
            _WORKER.read_text(encoding="utf-8"), media_type="text/javascript", headers={"cache-control": "no-cache"}
        )

    return [Route("/run-frame", frame), Route("/run-frame/network", frame), Route("/run-frame/python.js", worker)]
