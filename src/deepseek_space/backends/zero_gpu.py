"""The local model on ZeroGPU, where a graphics card is lent for the length of one call.

The call runs in a forked process: request and events are pickled on the way, no thread of ours may serve it, and
nothing it does survives it, kept prefixes included. Import this before torch: ``spaces`` replaces parts of it.
"""

from collections.abc import Iterator

import spaces

from deepseek_space.backends.local import LocalBackend
from deepseek_space.types import Completion, Event, Request, Status

# Slower than any model that fits the card, so that a reply is rarely cut off; and the most that a visitor may ask for.
SLOWEST_TOKENS_PER_SECOND = 25
START_S = 15
LONGEST_S = 120


def duration_s(request: Request | Completion) -> int:
    """Return for how many seconds to ask for the card; the visitor's quota is charged by it."""
    return min(LONGEST_S, START_S + request.sampling.max_new_tokens // SLOWEST_TOKENS_PER_SECOND)


class ZeroGPUBackend:
    """``inner``, whose model was loaded before the page opened, with each reply made on a lent card."""

    def __init__(self, inner: LocalBackend) -> None:
        self._inner = inner

        def reply(request: Request | Completion) -> Iterator[Event]:
            yield from inner.stream(request)

        self._reply = spaces.GPU(reply, duration=duration_s)

    def start(self) -> None:
        """Do nothing: what is loaded later would not be on the card."""

    def stream(self, request: Request | Completion) -> Iterator[Event]:
        """Yield the reply's events; see ``Backend.stream``. Closing takes effect at the next event."""
        yield from self._reply(request)

    def status(self) -> Status:
        """Return what answers now."""
        return self._inner.status()

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is; needs no card."""
        return self._inner.count_tokens(text)

    def close(self) -> None:
        """End everything."""
        self._inner.close()
