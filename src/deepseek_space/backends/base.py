"""The one way that pages, routes and tests get a reply. Knows no model and no page."""

from typing import Protocol, runtime_checkable

from deepseek_space.events import EventStream
from deepseek_space.status import Choice, Quantisation, Status
from deepseek_space.types import Completion, Request

BYTES_PER_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """Return about how many tokens ``text`` is for a vocabulary of the usual size."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


class Backend(Protocol):
    """Streams replies; many streams may run at once, each read by a thread of its own."""

    def start(self) -> None:
        """Begin what takes long, such as loading, and return at once. Called once, before the page is up."""
        ...

    def stream(self, request: Request | Completion) -> EventStream:
        """Yield events until ``Done``; what continues a text comes as Answer.

        Closing the iterator stops the work within one token. At least once per heartbeat something
        is yielded, if only the latest progress again or an empty piece, so that a reader who has left is noticed.
        Raises SpaceError, also in mid-stream.
        """
        ...

    def status(self) -> Status:
        """Return what answers now, at once and without blocking."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is for the model that answers; a fair estimate while there is none."""
        ...

    def close(self) -> None:
        """End all streams and free what is held; within 2 s."""
        ...


@runtime_checkable
class ModelHost(Protocol):
    """A backend whose model can be changed. Each call returns at once; ``status`` tells how it goes on."""

    def choices(self) -> tuple[Choice, ...]:
        """Return what could be loaded, with how it would fit this machine now."""
        ...

    def fit(self, model: str, *, precision: str = "auto") -> str:
        """Return in a sentence how ``model`` would fit this machine now.

        May ask the Hub, and so take seconds. Raises SpaceError where it would not load, with the reason.
        """
        ...

    def quantisations(self, model: str) -> tuple[Quantisation, ...]:
        """Return what the GGUF repository ``model`` publishes, the smallest first; empty for any other model.

        May ask the Hub, and raises, as ``fit`` does.
        """
        ...

    def load(self, model: str, *, precision: str = "auto") -> None:
        """Begin to change to ``model``; what answers now goes on if that fails. Raises BusyError during a load."""
        ...

    def cancel_load(self) -> None:
        """Stop the load under way; what has been fetched is kept."""
        ...

    def unload(self) -> None:
        """Free the model's memory. Requests in flight may finish first."""
        ...
