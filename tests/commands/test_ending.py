"""A wish to end is heard, answers have their time, and nothing that hangs holds the process."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deepseek_space.commands import ending

SOURCE = Path(__file__).parent.parent.parent / "src"
# A thread that Python would wait for without end, as it does for one that waits for a network.
HANGS = """
import threading
from deepseek_space.commands import ending
ending.AFTER_DRAIN_S = 0.2
threading.Thread(target=threading.Event().wait).start()
ending.drain(lambda: False, drain_s=0.0, wish=ending.Wish())
print("drained", flush=True)
"""


def test_what_hangs_does_not_hold_the_process():
    run = subprocess.run([sys.executable, "-c", HANGS], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "drained\n")
    assert "did not end in time" in run.stderr


def test_waiting_ends_with_what_is_waited_for():
    looks = iter([True, True, False])
    ending.wait_while(lambda: next(looks), for_s=300)
    assert next(looks, None) is None


def test_waiting_ends_with_its_time():
    ending.wait_while(lambda: True, for_s=0.0)


@pytest.fixture
def wish():
    """A wish that hears this process's signals for as long as a test lasts."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    wish = ending.Wish()
    wish.listen()
    yield wish
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("sent", "is_urgent"),
    [
        ((signal.SIGTERM,), False),
        ((signal.SIGINT,), False),
        ((signal.SIGINT, signal.SIGTERM), False),
        ((signal.SIGTERM, signal.SIGTERM), False),
        ((signal.SIGTERM, signal.SIGINT), True),
        ((signal.SIGINT, signal.SIGINT, signal.SIGTERM), True),
    ],
)
def test_a_second_ctrl_c_is_urgent_and_nothing_is_raised_however_often_it_is_asked(wish, sent, is_urgent):
    for number in sent:
        signal.raise_signal(number)
    assert (wish.has_come, wish.is_urgent) == (True, is_urgent)


def test_what_is_urgent_waits_for_no_answer(wish, monkeypatch):
    monkeypatch.setattr(ending, "_end_in", lambda seconds: None)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    ending.drain(lambda: True, drain_s=300, wish=wish)


def test_a_wish_or_the_end_of_the_server_ends_the_waiting(wish):
    served = threading.Event()
    server = threading.Thread(target=served.wait, daemon=True)
    server.start()
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
    ending.wait_for(wish, server)
    assert server.is_alive()
    served.set()
    server.join()
    ending.wait_for(ending.Wish(), server)
