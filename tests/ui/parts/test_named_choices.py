import gradio as gr
import pytest

from deepseek_space.errors import RequestError
from deepseek_space.ui.parts.named_choices import MOST_KEPT, build_named_choices


@pytest.fixture(scope="module")
def choices():
    with gr.Blocks():
        return build_named_choices("Things", ("Ready", "Made"), elem_id="things", info="")


def values(choices, name, kept=None):
    return {choices.picker: name, choices.kept: {} if kept is None else kept}


def listed(choices, update):
    return [value for _, value in update[choices.picker].choices]


def test_what_is_kept_is_listed_after_what_is_ready_made_and_picked(choices):
    update = choices.save_entry(values(choices, " Mine ", {"Older": 1}), {"x": 2})
    assert update[choices.kept] == {"Older": 1, "Mine": {"x": 2}}
    assert listed(choices, update) == ["Ready", "Made", "Older", "Mine"]
    assert update[choices.picker].value == "Mine"
    assert update[choices.delete].interactive


def test_the_same_name_is_written_over(choices):
    assert choices.save_entry(values(choices, "Mine", {"Mine": 1}), 2)[choices.kept] == {"Mine": 2}


@pytest.mark.parametrize("name", [None, " ", "Ready", "x" * 61])
def test_a_name_that_cannot_be_taken_is_refused(choices, name):
    with pytest.raises(RequestError, match="name of your own"):
        choices.save_entry(values(choices, name), 1)


def test_there_is_an_end_to_what_is_kept(choices):
    full = {f"n{number}": number for number in range(MOST_KEPT)}
    with pytest.raises(RequestError, match="Delete one"):
        choices.save_entry(values(choices, "Mine", full), 1)
    assert choices.save_entry(values(choices, "n1", full), 5)[choices.kept]["n1"] == 5


def test_what_is_deleted_is_gone_and_nothing_is_picked(choices):
    update = choices.forget(values(choices, "Mine", {"Mine": 1, "Other": 2}))
    assert update[choices.kept] == {"Other": 2}
    assert not update[choices.picker].value
    assert not update[choices.delete].interactive


@pytest.mark.parametrize("kept", [None, 5, [1], "x", {"Ready": 1, "y" * 100: 2}])
def test_what_a_browser_hands_back_may_be_anything(choices, kept):
    assert choices.own({choices.kept: kept}) == {}
