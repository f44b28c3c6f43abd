"""The proxy variables of the environment, in a form that every HTTP client of this process can read.

Gradio's client ends the start over forms that others accept, and asks this very machine through the proxy. Knows no
client: what they take was tried with httpx 0.28, httpx2 2.16 and pip.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies

from deepseek_space.errors import UsageError

log = logging.getLogger(__name__)

SCHEMES = ("http", "https", "all")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
USABLE = ("http", "https", "socks5", "socks5h")
SOCKS_PACKAGES = {"socksio": "socksio", "socks": "pysocks"}  # module → package: for httpx, and for pip


def normalise(
    environ: MutableMapping[str, str],
    *,
    host: str = "",
    ask_system: Callable[[], Mapping[str, str]] = getproxies,
    has_module: Callable[[str], object] = find_spec,
) -> None:
    """Rewrite the proxy variables of ``environ``: every entry readable, and this machine asked without a proxy.

    ``host`` is where the page listens, if there is one. ``ask_system`` tells the proxies of Windows and macOS, which
    hold only where the environment names none. Raises UsageError for a proxy that no client here can use.
    """
    proxies = dict(_named(environ)) or {
        f"{scheme}_proxy": url for scheme, url in ask_system().items() if scheme in SCHEMES
    }
    for name, url in proxies.items():
        _check(name, url, has_module)
    own = (*THIS_MACHINE, *_readable(host)) if proxies else ()
    excepted = dict.fromkeys((*_readable(_value_of(environ, "no")), *own))
    for name in [f"{scheme}_proxy" for scheme in (*SCHEMES, "no")]:
        environ.pop(name, None)
        environ.pop(name.upper(), None)
    environ.update(proxies)
    if excepted:
        environ.update(dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(excepted)))


def _named(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for scheme in SCHEMES:
        if url := _value_of(environ, scheme):
            name = f"{scheme}_proxy"
            yield name if name in environ else name.upper(), url


def _value_of(environ: Mapping[str, str], scheme: str) -> str:
    # As everywhere: what is written in small letters wins.
    name = f"{scheme}_proxy"
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _check(name: str, url: str, has_module: Callable[[str], object]) -> None:
    shown = url.rpartition("@")[2]  # what stands before it is a password
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_usable = parts.scheme in USABLE and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UsageError(
            f"{name} is {shown!r}, which is no proxy that this app can use. Write http://HOST:PORT or "
            "socks5://HOST:PORT, or unset it."
        )
    missing = [package for module, package in SOCKS_PACKAGES.items() if not has_module(module)]
    if parts.scheme.startswith("socks") and missing:
        raise UsageError(
            f"{name} is {shown!r}, a SOCKS proxy, and Python needs {' and '.join(missing)} for that. Run `pip install "
            f"{' '.join(missing)}` where there is another way to the network, or unset it."
        )


def _readable(excepted: str) -> Iterator[str]:
    for entry in re.split(r"[,;\s]+", excepted):
        host = _without_brackets(entry.rpartition("://")[2])
        if host and _is_readable(host):
            yield host
        elif entry:
            log.warning("NO_PROXY: %r is no host, and is left out", entry)


def _without_brackets(host: str) -> str:
    address, bracket, _port = host.removeprefix("[").partition("]")
    return address if bracket and host.startswith("[") else host


def _is_readable(host: str) -> bool:
    _name, colon, port = host.partition(":")
    return host.isascii() and (not colon or port.isdecimal() or _is_ipv6(host))


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False
