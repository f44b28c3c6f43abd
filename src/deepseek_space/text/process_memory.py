"""How much memory a process that reads what strangers made may take. Knows nothing of what it reads."""

from contextlib import suppress


def bound_memory(limit_bytes: int) -> None:
    """Let this process have no more than ``limit_bytes``, where the system has such a limit."""
    # Windows has none, and macOS may refuse it: the time is bounded there too.
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
