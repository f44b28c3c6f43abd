"""ZeroGPU's wrapping. Outside ZeroGPU ``spaces`` calls the function as it is, so all but the card is real here."""

import os
import pickle

import gradio as gr
import pytest

from deepseek_space.backends.local import served_model, zero_gpu
from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.backends.local.state import State
from deepseek_space.backends.local.zero_gpu import ZeroGPUBackend, card_bytes
from deepseek_space.engine.worker import Inline
from deepseek_space.errors import EngineError, EngineStopped, LoadFailed, ModelNotFound, NoCard, PromptTooLong
from deepseek_space.events import Answer, Done, Queued
from deepseek_space.types import Message, Request, Sampling
from tiny_checkpoints import save_checkpoint


def ask(content="hello", **sampling):
    return Request(messages=(Message(role="user", content=content),), sampling=Sampling(temperature=0, **sampling))


@pytest.fixture
def local(tmp_path):
    folder = save_checkpoint(tmp_path / "tiny")
    backend = LocalBackend(LocalOptions(model=str(folder), cache_dir=tmp_path, device="cpu", lent_bytes=2**34))
    backend.load_first()
    yield backend
    backend.close()


@pytest.fixture
def clock(monkeypatch):
    """Set ``clock.now``; each look at it takes a second."""

    class Clock:
        now = 1000.0

        def __call__(self):
            self.now += 1
            return self.now

    clock = Clock()
    monkeypatch.setattr(served_model.time, "monotonic", clock)
    return clock


def test_the_reader_drives_the_engine_and_no_thread_of_ours_does(local):
    assert isinstance(local._state.model.served.driver, Inline)
    events = list(ZeroGPUBackend(local, longest_s=40).stream(ask(max_new_tokens=8)))
    assert isinstance(events[0], Queued)
    assert any(isinstance(event, Answer) for event in events)
    assert isinstance(events[-1], Done)


def test_counting_needs_no_card(local):
    backend = ZeroGPUBackend(local, longest_s=40)
    assert backend.count_tokens("hello there") == local.count_tokens("hello there") > 0


def test_closing_the_stream_ends_the_row(local):
    stream = ZeroGPUBackend(local, longest_s=40).stream(ask(max_new_tokens=200))
    while not isinstance(next(stream), Answer):
        pass
    stream.close()
    engine = local._state.model.served.driver.engine
    engine.step()
    assert engine.is_idle


def test_what_crosses_the_border_can_be_pickled(local):
    request = ask(max_new_tokens=8)
    assert pickle.loads(pickle.dumps(request)) == request
    for event in ZeroGPUBackend(local, longest_s=40).stream(request):
        assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize(("max_new_tokens", "expected"), [(1, 15), (250, 25), (1000, 40), (100_000, 40)])
def test_the_card_is_asked_for_as_long_as_the_reply_may_take_and_visitors_have(local, max_new_tokens, expected):
    assert ZeroGPUBackend(local, longest_s=40).duration_s(ask(max_new_tokens=max_new_tokens)) == expected


def test_a_reply_ends_before_its_time_is_up_with_what_it_has_and_can_be_gone_on_with(local, clock):
    events = list(ZeroGPUBackend(local, longest_s=20).stream(ask(max_new_tokens=400)))
    usage = events[-1].usage
    assert usage.finish_reason == "time"
    assert 0 < usage.generated_tokens < 20
    assert clock.now < 1000 + 20


def test_a_reply_whose_time_is_up_before_its_first_word_says_so(local, clock):
    backend = ZeroGPUBackend(local, longest_s=20)
    backend._note_fork()  # the weights come onto the card
    clock.now += 30
    with pytest.raises(EngineError, match=r"^The 20 seconds on the graphics card were over before the first word\."):
        list(backend.stream(ask(max_new_tokens=400)))


def test_the_wait_for_the_weights_counts_for_the_first_reply_of_a_process_alone(local, clock):
    backend = ZeroGPUBackend(local, longest_s=20)
    backend._note_fork()
    clock.now += 14
    first, second = ([*backend.stream(ask(max_new_tokens=400))][-1].usage for _ in range(2))
    assert 0 < first.generated_tokens < second.generated_tokens


