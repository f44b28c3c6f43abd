"""The pretended loads of the scripted backend, with a clock of the test's own."""

import pytest

from deepseek_space.backends.scripted.model_host import ScriptedModelHost
from deepseek_space.errors import BusyError, ModelNotFound, Unsupported


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shelf(clock):
    return ScriptedModelHost(change_s=10, clock=clock)


def test_the_old_model_answers_until_the_new_one_has_come(shelf, clock):
    shelf.load("r1-tiny", "auto")
    clock.now_s = 5
    status = shelf.status()
    assert (status.state, status.model, status.loading_model) == ("ready", "fake", "R1 in name only, tiny")
    assert status.progress.done * 2 == status.progress.total == 3_600_000_000
    clock.now_s = 10
    status = shelf.status()
    assert (status.model, status.precision, status.progress, status.loading_model) == (
        "R1 in name only, tiny",
        "int8",
        None,
        "",
    )
    assert status.warnings


def test_a_precision_that_was_asked_for_is_taken(shelf, clock):
    shelf.load("r1-tiny", "nf4")
    clock.now_s = 10
    assert shelf.status().precision == "nf4"


def test_a_cancelled_load_changes_nothing(shelf, clock):
    shelf.load("r1-tiny", "auto")
    shelf.cancel_load()
    clock.now_s = 20
    assert (shelf.status().model, shelf.status().progress) == ("fake", None)


@pytest.mark.parametrize(("name", "said"), [("r1-large", "does not fit here"), ("nobody", "no model called 'nobody'")])
def test_why_a_load_failed_is_kept_until_the_next(shelf, name, said):
    shelf.load(name, "auto")
    assert said in shelf.status().error
    assert (shelf.status().state, shelf.answering()) == ("ready", True)
    shelf.load("r1-tiny", "auto")
    assert shelf.status().error == ""


def test_one_load_at_a_time(shelf):
    shelf.load("r1-tiny", "auto")
    for again in (lambda: shelf.load("math-small", "auto"), shelf.unload):
        with pytest.raises(BusyError, match="tiny is being loaded already"):
            again()


def test_an_unloaded_model_answers_nobody(shelf):
    shelf.unload()
    assert shelf.status().state == "empty"
    with pytest.raises(ModelNotFound, match="Choose one"):
        shelf.answering()


def test_a_pinned_model_stays(clock):
    shelf = ScriptedModelHost(is_pinned=True, clock=clock)
    for change in (lambda: shelf.load("r1-tiny", "auto"), shelf.unload, shelf.cancel_load):
        with pytest.raises(Unsupported, match="pinned"):
            change()
