"""Who asks, as far as it matters for what the model has read before. Knows no page."""

import secrets
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

from gradio.context import LocalContext

from deepseek_space.types import Completion, Request

Asked = TypeVar("Asked", Request, Completion)


def by_visitor(request: Asked) -> Asked:
    """Return ``request`` as one of the visitor whose event is being served."""
    return replace(request, scope=_scope())


def _scope() -> str:
    """Return the scope of the visitor whose event is being served: their open page, or their client's session.

    Where nobody can be told from others, as for a call without a session, it is a new one each time.
    """
    request = LocalContext.request.get(None)
    session = request.session_hash if request else None
    # Gradio's session goes through the log and the page; its name here must not serve to take part in it.
    return sha256(f"page {request.username} {session}".encode()).hexdigest() if session else secrets.token_hex()