def test_a_fork_is_noted_in_the_child_alone(local):
    backend = ZeroGPUBackend(local, longest_s=20)
    child = os.fork()
    if child == 0:
        os._exit(0 if backend._forked_s is not None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert backend._forked_s is None


def test_what_is_wrong_with_a_message_is_said_before_a_card_is_asked_for(local, monkeypatch):
    backend = ZeroGPUBackend(local, longest_s=40)
    monkeypatch.setattr(backend, "_reply", lambda _request: pytest.fail("a card was asked for"))
    with pytest.raises(PromptTooLong) as caught:
        list(backend.stream(ask("a " * 900)))
    assert caught.value.tokens_over > 0
    monkeypatch.setattr(local, "_state", State())
    with pytest.raises(ModelNotFound):
        list(backend.stream(ask()))


def test_an_error_on_the_card_comes_as_itself(local, monkeypatch):
    def broken(_request, *, until_s):
        yield Queued(position=0)
        raise LoadFailed("The weights are gone.")

    monkeypatch.setattr(local, "stream", broken)
    with pytest.raises(LoadFailed, match=r"^The weights are gone\.$"):
        list(ZeroGPUBackend(local, longest_s=40).stream(ask()))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            gr.Error("You have exceeded your free ZeroGPU quota (60s requested vs. 30s left). Try again in 1:23:00. "
                     "Subscribe to Hugging Face PRO", title="ZeroGPU quota exceeded"),
            NoCard,
            "ZeroGPU lends no graphics card now: You have exceeded your free ZeroGPU quota (60s requested vs. 30s "
            "left). Try again in 1:23:00. Subscribe to Hugging Face PRO. Sign in to Hugging Face, allow fewer new "
            "tokens, or come back later.",
        ),
        (
            gr.Error("No GPU was available after 60s [Create a free account](https://huggingface.co/join) to get a "
                     "higher priority in ZeroGPU queues.", title="ZeroGPU queue timeout"),
            NoCard,
            "ZeroGPU lends no graphics card now: No GPU was available after 60s Create a free account "
            "(https://huggingface.co/join) to get a higher priority in ZeroGPU queues. Send the message again in a "
            "minute.",
        ),
        (
            gr.Error("GPU task aborted", title="ZeroGPU worker error"),
            EngineStopped,
            "ZeroGPU ended the reply: GPU task aborted. Go on with Continue, or send the message again.",
        ),
        (
            RuntimeError("Unexpected end of stream"),
            NoCard,
            "ZeroGPU lends no graphics card now: Unexpected end of stream. Send the message again in a minute.",
        ),
    ],
)  # fmt: skip
def test_what_the_platform_says_is_told_in_its_words_with_what_can_be_done(local, monkeypatch, error, kind, words):
    def refused(_request):
        yield Queued(position=0)
        raise error

    backend = ZeroGPUBackend(local, longest_s=40)
    monkeypatch.setattr(backend, "_reply", refused)
    with pytest.raises(kind) as caught:
        list(backend.stream(ask()))
    assert str(caught.value) == words


def test_the_status_says_for_how_long_a_reply_has_the_card_and_counts_nothing(local):
    status = ZeroGPUBackend(local, longest_s=30).status()
    assert status.warnings[-1].startswith("A reply has the graphics card for 30 seconds at most;")
    assert (status.state, status.figures) == ("ready", None)


@pytest.mark.parametrize(
    ("card", "size", "expected"),
    [
        ({"memory": 100, "xlarge_threshold": 40}, "large", 50),
        ({"memory": 100, "xlarge_threshold": 40}, "xlarge", 100),
        ({"memory": 70, "xlarge_threshold": None}, "large", 70),
    ],
)
def test_half_a_card_is_half_its_memory_where_the_platform_lends_halves(monkeypatch, card, size, expected):
    monkeypatch.setattr("spaces.zero.config.get_config", lambda: card)
    assert card_bytes(size) == expected


def test_the_weights_are_read_by_the_thread_that_loads(local, monkeypatch):
    monkeypatch.delenv("HF_DEACTIVATE_ASYNC_LOAD", raising=False)
    zero_gpu.load(local)
    assert os.environ["HF_DEACTIVATE_ASYNC_LOAD"] == "1"
