"""The process's one model: requests wait while it is on its way, and a failure is said, not hidden."""

import threading
import weakref
from dataclasses import replace
from types import SimpleNamespace

import pytest
from huggingface_hub import constants

from deepseek_space.backends.local import assembly, fetching, planning
from deepseek_space.backends.local import backend as local
from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.backends.local.resident_model import ResidentModel
from deepseek_space.backends.local.state import State
from deepseek_space.errors import BusyError, EngineStopped, ModelNotFound, NoSpace, SpaceError, Unsupported
from deepseek_space.events import Answer, Done, Loading
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.downloads import room
from deepseek_space.models.source import resolve
from deepseek_space.models.starter import STARTER_NAME
from deepseek_space.types import Message, Request, Sampling
from fake_hub import running_hub
from tiny_checkpoints import save_checkpoint
from tiny_tokenizers import deepseek_tokenizer

REQUEST = Request(messages=(Message(role="user", content="hello"),), sampling=Sampling(temperature=0, max_new_tokens=8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def make(tmp_path):
    backends = []

    def make(model, **options):
        # In this process, where a test can see how far the engine is: test_torch_assembly.py has it in its own.
        options = {"local_paths": True, "own_process": False, "cache_dir": tmp_path, **options}
        backends.append(LocalBackend(LocalOptions(model=str(model), device="cpu", **options)))
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


def test_tokens_are_estimated_until_a_model_can_count_them(make, folder):
    backend = make(folder)
    assert [backend.count_tokens(text) for text in ("", "12345678", "123456789", "你好")] == [0, 2, 3, 2]
    backend.start()
    backend.wait()
    tokenizer = deepseek_tokenizer()
    assert backend.count_tokens("def fib(n)") == len(tokenizer.encode("def fib(n)", add_special_tokens=False))


def test_the_status_tells_what_the_model_offers(make, folder):
    backend = make(folder)
    backend.start()
    backend.wait()
    status = backend.status()
    assert (status.can_chat, status.can_think, status.can_choose_thinking, status.can_infill) == (
        True,
        True,
        False,
        False,
    )


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


@pytest.mark.parametrize("name", ["./no-such-folder", "no-such-name", "deepseek-ai/no-such-model"])
def test_a_model_that_cannot_be_had_is_said_to_every_request(make, name, monkeypatch):
    backend = make(name)
    with running_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
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
    with pytest.raises(SpaceError, match=r"model\.safetensors") as caught:
        list(backend.stream(REQUEST))
    assert "Traceback" not in str(caught.value)


def test_the_starter_answers_where_what_was_found_on_the_disk_is_broken(
    make, tmp_path, cache_dir, starter_gguf, monkeypatch
):
    broken = save_checkpoint(tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(planning, "best_on_disk", lambda **_: resolve(str(broken), on_space=False, local_paths=True))
    backend = make("auto", cache_dir=cache_dir)
    backend.start()
    assert answer(backend)
    status = backend.status()
    assert (status.state, status.model) == ("ready", STARTER_NAME)
    assert "model.safetensors" in status.error


def test_closing_ends_requests_that_wait_for_the_model(make, folder):
    backend = make(folder)
    stream = backend.stream(REQUEST)
    next(stream)
    backend.close()
    with pytest.raises(EngineStopped):
        list(stream)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("other"))


def answer(backend, request=REQUEST):
    return "".join(event.text for event in backend.stream(request) if isinstance(event, Answer))


def test_a_change_of_model_serves_the_new_one(make, folder, other):
    backend = make(folder)
    backend.start()
    assert answer(backend)
    backend.load(str(other), precision="fp32")
    backend.wait()
    assert answer(backend)
    status = backend.status()
    assert (status.model, status.precision, status.state, status.error) == (other.name, "fp32", "ready", "")


def test_answers_in_flight_are_finished_before_their_model_goes(make, folder, other):
    backend = make(folder)
    backend.start()
    long_request = replace(REQUEST, sampling=Sampling(temperature=0, max_new_tokens=200))
    undisturbed = answer(backend, long_request)
    stream = backend.stream(long_request)
    first = next(event for event in stream if isinstance(event, Answer))
    backend.load(str(other))
    assert first.text + "".join(event.text for event in stream if isinstance(event, Answer)) == undisturbed
    backend.wait()
    assert backend.status().model == other.name


@pytest.mark.parametrize("fits_beside", [True, False])
def test_a_change_that_fails_leaves_what_answered_before(make, folder, tmp_path, monkeypatch, fits_beside):
    monkeypatch.setattr(planning, "fits_now", lambda *_: fits_beside)
    broken = save_checkpoint(tmp_path / "broken")
    backend = make(folder)
    backend.start()
    before = answer(backend)
    # Damaged after it was planned, as a disk would.
    monkeypatch.setattr(planning, "plan_for", damage_after(planning.plan_for, broken / "tokenizer.json"))
    backend.load(str(broken))
    backend.wait()
    status = backend.status()
    assert (status.state, status.model) == ("ready", folder.name)
    assert "tokenizer" in status.error.lower()
    assert answer(backend) == before


def test_a_change_that_fails_for_a_reason_of_its_own_kind_goes_back_too(make, folder, other, monkeypatch):
    monkeypatch.setattr(planning, "fits_now", lambda *_: False)
    backend = make(folder)
    backend.start()
    before = answer(backend)
    real = assembly.assemble

    def assemble(recipe, *args, **kwargs):
        if recipe.source.name == other.name:
            raise ValueError("out of the blue")
        return real(recipe, *args, **kwargs)

    monkeypatch.setattr(assembly, "assemble", assemble)
    backend.load(str(other))
    backend.wait()
    assert "out of the blue" in backend.status().error
    assert answer(backend) == before


def damage_after(real, path):
    def plan_for(*args, **kwargs):
        planned = real(*args, **kwargs)
        if path.is_file():
            path.write_text("{")
        return planned

    return plan_for


@pytest.mark.parametrize("name", ["./no-such-folder", "r1"])
def test_what_cannot_be_had_or_does_not_fit_changes_nothing(make, folder, name):
    backend = make(folder)
    backend.start()
    answer(backend)
    backend.load(name)
    backend.wait()
    assert backend.status().error
    assert answer(backend)


def test_a_model_too_large_says_what_would_fit(make, folder):
    backend = make(folder)
    backend.start()
    backend.wait()
    backend.load("r1")
    backend.wait()
    assert "does not fit here" in backend.status().error
    assert "Nearest that fits" in backend.status().error


def test_one_load_at_a_time(make, folder, other):
    backend = make(folder)
    with pytest.raises(BusyError, match="being loaded already"):
        backend.load(str(other))


def test_a_load_that_is_cancelled_leaves_what_answered_before(make, folder, other, monkeypatch):
    backend = make(folder)
    backend.start()
    before = answer(backend)
    real, seen = planning.plan_for, []

    def plan_for(*args, **kwargs):
        backend.cancel_load()
        seen.append(backend.status().progress.stage)
        return real(*args, **kwargs)

    monkeypatch.setattr(planning, "plan_for", plan_for)
    backend.load(str(other))
    backend.wait()
    assert seen == ["Stopping"]
    assert (backend.status().model, backend.status().error) == (folder.name, "")
    assert answer(backend) == before


def test_unloading_frees_the_model_and_says_what_to_do(make, folder):
    backend = make(folder)
    backend.start()
    answer(backend)
    weights = weakref.ref(backend._state.model.served.loaded.model)
    backend.unload()
    backend.wait()
    assert weights() is None
    assert backend.status().state == "empty"
    with pytest.raises(ModelNotFound, match="Choose one"):
        list(backend.stream(REQUEST))


def test_what_is_being_unloaded_has_a_name(make, folder, other, monkeypatch):
    backend = make(folder)
    backend.start()
    answer(backend)
    seen, real = [], ResidentModel.free

    def free(resident, *, drain_s):
        seen.append(backend.status())
        with pytest.raises(BusyError, match=rf"^{folder.name} is being unloaded\. Wait"):
            backend.load(str(other))
        real(resident, drain_s=drain_s)

    monkeypatch.setattr(ResidentModel, "free", free)
    backend.unload()
    backend.wait()
    assert [(status.model, status.progress.stage) for status in seen] == [
        (folder.name, f"Waiting for the last answers of {folder.name}")
    ]
    backend.load(str(other))
    backend.wait()
    assert backend.status().model == other.name


def test_the_old_model_is_gone_before_the_new_one_comes_where_both_do_not_fit(make, folder, other, monkeypatch):
    monkeypatch.setattr(planning, "fits_now", lambda *_: False)
    backend = make(folder)
    backend.start()
    answer(backend)
    old = weakref.ref(backend._state.model.served.loaded.model)
    seen = []
    real = assembly.load
    monkeypatch.setattr(assembly, "load", lambda *args, **kwargs: seen.append(old()) or real(*args, **kwargs))
    backend.load(str(other))
    backend.wait()
    assert seen == [None]
    assert backend.status().model == other.name


def test_a_pinned_model_cannot_be_changed(make, folder):
    backend = make(folder, is_pinned=True)
    backend.start()
    backend.wait()
    for change in (lambda: backend.load("starter"), backend.unload, backend.cancel_load):
        with pytest.raises(Unsupported, match="pinned"):
            change()
    assert answer(backend)


def test_an_app_open_to_others_loads_no_paths_and_tells_nothing_of_the_disk(make, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "looks-like" / "a-hub-id").mkdir(parents=True)
    backend = make(folder, local_paths=False)  # the operator's own model may be a folder
    backend.start()
    assert answer(backend)
    for path in (str(folder), "~", "../x", "/no/such/file.gguf"):
        with pytest.raises(Unsupported, match="is a path"):
            backend.load(path)
    with pytest.raises(ModelNotFound):
        backend.load("looks-like")
    assert resolve("looks-like/a-hub-id", on_space=False, local_paths=False).kind == "hub"
    assert (backend.status().error, backend.status().model) == ("", folder.name)


def test_a_name_is_judged_before_it_is_loaded(make, folder):
    backend = make(folder, precision="bf16")
    assert backend.fit(str(folder)).startswith("At bf16: Takes ")
    with pytest.raises(SpaceError, match="does not fit here"):
        backend.fit("r1")
    assert backend.status().model == str(folder)
    with pytest.raises(SpaceError):
        make(folder, local_paths=False).fit(str(folder))


def test_choices_tell_how_each_model_would_fit(make, folder):
    choices = {choice.name: choice for choice in make(folder).choices()}
    assert (choices["starter"].verdict, choices["starter"].precision) == ("fits", "Q4_1")
    assert choices["r1"].verdict == "no"
    assert choices["r1-distill-qwen-1.5b"].disk_bytes > 3e9
    assert {name for name in choices if name.endswith("-base")} == {
        spec.name for spec in CATALOG if spec.fim and not spec.is_chat
    }


def test_unloading_where_there_is_no_model_is_one_piece_of_work_like_any_other(make, other, monkeypatch):
    backend = make("./no-such-folder")
    backend.start()
    backend.wait()
    begun = []
    monkeypatch.setattr(backend, "_spawn", begun.append)
    backend.unload()
    with pytest.raises(BusyError, match=r"^The model is being unloaded\. Wait"):
        backend.load(str(other))
    assert len(begun) == 1


def test_closing_ends_the_streams_of_a_model_that_is_being_unloaded(make, folder, monkeypatch):
    monkeypatch.setattr(local, "DRAIN_S", 600.0)
    backend = make(folder)
    backend.start()
    stream = backend.stream(replace(REQUEST, sampling=Sampling(temperature=0, max_new_tokens=400)))
    next(event for event in stream if isinstance(event, Answer))
    held = threading.Event()
    monkeypatch.setattr(
        backend._state.model.served.driver.engine, "step", lambda: held.wait(0.01)
    )  # it never ends itself
    backend.unload()
    with backend._changed:
        assert backend._changed.wait_for(lambda: backend._state.model is None, timeout=60)
    assert backend._state.change.draining
    backend.close()
    with pytest.raises(EngineStopped):
        list(stream)
    backend.wait()
    assert backend._state.model is None


def test_on_a_space_a_model_that_was_replaced_leaves_the_disk_when_room_is_needed(make, folder, other, monkeypatch):
    backend = make(folder, on_space=True)
    backend.load_first()
    real, kept = fetching.fetch, []

    def fetch(recipe, *args):
        if recipe.source.name == other.name and len(kept) < 2:
            raise NoSpace("The disk is full.")
        return real(recipe, *args)

    def remove_oldest(keep):
        kept.append(keep)
        return True

    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(room, "remove_oldest", remove_oldest)
    backend.load(str(other))
    backend.wait()
    assert backend.status().model == other.name
    assert kept == [set()] * 2  # neither is of the Hub


def test_what_answers_and_what_is_fetched_stay_on_the_disk(make, folder, monkeypatch):
    backend = make(folder, on_space=True)
    monkeypatch.setattr(room, "remove_oldest", lambda keep: keep)
    recipe = SimpleNamespace(source=resolve("r1-distill-qwen-7b", on_space=True))
    monkeypatch.setattr(backend, "_state", State(model=SimpleNamespace(recipe=recipe, close=lambda: None)))
    assert backend._planner.make_disk_room(resolve("r1-distill-qwen-1.5b", on_space=True)) == {
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    }


@pytest.mark.parametrize("on_space", [True, False])
def test_a_full_disk_is_said_where_nothing_may_be_removed(make, folder, other, monkeypatch, on_space):
    backend = make(folder, on_space=on_space)
    backend.load_first()
    monkeypatch.setattr(room, "remove_oldest", lambda _keep: not on_space)
    monkeypatch.setattr(fetching, "fetch", lambda *_: (_ for _ in ()).throw(NoSpace("The disk is full.")))
    backend.load(str(other))
    backend.wait()
    assert (backend.status().model, backend.status().error) == (folder.name, "The disk is full.")


def test_what_was_replaced_counts_as_free_disk_on_a_space_alone(make, folder, monkeypatch):
    monkeypatch.setattr(room, "removable_bytes", lambda _keep: 10**15)
    free = {on_space: make(folder, on_space=on_space)._planner.machine().fetch_free_bytes for on_space in (True, False)}
    assert free[True] >= 10**15 > free[False]
