"""A GGUF file as it is, behind the backend: conversations, formats, crashes; torch where a precision is named."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepseek_space.backends.local import planning
from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.errors import EngineStopped
from deepseek_space.events import Answer, Done
from deepseek_space.types import Completion, Constraint, Message, Penalties, Request, Sampling
from gguf_files import write_gguf
from tiny_checkpoints import CHAT_TEMPLATE, tiny_chat_model
from tiny_tokenizers import deepseek_tokenizer

GREEDY = Sampling(temperature=0, max_new_tokens=24)
QUESTION = (Message(role="user", content="hello there"),)


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny-Q8_0.gguf"
    tokenizer = deepseek_tokenizer(chat_template=CHAT_TEMPLATE)
    return write_gguf(path, tiny_chat_model(), tokenizer=tokenizer, change=lambda w: w.add_chat_template(CHAT_TEMPLATE))


@pytest.fixture(scope="module")
def backend(tiny_gguf, tmp_path_factory):
    backend = LocalBackend(LocalOptions(model=str(tiny_gguf), cache_dir=tmp_path_factory.mktemp("cache"), device="cpu"))
    backend.start()
    backend.wait()
    yield backend
    backend.close()


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, Answer))


def driver_of(backend):
    return backend._state.model.served.driver


def test_it_answers_as_it_is_and_says_what_it_is(backend):
    events = list(backend.stream(Request(messages=QUESTION, sampling=GREEDY)))
    assert text_of(events)
    assert events[-1].usage.generated_tokens in range(1, 25)
    status = backend.status()
    assert (status.state, status.precision, status.device, status.error) == ("ready", "Q8_0", "cpu", "")
    assert status.context_tokens == 512
    assert status.figures.requests >= 1


def test_converted_where_a_precision_is_named_it_answers_the_same(backend, tiny_gguf, tmp_path):
    wanted = {"device": "cpu", "precision": "fp32", "own_process": False}
    other = LocalBackend(LocalOptions(model=str(tiny_gguf), cache_dir=tmp_path, **wanted))
    other.start()
    for request in (
        Request(messages=QUESTION, sampling=GREEDY),
        Completion(prefix="def f(n):", sampling=GREEDY, top_logprobs=0),
        Request(messages=QUESTION, sampling=Sampling(temperature=0, max_new_tokens=16, repetition_penalty=1.3)),
        Request(messages=QUESTION, sampling=GREEDY, penalties=Penalties(presence=1.0, bias=((30, 5.0),))),
    ):
        ours, theirs = list(backend.stream(request)), list(other.stream(request))
        assert text_of(ours) == text_of(theirs)
        for field in ("prompt_tokens", "generated_tokens", "finish_reason"):
            assert getattr(ours[-1].usage, field) == getattr(theirs[-1].usage, field)
    assert other.status().precision == "fp32"
    other.close()


def test_an_answer_is_held_to_its_schema(backend):
    schema = {"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"]}
    constraint = Constraint(kind="json_schema", text=json.dumps(schema | {"additionalProperties": False}))
    for seed in (1, 2):
        sampling = Sampling(max_new_tokens=60, seed=seed)
        events = backend.stream(Request(messages=QUESTION, sampling=sampling, constraint=constraint))
        assert json.loads(text_of(events)) in ({"n": True}, {"n": False})


def test_what_was_read_for_one_visitor_is_used_for_no_other(backend):
    long = (Message(role="user", content="one two three " * 30),)

    def cached(scope):
        return list(backend.stream(Request(messages=long, sampling=GREEDY, scope=scope)))[-1].usage.cached_tokens

    assert (cached("ann"), cached("bob")) == (0, 0)
    assert min(cached("ann"), cached("bob")) > 30


def test_killed_in_mid_answer_nothing_is_lost_and_the_next_message_is_answered(backend):
    said = []

    def read():
        for event in backend.stream(Request(messages=QUESTION, sampling=Sampling(max_new_tokens=400, temperature=1.9))):
            said.append(event)
            if text_of(said):
                os.kill(driver_of(backend).pid, signal.SIGKILL)

    with pytest.raises(EngineStopped, match="its process ended"):
        read()
    assert not any(isinstance(event, Done) for event in said)
    assert backend.status().state == "ready"
    begun = time.monotonic()
    assert text_of(backend.stream(Request(messages=QUESTION, sampling=GREEDY)))
    assert time.monotonic() - begun < 10


def test_the_pages_process_loads_no_torch_for_it(tiny_gguf, tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from deepseek_space.backends.local.backend import LocalBackend, LocalOptions\n"
        f"backend = LocalBackend(LocalOptions(model={str(tiny_gguf)!r}, cache_dir=Path({str(tmp_path)!r})))\n"
        "backend.start(); backend.wait(); print(backend.status().state, 'torch' in sys.modules); backend.close()"
    )
    source = Path(planning.__file__).parents[3]
    environ = os.environ | {"PYTHONPATH": str(source)}
    said = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["ready", "False"]


def test_where_llama_cpp_is_not_it_is_converted_and_the_plan_says_so(tiny_gguf, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "is_installed", lambda: False)
    backend = LocalBackend(LocalOptions(model=str(tiny_gguf), cache_dir=tmp_path, device="cpu", local_paths=True))
    assert "llama.cpp is not installed here" in backend.fit(str(tiny_gguf))
    assert "converted" in backend.fit(str(tiny_gguf))
