"""From the wish to end to the end: new work is refused, answers may finish, and then nothing is waited for long.

What runs the app in a container or a unit kills it a few seconds after it has asked. Knows no page and no model.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

LOOK_S = 0.1
POLL_S = 0.05
LAST_WORDS_S = 1.0
"""For readers to be told why their answers ended."""
AFTER_DRAIN_S = 4.5
"""The most that all the rest takes; with five seconds of drain it is less than the ten that containers are given."""


class Wish:
    """Whether the process was asked to end, and whether at once: by Ctrl-C when it had been asked before.

    Nothing is raised: an error out of nowhere, in the midst of a lock, is worse than a tenth of a second.
    """

    def __init__(self) -> None:
        self.has_come = False
        self.is_urgent = False

    def listen(self) -> None:
        """Hear the system's signals from now on; for the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self.is_urgent = self.is_urgent or (self.has_come and signum == signal.SIGINT)
        self.has_come = True


def wait_for(wish: Wish, server: threading.Thread) -> None:
    """Return when ``wish`` has come, or ``server`` has ended."""
    while server.is_alive() and not wish.has_come:
        time.sleep(LOOK_S)


def drain(is_busy: Callable[[], bool], *, drain_s: float, wish: Wish) -> None:
    """Return when nothing is being answered any more, or after ``drain_s``, or once ``wish`` is urgent.

    The process ends ``AFTER_DRAIN_S`` later at the latest, whatever hangs.
    """
    _end_in(drain_s + AFTER_DRAIN_S)
    if is_busy():
        log.info("Ending. Answers may go on for %g s; Ctrl-C once more ends them now.", drain_s)
    wait_while(lambda: is_busy() and not wish.is_urgent, for_s=drain_s)


def wait_while(is_so: Callable[[], bool], *, for_s: float) -> None:
    """Return when ``is_so`` says no, or after ``for_s``."""
    until_s = time.monotonic() + for_s
    while is_so() and time.monotonic() < until_s:
        time.sleep(POLL_S)


def _end_in(seconds: float) -> None:
    timer = threading.Timer(seconds, _end_now)
    timer.daemon = True
    timer.start()


def _end_now() -> None:
    log.warning("Something did not end in time; ending without it.")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
