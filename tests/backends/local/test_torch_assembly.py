"""Our own engine in the model's own process: it writes what it does in this one, and what ends it ends nothing else."""

import json
import os
import signal
from dataclasses import replace

import psutil
import pytest

from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.errors import EngineStopped, SpaceError
from deepseek_space.events import Answer, Reasoning
from deepseek_space.types import Completion, Constraint, Message, Penalties, Request, Sampling
from tiny_checkpoints import save_checkpoint
from waiting import until

QUESTION = (Message(role="user", content="hello there"),)
GREEDY = Sampling(temperature=0, max_new_tokens=24)
LONG = Sampling(temperature=1.5, max_new_tokens=400)
SCHEMA = {"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"], "additionalProperties": False}


def opened(folder, **options):
    backend = LocalBackend(
        LocalOptions(model=str(folder), cache_dir=folder, device="cpu", precision="fp32", local_paths=True, **options)
    )
    backend.start()
    backend.wait()
    return backend


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def backend(folder):
    backend = opened(folder)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def reference(folder):
    backend = opened(folder, own_process=False)
    yield backend
    backend.close()


def told(events):
    """Return all that a reader gets of a reply, cut into pieces anyhow, but for what depends on the clock."""
    events = list(events)
    pieces = [event for event in events if isinstance(event, Answer | Reasoning)]
    usage = replace(events[-1].usage, time_to_first_token_s=0, tokens_per_second=0, cached_tokens=0)
    return "".join(event.text for event in pieces), [token for event in pieces for token in event.tokens], usage


def endless(backend):
    """Return a request whose reply does not end by itself."""
    bias = tuple((stop, -100.0) for stop in backend._state.model.served.loaded.stop_ids)
    return Request(messages=QUESTION, sampling=LONG, penalties=Penalties(bias=bias))


def process_of(backend):
    return psutil.Process(backend._state.model.served.driver.pid)


@pytest.mark.parametrize(
    "request_",
    [
        Request(messages=QUESTION, sampling=GREEDY),
        Request(messages=QUESTION, sampling=replace(LONG, max_new_tokens=60, top_p=0.9, seed=3), top_logprobs=2),
        Request(messages=QUESTION, sampling=GREEDY, penalties=Penalties(presence=1.0, bias=((30, 5.0),))),
        Request(messages=QUESTION, sampling=LONG, thinking_budget=5),
        Completion(prefix="def f(n):", sampling=GREEDY, top_logprobs=1, scores_prompt=True),
        Request(
            messages=QUESTION,
            sampling=Sampling(temperature=1, max_new_tokens=60, seed=4),
            constraint=Constraint(kind="json_schema", text=json.dumps(SCHEMA)),
        ),
    ],
    ids=["greedy", "seed", "penalties", "budget", "scores", "schema"],
)
def test_it_writes_what_the_engine_does_in_this_process(backend, reference, request_):
    sampling = replace(request_.sampling, seed=request_.sampling.seed or 1)
    request_ = replace(request_, sampling=sampling)
    text, tokens, usage = told(backend.stream(request_))
    assert (text, tokens, usage) == told(reference.stream(request_))
    assert text


def test_the_status_is_that_of_the_engine_in_this_process(backend, reference):
    ours, theirs = backend.status(), reference.status()
    moving = {"figures": None, "memory_bytes": 0}
    assert replace(ours, **moving) == replace(theirs, **moving)
    assert ours.memory_bytes >= ours.figures.weight_bytes > 0
    assert until(lambda: backend.status().figures.kept_bytes > 0)
    assert backend.count_tokens("def fib(n)") == reference.count_tokens("def fib(n)")


def test_a_retry_is_counted_as_cached(backend):
    request = Request(messages=(Message(role="user", content="one two three " * 20),), sampling=GREEDY, scope="ann")
    first, second = (list(backend.stream(request))[-1].usage for _ in range(2))
    assert (first.cached_tokens, second.cached_tokens) == (0, first.prompt_tokens)


def test_a_reader_who_leaves_frees_the_place(backend):
    stream = backend.stream(endless(backend))
    next(event for event in stream if isinstance(event, Answer | Reasoning) and event.text)
    assert backend.status().active_requests == 1
    stream.close()
    assert until(lambda: backend.status().active_requests == 0, within_s=2)


def test_killed_in_mid_answer_nothing_is_lost_and_the_next_message_is_answered(backend):
    request = Request(messages=QUESTION, sampling=GREEDY)
    expected, said, killed = told(backend.stream(request)), [], process_of(backend)

    def read():
        for event in backend.stream(endless(backend)):
            if getattr(event, "text", ""):
                said.append(event)
                os.kill(killed.pid, signal.SIGKILL)

    with pytest.raises(EngineStopped, match="its process ended"):
        read()
    assert said
    assert told(backend.stream(request)) == expected
    assert not killed.is_running()


def test_what_cannot_be_loaded_is_said_and_what_is_unloaded_gives_all_its_memory_back(backend, folder, tmp_path):
    broken = save_checkpoint(tmp_path / "broken")
    (broken / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1000])
    backend.load(str(broken))
    backend.wait()
    assert "model.safetensors" in backend.status().error
    process = process_of(backend)
    backend.unload()
    backend.wait()
    assert not process.is_running()
    with pytest.raises(SpaceError, match="Choose one"):
        list(backend.stream(Request(messages=QUESTION, sampling=GREEDY)))
