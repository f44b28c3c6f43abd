"""A wish to end is heard, answers have their time, and nothing that hangs holds the process."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from deepseek_space.commands import ending

SOURCE = Path(__file__).parent.parent.parent / "src"
# A thread that Python would wait for without end, as it does for one that waits for a network.
HANGS = """
import threading
from deepseek_space.commands import ending
ending.AFTER_DRAIN_S = 0.2
threading.Thread(target=threading.Event().wait).start()
ending.drain(lambda: False, drain_s=0.0)
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


def test_a_wish_to_end_wakes_what_waits_for_the_server():
    served = threading.Event()
    server = threading.Thread(target=served.wait, daemon=True)
    server.start()
    before = signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        ending.wait_for_wish(server)
        assert server.is_alive()
    finally:
        signal.signal(signal.SIGTERM, before)
        served.set()
