"""The process's one model: requests wait while it is on its way, and a failure is said, not hidden."""

import threading

import pytest

from deepseek_space.backends.local import LocalBackend, LocalOptions
from deepseek_space.errors import EngineStopped, ModelNotFound, SpaceError
from deepseek_space.types import Answer, Done, Loading, Message, Request, Sampling
from tiny_checkpoints import save_checkpoint

REQUEST = Request(messages=(Message(role="user", content="hello"),), sampling=Sampling(temperature=0, max_new_tokens=8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def make(tmp_path):
    backends = []

    def make(model, **options):
        backends.append(LocalBackend(LocalOptions(model=str(model), cache_dir=tmp_path, device="cpu", **options)))
        return backends[-1]

    yield make
    for backend in backends:
        backend.close()


def test_a_message_sent_while_the_model_is_on_its_way_waits_and_is_answered(make, folder):
    backend = make(folder)
    stream = backend.stream(REQUEST)
    assert isinstance(next(stream), Loading)
    assert backend.status().state == "loading"
    backend.start()
    events = list(stream)
    assert any(isinstance(event, Answer) for event in events)
    assert isinstance(events[-1], Done)


def test_the_status_tells_what_answers(make, folder):
    backend = make(folder, precision="fp32", context=100)
    backend.start()
    list(backend.stream(REQUEST))
    status = backend.status()
    assert (status.state, status.model, status.precision, status.device) == ("ready", folder.name, "fp32", "cpu")
    assert status.context_tokens == 100
    assert status.memory_bytes > 0
    assert not status.is_deepseek
    assert status.progress is None


def test_many_people_are_answered_at_once_and_alike(make, folder):
    backend = make(folder)
    backend.start()
    answers = []

    def read():
        answers.append("".join(event.text for event in backend.stream(REQUEST) if isinstance(event, Answer)))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert answers[0]


@pytest.mark.parametrize("name", ["./no-such-folder", "deepseek-ai/no-such-model"])
def test_a_model_that_cannot_be_had_is_said_to_every_request(make, name):
    backend = make(name)
    backend.start()
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            list(backend.stream(REQUEST))
    status = backend.status()
    assert status.state == "failed"
    assert name in status.error


def test_a_broken_checkpoint_is_one_clear_sentence(make, folder, tmp_path):
    broken = save_checkpoint(tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    backend = make(broken)
    backend.start()
    with pytest.raises(SpaceError, match="broken") as caught:
        list(backend.stream(REQUEST))
    assert "Traceback" not in str(caught.value)


def test_closing_ends_requests_that_wait_for_the_model(make, folder):
    backend = make(folder)
    stream = backend.stream(REQUEST)
    next(stream)
    backend.close()
    with pytest.raises(EngineStopped):
        list(stream)
