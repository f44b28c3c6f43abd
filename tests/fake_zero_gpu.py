"""The part of Hugging Face's platform that lends cards on ZeroGPU: answers as ``spaces`` expects, notes each call.

Imports nothing of the app: it serves in the test's process, the app runs in one of its own.
"""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

GRANT = json.dumps({"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "allowed"})
QUOTA = json.dumps({"left": 17, "wait": 4980})  # seconds
QUEUE_FULL = "event: failed\n\n"


@dataclass
class Platform:
    """``calls`` are (path, query) in order; ``refusals`` answer the next requests for a card, then it lends."""

    url: str
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refusals: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the queries of all calls to ``path``."""
        return [query for called, query in self.calls if called == path]

    def environ(self, folder: Path) -> dict[str, str]:
        """Return what a Space on ZeroGPU finds in its environment; ``folder`` takes what is packed."""
        return {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": self.url,
            "SPACE_ID": "somebody/chat",
            "ZEROGPU_OFFLOAD_DIR": str(folder / "tensors"),
            "HOME": str(folder),
            "OMP_NUM_THREADS": "1",  # a fork of a process whose threads compute together cannot compute on a CPU
        }


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        platform, parts = self.server.platform, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        platform.calls.append((parts.path, query))
        if parts.path == "/schedule":
            self._schedule(platform)
        elif parts.path == "/refuse":  # for the scene to say what comes next
            platform.refusals.put(query["how"])
            self._answer(200, "")
        else:
            self._answer(200, "")

    def _schedule(self, platform: Platform) -> None:
        how = "" if platform.refusals.empty() else platform.refusals.get()
        if how == "quota":
            self._answer(429, QUOTA, {"X-Authenticated": "regular", "X-Approve-Result": "quota-exceeded"})
        elif how == "queue":
            self._answer(200, QUEUE_FULL, {"content-type": "text/event-stream", "X-Authenticated": "regular"})
        elif how == "none":
            self._answer(503, "")
        else:
            self._answer(200, GRANT)

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(text)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Serve on a free port for as long as the block lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.platform = Platform(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.platform
        server.shutdown()
        thread.join()
