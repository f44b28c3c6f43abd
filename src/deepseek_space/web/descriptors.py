"""How many files and connections this process may hold open, raised to what the system allows."""

import logging
from contextlib import suppress

from deepseek_space.errors import UsageError

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None

log = logging.getLogger(__name__)

WANTED = 65_536
LEAST = 256
MOST_CONNECTIONS = 8192
_RESERVED = 192  # files, pipes, and connections of the app's own


def raise_limit() -> int:
    """Raise the limit on open files as far as it goes; return it. Raises UsageError where it is too low to serve."""
    if resource is None:
        return WANTED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (WANTED, 10_240):  # macOS takes no more than the second, whatever it says
        target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= target:
            break
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            log.debug("May hold %d files and connections open, instead of %d.", target, soft)
            soft = target
    limit = WANTED if soft == resource.RLIM_INFINITY else soft
    if limit < LEAST:
        raise UsageError(
            f"Only {limit} files and connections may be open at once here, and the app needs {LEAST}. Raise the limit, "
            "such as with `ulimit -n 1024`, and start it again."
        )
    return limit


def room_for_connections(limit: int) -> int:
    """Return how many connections may be open at once where ``limit`` files and connections may be."""
    return min(MOST_CONNECTIONS, limit - max(_RESERVED, limit // 4))
