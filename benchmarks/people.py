"""People who ask at the same moment, over OpenAI's protocol as every server speaks it; and the servers."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import measure

THEMES = ("a lighthouse", "a storm", "a garden", "an engine", "a letter", "a harbour", "winter", "copper")
# All that a server would otherwise choose by itself: the starter is recommended a penalty, llama.cpp has a min_p.
SAMPLING = {"temperature": 0.7, "top_p": 0.95, "top_k": 40, "min_p": 0.0, "repetition_penalty": 1.0}
START_S = 600.0
POLL_S = 0.05
_numbers = count(1)


def conversations(people: int) -> list[list[dict[str, str]]]:
    """Return what each of ``people`` asks; no two begin alike, so that nothing that is kept of a prompt helps."""
    return [
        [
            {"role": "system", "content": f"{next(_numbers)} is the number of this conversation."},
            {"role": "user", "content": f"Write a very long story about {THEMES[person % len(THEMES)]}, in detail."},
        ]
        for person in range(people)
    ]


def ask_together(url: str, asked: Sequence[list[dict[str, str]]], *, tokens: int) -> dict[str, float]:
    """Return all tokens per second and the longest wait for a first one; ``url`` ends in /v1."""
    counts, firsts, errors = [0] * len(asked), [0.0] * len(asked), list[BaseException]()
    with httpx.Client(timeout=600, limits=httpx.Limits(max_connections=len(asked))) as http:
        model = model_of(http, url)

        def read(person: int) -> None:
            try:
                reply = read_reply(http, url, model, asked[person], seed=person, tokens=tokens)
                counts[person], firsts[person] = reply.usage["completion_tokens"], reply.first_at
            except Exception as error:
                errors.append(error)

        started = time.perf_counter()
        readers = [threading.Thread(target=read, args=(person,)) for person in range(len(asked))]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        elapsed = time.perf_counter() - started
    if errors:
        raise errors[0]
    return {"rate": sum(counts) / elapsed, "first_s": max(firsts) - started}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A reply that was read: when its first piece came, by ``time.perf_counter``, the server's own count, and it all.

    ``raw`` is what came over the line, as it was.
    """

    first_at: float
    usage: dict[str, int]
    raw: bytes

    @property
    def text(self) -> str:
        """What the reply says."""
        lines = [json.loads(line[6:]) for line in self.raw.splitlines() if line.startswith(b"data: {")]
        return "".join(line["choices"][0]["delta"].get("content") or "" for line in lines if line.get("choices"))


def read_reply(
    http: httpx.Client, url: str, model: str, messages: list[dict[str, str]], *, seed: int, tokens: int
) -> Told:
    """Return the reply to ``messages``.

    Looks at no more than that takes: parsing every piece would cost more than sending it.
    """
    body = {"messages": messages, "max_tokens": tokens, "seed": seed, "stream": True, **SAMPLING}
    body |= {"model": model, "stream_options": {"include_usage": True}}
    first, raw = 0.0, list[bytes]()
    with http.stream("POST", f"{url}/chat/completions", json=body) as reply:
        if reply.is_error:
            raise RuntimeError(f"{url} answered {reply.status_code}: {reply.read().decode():.300}")
        for chunk in reply.iter_bytes():
            if not first and b'"content":"' in chunk.replace(b'": "', b'":"').replace(b'"content":""', b""):
                first = time.perf_counter()
            raw.append(chunk)
    told = b"".join(raw)
    lines = [line[6:] for line in told[-4096:].splitlines() if line.startswith(b"data: {")]
    usages = [line for line in lines if b"completion_tokens" in line]
    if not usages:
        raise RuntimeError(f"{url} broke off: {told.decode(errors='replace')[-300:]}")
    return Told(first_at=first or time.perf_counter(), usage=json.loads(usages[-1])["usage"], raw=told)


def model_of(http: httpx.Client, url: str) -> str:
    """Return what the server calls its model."""
    return http.get(f"{url}/models").json()["data"][0]["id"]


@contextmanager
def running_app(*flags: str) -> Iterator[str]:
    """Start the app with ``flags`` on a free port, wait until its model answers, and give its address."""
    with opened_app(*flags) as (process, url):
        wait_for(f"{url}/readyz", process)
        yield url


@contextmanager
def opened_app(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the app with ``flags`` on a free port; give its process and address, its page open and the model coming."""
    command = [sys.executable, "app.py", *flags, "--port", "0"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=measure.ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = next((line.split()[-1].rstrip("/") for line in process.stdout if "is open at" in line), None)
            if url is None:
                raise RuntimeError("The app ended before its page was open; what it said is above.")
            yield process, url
        finally:
            process.terminate()


@contextmanager
def running_llama_cpp(model: Path, *, people: int, context_tokens: int) -> Iterator[str]:
    """Serve ``model`` by llama.cpp's own server, out of the wheel ``xllamacpp``; gives its address."""
    command = [sys.executable, __file__, str(model), str(people), str(context_tokens)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()  # it ends with its input, and with this process


@contextmanager
def running_vllm(folder: Path, *, port: int = 8765) -> Iterator[str]:
    """Serve ``folder`` by vLLM, which has to be installed; gives its address.

    Its share is of memory, and by itself nearly all, which is not free beside the others.
    """
    command = ["vllm", "serve", str(folder), "--dtype", "bfloat16", "--port", str(port)]
    command += ["--gpu-memory-utilization", "0.3"]
    environ = {"VLLM_CPU_KVCACHE_SPACE": "2"} | os.environ
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Return once ``url`` answers well.

    Raises RuntimeError where ``process`` ends before, says that its model has failed, or takes too long.
    """
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            reply = httpx.get(url, timeout=60)
            if reply.is_success:
                return
            if b'"failed"' in reply.content:
                break
        except httpx.TransportError:
            pass
        time.sleep(POLL_S)
    raise RuntimeError(f"{url} did not answer; what its server said is above.")


def _serve_llama_cpp(model: str, people: str, context_tokens: str) -> None:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path, params.model_alias = model, {"llama.cpp"}
    params.hostnames, params.port, params.use_jinja = ["127.0.0.1"], 0, True
    params.n_ctx, params.n_parallel = int(context_tokens), int(people)
    params.fit_params, params.kv_unified = False, True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
    params.verbosity = -1
    server = Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__" and sys.argv[1:]:
    _serve_llama_cpp(*sys.argv[1:])
