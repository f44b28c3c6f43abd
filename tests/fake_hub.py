"""A Hugging Face Hub on this machine: the API that huggingface_hub really calls, and the faults of a real network.

Large files (by suffix) are published with a SHA-256 and served after a redirect, as from the Hub's CDN.
"""

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".bin", ".gguf")
PIECE_BYTES = 1 << 14


@dataclass(kw_only=True)
class Repo:
    """One repository; ``refusal`` answers for its files (a gated one), ``hidden`` for all of it (a private one)."""

    files: dict[str, bytes]
    kind: str = "models"
    refusal: tuple[int, dict[str, str]] | None = None
    hidden: tuple[int, dict[str, str]] | None = None

    @property
    def commit(self) -> str:
        names = sorted(self.files.items())
        return hashlib.sha1(b"".join(name.encode() + content for name, content in names)).hexdigest()


@dataclass(kw_only=True)
class Pause:
    """The server stops in mid-body until the test lets it go on."""

    after_bytes: int
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True)
class Served:
    """One answered request for a file's body."""

    name: str
    range: str | None
    authorization: str | None
    sent_bytes: int = 0


def blob_id(name: str, content: bytes) -> str:
    if name.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class FakeHub:
    """What it holds, what goes wrong next, and what it has served."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.repos: dict[str, Repo] = {}
        self.statuses: dict[str, list[tuple[int, dict[str, str]]]] = defaultdict(list)  # by API path or file name
        self.drops: dict[str, list[int]] = defaultdict(list)  # close the connection after so many bytes
        self.corruptions: dict[str, int] = defaultdict(int)  # so many whole files with one bit wrong
        self.pauses: dict[str, Pause] = {}
        self.ignores_ranges = False
        self.range_shift = 0  # an answer to a range says, and is, so many bytes further on
        self.lists_sums = True
        self.etags: dict[str, str] = {}  # by file name, where it is not the checksum
        self.is_xet = False  # large files are in Xet's storage, which is not here
        self.login_page = b""  # what a hotel's network says instead of the Hub
        self.served: list[Served] = []
        self.api_calls: list[str] = []
        self.owners: dict[str, str] = {}  # who has which token

    def publish(self, repo_id: str, files: dict[str, bytes], **options: object) -> Repo:
        self.repos[repo_id] = Repo(files=dict(files), **options)
        return self.repos[repo_id]

    def answer_with(self, what: str, *statuses: int, **headers: str) -> None:
        """Answer the next requests for ``what`` (a file name, or "api") with these statuses."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.statuses[what] += [(status, named) for status in statuses]

    def served_bytes(self, name: str) -> int:
        return sum(served.sent_bytes for served in self.served if served.name == name)

    def listing(self, repo_id: str, repo: Repo) -> dict[str, object]:
        siblings = []
        for name, content in repo.files.items():
            item = {"rfilename": name, "size": len(content), "blobId": "0" * 40}
            if name.endswith(LARGE):
                item["lfs"] = {"sha256": blob_id(name, content), "size": len(content), "pointerSize": 134}
            else:
                item["blobId"] = blob_id(name, content)
            siblings.append(item if self.lists_sums else {"rfilename": name})
        return {"id": repo_id, "modelId": repo_id, "sha": repo.commit, "siblings": siblings, "tags": []}

    def tree(self, repo: Repo) -> list[dict[str, object]]:
        entries = []
        for name, content in repo.files.items():
            entry = {"type": "file", "path": name, "size": len(content), "oid": blob_id(name, content)[:40]}
            if name.endswith(LARGE):
                entry["lfs"] = {"oid": blob_id(name, content), "size": len(content), "pointerSize": 134}
            entries.append(entry)
        return entries


