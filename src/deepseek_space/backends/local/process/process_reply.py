"""The handle of a reply that a model's process writes. Knows no process."""

from collections.abc import Callable

from deepseek_space.engine.reply import Job, Reply


class ProcessReply(Reply):
    """The handle of a reply that is written elsewhere; ``drop`` sends word that nobody wants it any more."""

    def __init__(self, key: str, job: Job, *, drop: Callable[[str], None]) -> None:
        super().__init__(job)
        self.key, self._drop = key, drop
        self.is_sent = False
        self.is_waiting = True
        self.is_queued = False  # as its process has said

    def cancel(self) -> None:
        """Ask for the end of the work; safe from any thread, at any time."""
        if not self.is_cancelled and not self.is_finished:
            self._drop(self.key)
        super().cancel()
