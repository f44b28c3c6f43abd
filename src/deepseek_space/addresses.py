"""Where the app listens, and under which names and paths it is asked for: what may be written there, and what not.

Knows no server and resolves no name.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from deepseek_space.errors import UsageError

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.IGNORECASE)
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+")
# Under which nobody can register a name: RFC 6761, 6762 and 8375, and ICANN's choice of 2024.
_LOCAL_ENDINGS = frozenset({"localhost", "local", "internal", "home.arpa", "test", "lan"})


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens on ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str) -> None:
    """Raise UsageError where ``host`` is no address and no name of a machine, or has a port with it."""
    if is_address(host) or (_NAME.fullmatch(host) and not re.fullmatch(r"[\d.]+", host)):
        return
    raise UsageError(
        f"{host!r} is no address to listen on. Give --host (or GRADIO_SERVER_NAME) an address alone, such as 0.0.0.0, "
        "and the port as --port."
    )


def check_trusted_name(name: str) -> None:
    """Raise UsageError where ``name`` is neither the name of a machine nor an ending that one owner holds."""
    bare = name.removeprefix("*").removeprefix(".")
    is_ending = bare != name
    if (name.startswith("*") and not name.startswith("*.")) or not _NAME.fullmatch(bare):
        raise UsageError(
            f"--trusted-host {name!r} is no name. Give a name alone, such as chat.example.org, or an ending, such as "
            "*.example.org, without scheme, port or path."
        )
    if is_ending and "." not in bare.strip(".") and bare.lower().strip(".") not in _LOCAL_ENDINGS:
        raise UsageError(
            f"--trusted-host {name!r} would trust names that anybody can register. Give a longer ending, such as "
            "*.example.org."
        )


def is_trusted(name: str, trusted: tuple[str, ...]) -> bool:
    """Tell whether ``name`` is one of ``trusted``, or ends as one of them that begins with ``*.`` or a dot."""
    asked = name.lower().removesuffix(".")
    for entry in trusted:
        known = entry.lower().removeprefix("*").removesuffix(".")
        if asked == known or (known.startswith(".") and asked.endswith(known) and asked != known):
            return True
    return False


def is_address(host: str) -> bool:
    """Tell whether ``host`` is an IP address, and so nobody's to point elsewhere."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_web_address(url: str) -> bool:
    """Tell whether ``url`` is the whole address of a web server."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def check_root_path(root_path: str) -> None:
    """Raise UsageError where ``root_path`` is neither a path such as ``/ai`` nor a whole address that ends in one."""
    if not root_path:
        return
    try:
        parts = urlsplit(root_path)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        is_whole = False
    path = prefix_of(root_path) if is_whole else root_path.rstrip("/")
    if (not path and (is_whole or root_path == "/")) or _PATH.fullmatch(path):
        return
    raise UsageError(
        f"--root-path (or GRADIO_ROOT_PATH) is {root_path!r}; write the path under which a proxy serves the app with a "
        "slash in front, such as /ai, or the whole address, such as https://example.org/ai."
    )


def prefix_of(root_path: str) -> str:
    """Return the path of ``root_path``, which may be a whole address, without a slash at its end; "" for none."""
    path = urlsplit(root_path).path if root_path.startswith(("http://", "https://")) else root_path
    return path.rstrip("/")
