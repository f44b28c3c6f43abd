"""Who asks over the routes for programs, as far as it matters for what the model has read before.

Knows no backend and no format.
"""

import secrets
from hashlib import sha256
from ipaddress import ip_address

from fastapi import Request

from deepseek_space.api.access.keys import given_key

# Whoever passes on for others says so by one of these.
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def scope_of_client(request: Request, *, has_key: bool, salt: str = "") -> str:
    """Return the scope of a client that was let in: by its key and address, and a ``salt`` of its own, as vLLM has it.

    An address tells nothing behind a proxy or a tunnel, which give everybody the same one. Where nothing tells clients
    apart, each request has a scope of its own.
    """
    key = given_key(request) if has_key else ""
    told = (key, _address(request), salt)
    return sha256(f"v1 {told}".encode()).hexdigest() if any(told) else secrets.token_hex()


def _address(request: Request) -> str:
    host = request.client.host if request.client else ""
    if any(name in request.headers for name in _PROXY_HEADERS):
        return ""
    try:
        return "" if ip_address(host).is_loopback else host
    except ValueError:
        return ""
