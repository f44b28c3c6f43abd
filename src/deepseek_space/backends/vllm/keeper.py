"""Runs a server and all that it starts, and ends them with the app: ``python keeper.py COMMAND…``.

Its stdin is a pipe from the app, which closes however the app ends. It ends as the command does, by the same code or
signal. Needs nothing but Python's own library, and knows nothing of what it runs.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

_LAST_S = 2.0
_FIRST_TO_BE_KILLED = "800"  # of 1000: where memory runs out, this and not the app


def main() -> None:
    """Run what the command line names."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_BE_KILLED)  # what it starts has it too
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_the_app, args=(process,), daemon=True).start()
    code = process.wait()
    _kill_all_of(process)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _end_with_the_app(process: "subprocess.Popen[bytes]") -> None:
    sys.stdin.buffer.read()
    process.terminate()  # what it has put into shared memory it takes out again by itself
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LAST_S)
    _kill_all_of(process)


def _kill_all_of(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
