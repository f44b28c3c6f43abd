"""Real clients, each in an environment of its own, against the routes: ``make real``, or some by their names.

The environments are kept beside the app's models; what was seen is told, and a failure ends this with 1.
"""

import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import openai
from client import Service
from environments import environment
from programs import CLIENTS
from server import KEY

HERE = Path(__file__).parent
START_S = 300


def main(names: list[str]) -> int:
    """Run the clients called ``names``, or all; print a line for each."""
    failed = False
    for name in names or CLIENTS:
        client = CLIENTS[name]
        try:
            made = environment(client)
            with tempfile.TemporaryDirectory() as folder, served(client.asks) as service:
                seen = client.act(made.runner(Path(folder)), Path(folder), service)
            print(f"{client.packages[0]} {made.version()}: {seen}", flush=True)
        except (AssertionError, subprocess.SubprocessError):
            traceback.print_exc()
            failed = True
    return int(failed)


@contextmanager
def served(what: str) -> Iterator[Service]:
    """Serve ``what`` (see ``server``) for as long as the block lasts."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([sys.executable, HERE / "server.py", str(port), what, folder]) as process,
    ):
        try:
            _wait(url, process)
            yield Service(url=url, key=KEY, model=model_at(url), folder=Path(folder))
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens at ``url``; that the model is there, too, is what the client waits for."""
    begun = time.monotonic()
    while True:
        assert process.poll() is None
        assert time.monotonic() - begun < START_S
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return


def model_at(url: str) -> str:
    """Return the name of the model there."""
    return openai.OpenAI(base_url=url, api_key=KEY, max_retries=60).models.list().data[0].id


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
