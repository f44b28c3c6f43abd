"""Whom a request comes from, as far as the network tells: an address, or the part of it that one household has.

uvicorn takes what a proxy on this machine, or one named in ``FORWARDED_ALLOW_IPS``, says of those behind it. A Space
is reached through proxies alone, and the last public address that they noted is the one that nobody can make up.
"""

from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope


def address_of(scope: Scope, *, on_space: bool = False) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 one, whose owner has all of it; "" where there is none."""
    peer = (scope.get("client") or ("", 0))[0]
    noted = _noted(scope) if on_space else iter(())
    return _household(next(noted, peer))


def _noted(scope: Scope) -> Iterator[str]:
    """Yield the public addresses that proxies have noted, the last one first."""
    for noted in reversed(Headers(scope=scope).get("x-forwarded-for", "").split(",")):
        try:
            if ip_address(noted.strip()).is_global:
                yield noted.strip()
        except ValueError:
            return


def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
