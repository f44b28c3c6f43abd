"""Who works for readers: what a loaded model's side of the stream has to offer, wherever the work is done.

A thread of this process, the reader's own thread, or a process of the model's own. Imports no torch.
"""

from collections.abc import Iterator
from typing import Protocol

from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job, Reply, RowEvent
from deepseek_space.figures import Figures


class Driver(Protocol):
    """Takes jobs and has their replies written; many at once."""

    @property
    def limits(self) -> EngineLimits:
        """How much is taken on."""
        ...

    @property
    def num_active(self) -> int:
        """How many replies are being written."""
        ...

    @property
    def num_waiting(self) -> int:
        """How many have no place yet."""
        ...

    @property
    def cache_bytes(self) -> int:
        """Bytes held for replies and for what was kept of earlier ones."""
        ...

    @property
    def trouble(self) -> str:
        """One sentence on why nothing can be answered now, or what happened lately; empty if there is nothing."""
        ...

    def figures(self, *, weight_bytes: int) -> Figures:
        """Return what has been counted since the start, beside ``weight_bytes``."""
        ...

    def submit(self, job: Job) -> Reply:
        """Queue ``job`` and return the handle of its reply at once.

        Raises PromptTooLong, BusyError when the queue is full, EngineStopped after ``close``.
        """
        ...

    def events(self, reply: Reply, *, wait_s: float) -> Iterator[RowEvent | None]:
        """Yield the reply's events until ``Finished``, and None after each ``wait_s`` without one."""
        ...

    def close(self, *, drain_s: float = 0.0) -> None:
        """End all replies, after they had ``drain_s`` to end by themselves."""
        ...
