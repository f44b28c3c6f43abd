"""Who asks over the routes for programs, as far as it matters for what the model has read before.

Knows no backend and no format.
"""

import secrets
from hashlib import sha256
from ipaddress import ip_address

from fastapi import Request

# Whoever passes on for others says so by one of these.
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def given_key(request: Request) -> str:
    """Return the key that a request brings, as a bearer's or as Anthropic's older clients bring it; empty: none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()


def scope_of_client(request: Request, *, key: str = "", salt: str = "") -> str:
    """Return the scope of a client that was let in: by ``key`` and address, and a ``salt`` of its own, as vLLM has it.

    An address tells nothing behind a proxy or a tunnel, which give everybody the same one. Where nothing tells clients
    apart, each request has a scope of its own.
    """
    told = (key, address_that_tells(request), salt)
    return sha256(f"v1 {told}".encode()).hexdigest() if any(told) else secrets.token_hex()


def address_that_tells(request: Request) -> str:
    """Return the address of who asks; empty where it may be that of many."""
    host = request.client.host if request.client else ""
    if any(name in request.headers for name in _PROXY_HEADERS):
        return ""
    try:
        return "" if ip_address(host).is_loopback else host
    except ValueError:
        return ""
