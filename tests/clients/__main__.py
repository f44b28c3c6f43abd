"""Real clients, each in an environment of its own, against the routes: ``make real``, or some by their names.

The environments are kept beside the app's models; what they hold is told, and a failure ends this with 1.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from programs import PROGRAMS
from server import KEY

from deepseek_space.settings import default_cache_dir

HERE = Path(__file__).parent
START_S, PROGRAM_S = 180, 600


def main(names: list[str]) -> int:
    """Run the clients called ``names``, or all; print a line for each."""
    failed = False
    with served() as url:
        for name in names or PROGRAMS:
            act, package = PROGRAMS[name]
            try:
                binaries = environment(package)
                with tempfile.TemporaryDirectory() as folder:
                    seen = act(runner(binaries, Path(folder)), Path(folder), url, KEY, model_at(url))
                print(f"{package} {version(binaries, package)}: {seen}", flush=True)
            except (AssertionError, subprocess.SubprocessError):
                traceback.print_exc()
                failed = True
    return int(failed)


@contextmanager
def served():
    """Serve the routes for as long as the block lasts; yields the address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, HERE / "server.py", str(port)]) as process:
        try:
            begun = time.monotonic()
            while not is_open(port):
                assert process.poll() is None
                assert time.monotonic() - begun < START_S
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def is_open(port):
    """Tell whether somebody listens."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def model_at(url):
    """Return the name of the model there."""
    import openai

    return openai.OpenAI(base_url=url, api_key=KEY).models.list().data[0].id


def environment(package):
    """Return the folder of programs of an environment with ``package``, made where it is not there yet."""
    folder = default_cache_dir(os.environ) / "clients" / package
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", package], check=True)
        (folder / "made").touch()
    return folder / "bin"


def version(binaries, package):
    """Return the version of ``package``."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([binaries / "python", "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def runner(binaries, folder):
    """Return what runs a program of the environment in ``folder`` and returns what it printed."""

    def program(name, *arguments, environ=None):
        home = {"HOME": str(folder), "PATH": f"{binaries}:{os.environ['PATH']}", **(environ or {})}
        command = [binaries / name, *arguments]
        ended = subprocess.run(
            command, cwd=folder, env=home, capture_output=True, text=True, timeout=PROGRAM_S, stdin=subprocess.DEVNULL
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout.strip()

    return program


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
