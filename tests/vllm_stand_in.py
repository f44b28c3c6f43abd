"""A program that is called, speaks and ends as ``vllm serve`` does, and has no model: what it prints was seen of 0.32.

What ``VLLM_STAND_IN`` names goes wrong: "no memory" before it answers, "usage" at its words.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOADING = """\
Triton is installed, but doesn't include CPU backend. Disabling Triton.
(APIServer pid=7) INFO 12-01 04:58:58 [model.py:733] Resolved architecture: LlamaForCausalLM
(Worker pid=9) INFO 12-01 04:59:10 [cpu_model_runner.py:68] Starting to load model /models/m...
Loading safetensors checkpoint shards:   0% Completed | 0/4 [00:00<?, ?it/s]\r\
Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:00<00:00,  6.16it/s]\r\
Loading safetensors checkpoint shards: 100% Completed | 4/4 [00:00<00:00,  6.15it/s]

(Worker pid=9) INFO 12-01 04:59:11 [cpu_model_runner.py:87] Warming up model for the compilation...
"""
READY = """\
(APIServer pid=7) INFO 12-01 05:00:07 [entry.py:140] Starting vLLM server on http://127.0.0.1:8766
(APIServer pid=7) INFO 12-01 05:00:07 [launcher.py:195] Route: /health, Methods: GET
INFO:     Application startup complete.
"""
NO_MEMORY = """\
(EngineCore pid=8) ERROR 12-01 04:59:12 [core.py:1194] Traceback (most recent call last):
(EngineCore pid=8) ERROR 12-01 04:59:12 [core.py:1194]     raise ValueError(
(EngineCore pid=8) ERROR 12-01 04:59:12 [core.py:1194] ValueError: To serve at least one request with the model's max \
seq len (8192), 1.0 GiB KV cache is needed.
RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
"""
USAGE = "vllm serve: error: unrecognized arguments: --max-model-len"


class Handler(BaseHTTPRequestHandler):
    """Answers as far as the app asks; a message of "die" ends the process in mid-answer, "hang" all its answers."""

    protocol_version = "HTTP/1.1"
    name = ""
    is_hanging = False

    def do_GET(self) -> None:
        while Handler.is_hanging:
            time.sleep(60)
        if self.path == "/health":
            self._send({})
        elif self.headers["Authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._send({}, status=401)
        else:
            self._send({"data": [{"id": self.name, "owned_by": "vllm", "max_model_len": 4096}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not body.get("stream"):
            return self._send({"error": {"message": "no"}}, status=400)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        said = body["messages"][-1]["content"]
        self._piece({"delta": {"content": f"You said {said}."}})
        if said == "die":
            os._exit(3)
        if said == "hang":
            Handler.is_hanging = True
            time.sleep(60)
        self._piece({"delta": {}, "finish_reason": "stop"}, usage={"prompt_tokens": 3, "completion_tokens": 4})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _piece(self, choice: dict[str, object], **more: object) -> None:
        self.wfile.write(f"data: {json.dumps({'choices': [{'index': 0, **choice}], **more})}\n\n".encode())

    def _send(self, answer: dict[str, object], *, status: int = 200) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing of requests, as it was asked to."""


def main() -> None:
    words, goes_wrong = sys.argv[1:], os.environ.get("VLLM_STAND_IN", "")
    Path(os.environ["VLLM_STAND_IN_WORDS"]).write_text(json.dumps(words))
    if goes_wrong == "usage":
        sys.exit(USAGE)
    print(LOADING, end="", flush=True)
    if goes_wrong == "no memory":
        sys.exit(NO_MEMORY)
    Handler.name = words[words.index("--served-model-name") + 1]
    server = ThreadingHTTPServer(("127.0.0.1", int(words[words.index("--port") + 1])), Handler)
    print(READY, end="", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
