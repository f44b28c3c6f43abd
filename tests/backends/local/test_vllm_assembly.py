"""``--engine vllm`` as the app has it, by a program that stands in for vLLM's: loaded, answered, died, changed."""

import json
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.backends.vllm import program
from deepseek_space.errors import EngineStopped, Unsupported
from deepseek_space.events import Answer, Done, Loading
from deepseek_space.types import Message, Request
from tiny_checkpoints import save_checkpoint

STAND_IN = Path(__file__).parents[2] / "vllm_stand_in.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def make(tmp_path, monkeypatch):
    vllm = tmp_path / "vllm"
    vllm.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    vllm.chmod(0o755)
    monkeypatch.setattr(program, "find", lambda: str(vllm))
    monkeypatch.setenv("VLLM_STAND_IN_WORDS", str(tmp_path / "words.json"))
    backends = []

    def make(model, **options):
        options = {"local_paths": True, "device": "cpu", "cache_dir": tmp_path, "engine": "vllm", **options}
        backends.append(LocalBackend(LocalOptions(model=str(model), **options)))
        backends[-1].start()
        backends[-1].wait()
        return backends[-1]

    yield make
    for backend in backends:
        backend.close()


def ask(backend, text):
    return backend.stream(Request(messages=(Message(role="user", content=text),)))


def words(tmp_path):
    return json.loads((tmp_path / "words.json").read_text())


def test_it_answers_and_says_how_it_runs(make, folder, tmp_path):
    backend = make(folder, precision="fp32", context=100)
    *pieces, done = ask(backend, "hello")
    assert "".join(piece.text for piece in pieces if isinstance(piece, Answer)) == "You said hello."
    assert isinstance(done, Done)
    status = backend.status()
    assert (status.state, status.model, status.precision, status.device) == (
        "ready", folder.name, "fp32", "cpu, by vLLM"
    )  # fmt: skip
    assert status.context_tokens == 100
    assert status.log[-1] == "INFO:     Application startup complete."
    assert words(tmp_path)[:9] == [
        "serve", str(folder), "--served-model-name", folder.name, "--max-model-len", "100", "--dtype", "float32",
        "--disable-uvicorn-access-log",
    ]  # fmt: skip


def test_a_log_is_for_this_machines_people_alone(make, folder):
    backend = make(folder, precision="fp32")
    shown = LocalBackend(replace(backend._options, local_paths=False))
    shown._state = backend._state
    assert backend.status().log
    assert shown.status().log == ()


def test_a_reply_whose_server_dies_keeps_what_it_has_and_the_next_is_answered(make, folder):
    backend = make(folder, precision="fp32")
    seen = []
    with pytest.raises(EngineStopped, match=r"broke off here.*ended with code 3.*loaded again"):
        deque(map(seen.append, ask(backend, "die")), maxlen=0)
    assert "".join(event.text for event in seen if isinstance(event, Answer)) == "You said die."
    events = list(ask(backend, "again"))
    assert isinstance(events[-1], Done)
    assert any(isinstance(event, Answer) for event in events)
    assert not any(event.log for event in events if isinstance(event, Loading))


def test_a_change_of_model_ends_the_server_of_the_one_before(make, folder, tmp_path_factory):
    backend = make(folder, precision="fp32")
    before = psutil.Process(backend._state.model._server.pid)
    other = save_checkpoint(tmp_path_factory.mktemp("other"))
    backend.load(str(other), precision="fp32")
    backend.wait()
    assert backend.status().model == other.name
    assert not before.is_running()
    backend.unload()
    backend.wait()
    assert backend.status().state == "empty"


def test_why_it_could_not_be_loaded_is_said_and_its_log_stays(make, folder, monkeypatch):
    monkeypatch.setenv("VLLM_STAND_IN", "no memory")
    status = make(folder, precision="fp32").status()
    assert status.state == "failed"
    assert "1.0 GiB KV cache is needed" in status.error
    assert any("Traceback" in line for line in status.log)


def test_a_gguf_and_a_precision_that_vllm_does_not_make_are_refused_by_name(make, folder):
    backend = make(folder, precision="nf4")
    assert "vLLM does not round weights to nf4" in backend.status().error
    with pytest.raises(Unsupported, match="does not run GGUF files"):
        backend.fit("unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF:Q4_K_M")
    assert backend.quantisations("r1-distill-qwen-1.5b") == ()
    assert {choice.precision for choice in backend.choices()} <= {"bf16", "fp8", "fp8+fp4"}


def test_where_vllm_is_not_installed_it_is_said_how_to(monkeypatch):
    monkeypatch.setattr(program, "find", lambda: "")
    with pytest.raises(Unsupported, match="pip install vllm"):
        program.needed()
