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
from contextlib import suppress

log = logging.getLogger(__name__)

LOOK_S = 1.0
POLL_S = 0.05
LAST_WORDS_S = 1.0
"""For readers to be told why their answers ended."""
AFTER_DRAIN_S = 4.5
"""The most that all the rest takes; with five seconds of drain it is less than the ten that containers are given."""


def wait_for_wish(server: threading.Thread) -> None:
    """Return when ``server`` has ended or, by KeyboardInterrupt, the process is asked to end."""
    with suppress(KeyboardInterrupt):
        while server.is_alive():
            time.sleep(LOOK_S)  # a join that is interrupted would take the thread for ended


def drain(is_busy: Callable[[], bool], *, drain_s: float) -> None:
    """Return when nothing is being answered any more, or after ``drain_s``, or at a second Ctrl-C.

    The process ends ``AFTER_DRAIN_S`` later at the latest, whatever hangs.
    """
    _end_in(drain_s + AFTER_DRAIN_S)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if is_busy():
        log.info("Ending. Answers may go on for %g s; Ctrl-C once more ends them now.", drain_s)
    with suppress(KeyboardInterrupt):
        wait_while(is_busy, for_s=drain_s)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
