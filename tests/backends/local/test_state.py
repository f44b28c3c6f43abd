"""What a process's model may be doing, and what may follow on what."""

from types import SimpleNamespace

import pytest

from deepseek_space.backends.local.state import ModelChange, State
from deepseek_space.errors import BusyError, EngineStopped, LoadFailed, ModelNotFound
from deepseek_space.events import Loading

CHANGE = ModelChange(model="new")


def model(name):
    return SimpleNamespace(recipe=SimpleNamespace(source=SimpleNamespace(name=name)))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State(), "empty"),
        (State(latest=LoadFailed("The file is gone.")), "failed"),
        (State(latest=CHANGE), "loading"),
    ],
)
def test_without_a_model_the_status_says_why(state, said):
    status = state.status("wanted")
    assert (status.state, status.model) == (said, "new" if said == "loading" else "wanted")
    assert status.error == ("The file is gone." if said == "failed" else "")


def test_a_request_gets_the_model_waits_or_is_told_why_not():
    here = model("old")
    assert State(model=here, latest=CHANGE).for_requests() is here
    assert State(latest=CHANGE).for_requests() is None
    assert State(latest=CHANGE).is_waiting
    for state, error in (
        (State(), ModelNotFound),
        (State(latest=LoadFailed("x")), LoadFailed),
        (State(model=here).close(), EngineStopped),
    ):
        assert not state.is_waiting
        with pytest.raises(error):
            state.for_requests()


def test_one_change_at_a_time_and_a_new_one_forgets_why_the_last_failed():
    begun = State(latest=LoadFailed("x")).begin(CHANGE)
    assert (begun.change, begun.error) == (CHANGE, None)
    with pytest.raises(BusyError, match=r"^new is being loaded already\."):
        begun.begin(CHANGE)
    with pytest.raises(BusyError, match=r"^old is being unloaded\."):
        State(latest=ModelChange(model="old", is_unloading=True)).begin(CHANGE)


def test_what_is_cancelled_says_so_alone_until_it_goes_back():
    cancelled = State(latest=CHANGE).cancel().report(Loading(stage="Reading"))
    assert cancelled.is_cancelled
    assert cancelled.change.progress.stage == "Stopping"
    back = cancelled.go_back().report(Loading(stage="Reading"))
    assert not back.is_cancelled
    assert back.change.progress.stage == "Reading"


@pytest.mark.parametrize("change", [State.cancel, State.go_back, State.forget_drained, lambda s: s.identify("x")])
def test_where_nothing_is_under_way_there_is_nothing_to_change(change):
    assert change(State()) == State()


def test_the_model_before_gives_its_last_answers_and_is_forgotten():
    old, new = model("old"), model("new")
    state = State(model=old, latest=CHANGE).install(new)
    assert (state.model, state.change.draining) == (new, old)
    assert state.change.progress.stage == "Waiting for the last answers of old"
    assert state.residents == (new, old)
    assert state.forget_drained().residents == (new,)
    assert state.forget_drained().retire().residents == (new,)
    assert State(latest=CHANGE).retire() == State(latest=CHANGE)


def test_once_closed_nothing_answers_anew():
    old = model("old")
    state = State(model=old, latest=CHANGE).close().install(model("new"))
    assert (state.model, state.residents) == (None, (old,))
    assert state.is_cancelled
