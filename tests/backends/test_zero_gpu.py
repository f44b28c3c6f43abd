"""ZeroGPU's wrapping. Outside ZeroGPU ``spaces`` calls the function as it is, so all but the card is real here."""

import pickle

import pytest

from deepseek_space.backends.local import LocalBackend, LocalOptions
from deepseek_space.backends.zero_gpu import LONGEST_S, ZeroGPUBackend, duration_s
from deepseek_space.engine.worker import Inline
from deepseek_space.types import Answer, Done, Message, Request, Sampling
from tiny_checkpoints import save_checkpoint


def ask(**sampling):
    return Request(messages=(Message(role="user", content="hello"),), sampling=Sampling(temperature=0, **sampling))


@pytest.fixture
def local(tmp_path):
    folder = save_checkpoint(tmp_path / "tiny")
    backend = LocalBackend(LocalOptions(model=str(folder), cache_dir=tmp_path, device="cpu", inline=True))
    backend.start()
    backend.wait()
    yield backend
    backend.close()


def test_the_reader_drives_the_engine_and_no_thread_of_ours_does(local):
    assert isinstance(local._resident.served.driver, Inline)
    events = list(ZeroGPUBackend(local).stream(ask(max_new_tokens=8)))
    assert any(isinstance(event, Answer) for event in events)
    assert isinstance(events[-1], Done)


def test_counting_needs_no_card(local):
    assert ZeroGPUBackend(local).count_tokens("hello there") == local.count_tokens("hello there") > 0


def test_closing_the_stream_ends_the_row(local):
    stream = ZeroGPUBackend(local).stream(ask(max_new_tokens=200))
    while not isinstance(next(stream), Answer):
        pass
    stream.close()
    engine = local._resident.served.driver.engine
    engine.step()
    assert engine.is_idle


def test_what_crosses_the_border_can_be_pickled(local):
    request = ask(max_new_tokens=8)
    assert pickle.loads(pickle.dumps(request)) == request
    for event in ZeroGPUBackend(local).stream(request):
        assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize(("max_new_tokens", "expected"), [(1, 15), (1000, 55), (100_000, LONGEST_S)])
def test_the_card_is_asked_for_as_long_as_the_reply_may_take(max_new_tokens, expected):
    assert duration_s(ask(max_new_tokens=max_new_tokens)) == expected
