"""A server that speaks the OpenAI protocol by script: what it streams, when, and how it fails, is up to the test."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIMEOUT_S = 20

DROP = object()  # close the connection in the middle of the answer
NO_MORE = object()  # end the answer without saying so, as something in between does that gives up
UNTIL_LEFT = object()  # send nothing more until the client has gone


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An answer with a status of its own."""

    status: int
    body: str = "{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


Step = dict[str, Any] | str | threading.Event | object
Script = Failure | Sequence[Step]


def delta(text: str = "", *, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a piece of a chat answer."""
    content = {"content": text} if text else {}
    return {"choices": [{"index": 0, "delta": {**content, **fields}, "finish_reason": finish}]}


def text_piece(text: str, finish: str | None = None) -> dict[str, Any]:
    """Return a piece of a completion."""
    return {"choices": [{"index": 0, "text": text, "finish_reason": finish}]}


def usage(prompt: int = 7, completion: int = 3, **more: Any) -> dict[str, Any]:
    """Return the last piece, which has no text."""
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, **more}}


def spoken(*texts: str, **figures: Any) -> list[Step]:
    """Return the script of a whole answer."""
    return [*(delta(text) for text in texts), delta(finish="stop"), usage(**figures)]


def card(name: str, owner: str = "vllm", **facts: Any) -> dict[str, Any]:
    """Return an entry of /models."""
    return {"id": name, "object": "model", "owned_by": owner, **facts}


class OpenAIServer:
    """Answers GET /v1/models with ``models`` and each POST with the next of ``scripts``; the last one stays.

    A script is a Failure, or steps: pieces, lines that are sent as they are, events that are waited for, DROP, NO_MORE
    and UNTIL_LEFT, which sets ``left``. What is asked without a stream is answered by ``limits_thoughts``,
    ``has_field`` and ``prompt``, which is what its template makes of a conversation, None: it does not say; ``trials``
    are the paths that were asked.
    """

    def __init__(self, *cards: dict[str, Any]) -> None:
        self.models: Failure | dict[str, Any] = {"object": "list", "data": list(cards)}
        self.scripts: list[Script] = [spoken("Hello.")]
        self.asked: list[Asked] = []
        self.limits_thoughts = True
        self.has_field = False
        self.prompt: str | None = None
        self.trials: list[str] = []
        self.left = threading.Event()
        self.arrived = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def says(self, *scripts: Script) -> None:
        """Answer the next requests by these."""
        self.scripts = list(scripts)

    def next_script(self) -> Script:
        """Return the script of the request that has come in."""
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]

    def close(self) -> None:
        """Take no more connections."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def openai_server(*cards: dict[str, Any]) -> Iterator[OpenAIServer]:
    """Serve for as long as the block lasts."""
    server = OpenAIServer(*cards)
    try:
        yield server
    finally:
        server.close()


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that leaves is no failure
                super().handle()

        def do_GET(self) -> None:
            if isinstance(server.models, Failure):
                return self._fail(server.models)
            return self._fail(Failure(status=200, body=json.dumps(server.models)))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not body.get("stream"):
                server.trials.append(self.path)
                return self._fail(self._said())
            server.asked.append(Asked(path=self.path, headers=dict(self.headers), body=body))
            script = server.next_script()
            server.arrived.set()
            if isinstance(script, Failure):
                return self._fail(script)
            return self._stream(script)

        def _said(self) -> Failure:
            if self.path == "/v1/chat/completions":
                message = {"content": None, "reasoning": ""} if server.has_field else {"content": "Hm"}
                said = json.dumps({"choices": [{"message": message}]})
                return Failure(status=200, body=said) if server.limits_thoughts else Failure(status=400)
            if server.prompt is None:
                return Failure(status=404)
            return Failure(status=200, body=json.dumps({"tokens": [1, 2], "prompt": server.prompt}))

        def _fail(self, failure: Failure) -> None:
            data = failure.body.encode()
            self.send_response(failure.status)
            for name, value in {"Content-Type": failure.content_type, **failure.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, script: Sequence[Step]) -> None:
            if script and script[0] is UNTIL_LEFT:  # not even the head of an answer
                return self._await_leaving()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for step in script:
                if step is DROP:
                    self.close_connection = True
                    return None
                if step is NO_MORE:
                    self.wfile.write(b"0\r\n\r\n")
                    return None
                if step is UNTIL_LEFT:
                    return self._await_leaving()
                if isinstance(step, threading.Event):
                    assert step.wait(TIMEOUT_S)
                else:
                    self._send(step if isinstance(step, str) else f"data: {json.dumps(step)}\n\n")
            self._send("data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
            return None

        def _send(self, text: str) -> None:
            data = text.encode()
            with suppress(OSError):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

        def _await_leaving(self) -> None:
            self.connection.settimeout(TIMEOUT_S)
            self.close_connection = True
            with suppress(ConnectionError):
                assert self.connection.recv(1) == b""
            server.left.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
