"""Bytes over a connection that breaks: how long to go on trying, and how far it has come.

Knows no server and no protocol; whoever opens the connection says what may pass by raising Interrupted.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from deepseek_space.errors import Cancelled, NoNetwork
from deepseek_space.events import Loading
from deepseek_space.models.downloads.checksums import never
from deepseek_space.sentences import Sentence, joined

REPORT_S = 0.1
NAP_S = 0.2

T = TypeVar("T")


class Interrupted(Exception):
    """An attempt failed in a way that may pass; ``answered`` says whether the server spoke at all.

    ``sentence`` is the reason, as other errors have one.
    """

    def __init__(self, reason: str, *, answered: bool = True, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.sentence = reason
        self.answered = answered
        self.retry_after_s = retry_after_s


class WrongRange(Interrupted):
    """The server has no bytes from where it was asked to begin, or sends others: begin at the beginning."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often to try in a row without a byte arriving, and how long to wait between two attempts."""

    max_failures: int = 6
    max_unanswered: int = 2
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 330.0  # the Hub counts requests in windows of five minutes
    sleep: Callable[[float], None] = time.sleep

    def keep_trying(
        self,
        attempt: Callable[[], T],
        *,
        what: str,
        remedy: str = "",
        arrived_bytes: Callable[[], int] = lambda: 0,
        cancelled: Callable[[], bool] = never,
    ) -> T:
        """Return what ``attempt`` returns, once it is not Interrupted.

        Raises Cancelled, and NoNetwork with ``remedy``, what else there is to do.
        """
        failures, before = 0, arrived_bytes()
        while True:
            stop_if(cancelled, what)
            try:
                return attempt()
            except Interrupted as interruption:
                now = arrived_bytes()
                failures = 1 if now > before else failures + 1
                before = now
                spoke = interruption.answered or now > 0
                wait_s = self.wait_s(interruption, failures)
                if failures >= (self.max_failures if spoke else self.max_unanswered) or wait_s is None:
                    said = _gave_up(what, interruption, failures, is_asked_too_much=wait_s is None)
                    raise NoNetwork(joined(said, remedy, _kept(now))) from interruption
                self._pause(wait_s, cancelled, what)

    def wait_s(self, interruption: Interrupted, failures: int) -> float | None:
        """Return how long to wait after so many failures in a row; None: longer than anybody should."""
        if interruption.retry_after_s is None:
            return min(2.0 ** (failures - 1), self.longest_wait_s)
        return interruption.retry_after_s if interruption.retry_after_s <= self.longest_retry_after_s else None

    def _pause(self, wait_s: float, cancelled: Callable[[], bool], what: str) -> None:
        while wait_s > 0:
            stop_if(cancelled, what)
            self.sleep(min(wait_s, NAP_S))
            wait_s -= NAP_S


def _gave_up(what: str, interruption: Interrupted, failures: int, *, is_asked_too_much: bool) -> str:
    if not interruption.answered:
        return Sentence(
            "{what} did not work: {interruption}. Check the connection and try again.",
            what=what,
            interruption=interruption,
        )
    if is_asked_too_much:
        wait_s = f"{interruption.retry_after_s:,.0f}"
        return Sentence(
            "{what} did not work ({interruption}), and the server asks to wait {seconds} s. Try again then.",
            what=what,
            interruption=interruption,
            seconds=wait_s,
        )
    return Sentence(
        "{what} did not work after {failures} attempts in a row ({interruption}). Try again later.",
        what=what,
        failures=failures,
        interruption=interruption,
    )


def stop_if(cancelled: Callable[[], bool], what: str, *, arrived_bytes: int = 0) -> None:
    """Raise Cancelled if somebody asked for it."""
    if cancelled():
        raise Cancelled(joined(Sentence("{what} was cancelled.", what=what), _kept(arrived_bytes)))


def _kept(arrived_bytes: int) -> str:
    return Sentence("What has arrived is kept.") if arrived_bytes else ""


@dataclass(kw_only=True)
class Meter:
    """Counts the bytes of several threads and reports them at most every ``REPORT_S`` seconds, the last one always."""

    stage: str
    total_bytes: int
    progress: Callable[[Loading], None]
    done_bytes: int = 0
    clock: Callable[[], float] = time.monotonic
    _reported_s: float = field(default=float("-inf"), init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)

    @property
    def is_full(self) -> bool:
        """Whether all bytes are here."""
        return self.done_bytes >= self.total_bytes

    def advance(self, count: int) -> None:
        """``count`` more bytes are here; negative where bytes turned out to be lost."""
        with self._lock:
            self.done_bytes += count
            now_s = self.clock()
            if now_s - self._reported_s >= REPORT_S or self.done_bytes == self.total_bytes:
                self._reported_s = now_s
                self.report()

    def report(self) -> None:
        """Report what is here now, where something else has been reported meanwhile."""
        self.progress(Loading(stage=self.stage, done=self.done_bytes, total=self.total_bytes))
