"""Waiting for what other threads and processes do, where nothing tells that it is done."""

import threading
import time
from collections.abc import Callable

LOOK_S = 0.01


def until(condition: Callable[[], object], *, within_s: float = 10.0) -> bool:
    """Look again and again, with a pause between, and return whether ``condition`` came true in time."""
    deadline_s, pause = time.monotonic() + within_s, threading.Event()
    while not (is_true := bool(condition())) and time.monotonic() < deadline_s:
        pause.wait(LOOK_S)
    return is_true
