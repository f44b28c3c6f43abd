"""Documents in a frame of an origin that is nobody's: they reach no storage, no cookie and no file of the app.

What else they may do each says itself, see ``run_frame`` and ``diagram_frame``.
"""

from collections.abc import Mapping

from starlette.responses import Response

from deepseek_space.ui.gate.page_policy import to_header

_SEALED = {
    "sandbox": "allow-scripts",
    "default-src": "'none'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}


def sealed_policy(rules: Mapping[str, str]) -> str:
    """Return the policy of a document that may do what ``rules`` say and nothing else."""
    return to_header({**_SEALED, **rules})


def sealed(document: str, policy: str) -> Response:
    """Return the answer that has a browser show ``document`` under this policy."""
    headers = {"content-security-policy": policy, "cache-control": "no-cache"}
    return Response(document, media_type="text/html", headers=headers)