def _range(asked: str, size_bytes: int) -> tuple[int, int]:
    first, _, last = asked.removeprefix("bytes=").partition("-")
    return int(first), min(int(last) + 1, size_bytes) if last else size_bytes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[0] == "api":
            self._api(kind=parts[1], repo_id="/".join(parts[2:4]), wants_tree="tree" in parts[4:5])
        elif parts[0] == "cdn":
            self._body("/".join(parts[1:3]), "/".join(parts[3:]))
        else:
            self._resolve("/".join(parts[:2]), "/".join(parts[4:]))

    def _api(self, *, kind: str, repo_id: str, wants_tree: bool) -> None:
        if kind == "agent-harnesses":  # the Hub's client asks once a day, and keeps what it hears for all processes
            self._say({})
            return
        self.hub.api_calls.append(self.path)
        repo = self.hub.repos.get(repo_id)
        if kind == "whoami-v2":
            self._whoami()
            return
        if self.hub.statuses["api"]:
            self._refuse(*self.hub.statuses["api"].pop(0))
        elif not repo_id:
            self._say([])
        elif repo is None or repo.kind != kind:
            self._refuse(404, {"X-Error-Code": "RepoNotFound"})
        elif repo.hidden:
            self._refuse(*repo.hidden)
        else:
            self._say(self.hub.tree(repo) if wants_tree else self.hub.listing(repo_id, repo))

    def _whoami(self) -> None:
        owner = self.hub.owners.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if self.hub.statuses["api"]:
            self._refuse(*self.hub.statuses["api"].pop(0))
        elif owner is None:
            self._refuse(401, {})
        else:
            self._say({"type": "user", "name": owner})

    def _say(self, value: object) -> None:
        content = self.hub.login_page or json.dumps(value).encode()
        kind = "text/html" if self.hub.login_page else "application/json"
        self._start(200, {"Content-Type": kind, "Content-Length": str(len(content))})
        self.wfile.write(content)

    def _resolve(self, repo_id: str, name: str) -> None:
        repo = self.hub.repos[repo_id]
        if repo.refusal:
            self._refuse(*repo.refusal)
        elif name not in repo.files:
            self._refuse(404, {"X-Error-Code": "EntryNotFound"})
        elif name.endswith(LARGE):
            sum_and_size = {
                "X-Linked-Etag": f'"{self.hub.etags.get(name, blob_id(name, repo.files[name]))}"',
                "X-Linked-Size": str(len(repo.files[name])),
            }
            if self.hub.is_xet:
                sum_and_size |= {"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": f"{self.hub.url}/api/xet-read-token"}
            # The client looks for what it needs to know of a file before it goes to another host.
            storage = self.hub.url.replace("127.0.0.1", "localhost") if self.hub.is_xet else self.hub.url
            location = f"{storage}/cdn/{repo_id}/{name}"
            self._start(
                302, {"Location": location, "Content-Length": "0", "X-Repo-Commit": repo.commit, **sum_and_size}
            )
        else:
            self._body(repo_id, name)

    def _body(self, repo_id: str, name: str) -> None:
        hub, repo = self.hub, self.hub.repos[repo_id]
        if hub.statuses[name]:
            self._refuse(*hub.statuses[name].pop(0))
            return
        content = repo.files[name]
        asked = self.headers.get("Range")
        start, stop = _range(asked, len(content)) if asked and not hub.ignores_ranges else (0, len(content))
        start += hub.range_shift if start else 0
        headers = {
            "ETag": f'"{hub.etags.get(name, blob_id(name, content))}"',
            "X-Repo-Commit": repo.commit,
            "Accept-Ranges": "bytes",
            "Content-Length": str(stop - start),
        }
        is_part = stop - start < len(content)
        if is_part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        if self.command == "HEAD":
            self._start(200, headers)
            return
        served = Served(name=name, range=asked, authorization=self.headers.get("Authorization"))
        hub.served.append(served)
        self._start(206 if is_part else 200, headers)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(name, (content if is_part else self._spoilt(name, content))[start:stop], served)

    def _spoilt(self, name: str, content: bytes) -> bytes:
        if not self.hub.corruptions[name]:
            return content
        self.hub.corruptions[name] -= 1
        return content[:-1] + bytes([content[-1] ^ 1])

    def _send(self, name: str, content: bytes, served: Served) -> None:
        stop = self.hub.drops[name].pop(0) if self.hub.drops[name] else len(content)
        pause = self.hub.pauses.get(name)
        for begin in range(0, min(stop, len(content)), PIECE_BYTES):
            if pause and begin >= pause.after_bytes and not pause.reached.is_set():
                del self.hub.pauses[name]
                pause.reached.set()
                pause.go_on.wait(timeout=60)
            piece = content[begin : min(begin + PIECE_BYTES, stop)]
            self.wfile.write(piece)
            served.sent_bytes += len(piece)
        if stop < len(content):
            self.close_connection = True

    def _refuse(self, status: int, headers: dict[str, str]) -> None:
        self._start(status, {"Content-Length": "0", **headers})

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """Serve an empty fake Hub on a free port of this machine."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.hub = FakeHub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler.hub
    finally:
        server.shutdown()
        server.server_close()
