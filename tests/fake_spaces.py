"""The Spaces of a Hugging Face Hub on this machine: what its client asks to make, set up, fill and watch one."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass(kw_only=True)
class Space:
    """One Space; ``stages`` are told one after the other, the last one for good."""

    is_private: bool = False
    hardware: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    stages: list[str] = field(default_factory=lambda: ["BUILDING", "APP_STARTING", "RUNNING"])
    commits: list[str] = field(default_factory=list)


class FakeSpaces:
    """What it holds, what it refuses, and whose token it was asked with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spaces: dict[str, Space] = {}
        self.refusal: tuple[int, str] | None = None
        self.tokens: set[str | None] = set()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeSpaces

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        lines = [json.loads(line) for line in data.splitlines() if line.strip()]
        self._serve(lines[0] if len(lines) == 1 else lines)

    def _serve(self, sent: object) -> None:
        self.hub.tokens.add(self.headers.get("Authorization"))
        if self.hub.refusal:
            self._answer(self.hub.refusal[0], {"error": self.hub.refusal[1]})
            return
        path = unquote(urlsplit(self.path).path).strip("/").split("/")
        if path == ["api", "repos", "create"]:
            self._create(sent)
            return
        if path == ["api", "validate-yaml"]:
            self._answer(200, {"errors": [], "warnings": []})
            return
        space, action = self.hub.spaces["/".join(path[2:4])], path[4:]
        match (self.command, action):
            case "GET", []:
                siblings = [{"rfilename": name} for name in space.files]
                self._answer(200, {"id": "/".join(path[2:4]), "sha": "0" * 40, "siblings": siblings})
            case "GET", ["tree", *_]:
                listed = [{"type": "file", "path": p, "size": len(c), "oid": "0" * 40} for p, c in space.files.items()]
                self._answer(200, listed)
            case "GET", ["runtime"]:
                stage = space.stages.pop(0) if space.commits and len(space.stages) > 1 else space.stages[0]
                self._answer(200, {"stage": stage, "hardware": {"current": None, "requested": space.hardware}})
            case "POST", ["hardware"]:
                space.hardware = sent["flavor"]
                self._answer(200, {"stage": "BUILDING", "hardware": {"requested": space.hardware}})
            case "POST", [("variables" | "secrets") as kind]:
                getattr(space, kind)[sent["key"]] = sent["value"]
                self._answer(200, {key: {"value": value} for key, value in space.variables.items()})
            case "POST", ["preupload", *_]:
                files = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in sent["files"]]
                self._answer(200, {"files": files})
            case "POST", ["commit", *_]:
                self._commit(space, sent)

    def _create(self, sent: dict) -> None:
        name = f"{sent['organization']}/{sent['name']}"
        address = {"url": f"{self.hub.url}/spaces/{name}"}
        if name in self.hub.spaces:
            self._answer(409, {"error": "You already created this space repo", **address})
            return
        assert sent["sdk"] == "gradio"
        self.hub.spaces[name] = Space(is_private=sent.get("visibility") == "private", hardware=sent.get("hardware"))
        self._answer(200, address)

    def _commit(self, space: Space, lines: list[dict]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                space.commits.append(value["summary"])
            elif line["key"] == "file":
                space.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del space.files[value["path"]]
        self._answer(200, {"commitUrl": f"{self.hub.url}/spaces/a/b/commit/{'0' * 40}", "commitOid": "0" * 40})

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running_spaces() -> Iterator[FakeSpaces]:
    """Serve a Hub without any Space on a free port of this machine."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.hub = FakeSpaces(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler.hub
    finally:
        server.shutdown()
        server.server_close()
