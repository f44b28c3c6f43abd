import gradio as gr
import pytest

from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.errors import RequestError
from deepseek_space.types import Sampling
from deepseek_space.ui.tabs.own_parameters import build_own_parameters

ASKED = ReplySettings(sampling=Sampling(temperature=0.6, top_k=7, seed=1), follows=("temperature", "top_p"))


@pytest.fixture
def own():
    with gr.Blocks():
        return build_own_parameters("left")


def put(own, **written):
    return own.put_into(
        ASKED, {**dict.fromkeys(own.components, ""), **{getattr(own, k): v for k, v in written.items()}}
    )


def test_empty_fields_change_nothing(own):
    assert put(own) == ASKED
    assert put(own, temperature="  ", seed=None) == ASKED


def test_what_is_written_counts_and_no_longer_follows_the_model(own):
    asked = put(own, temperature="1.2", max_new_tokens="64", seed="0")
    assert asked.sampling == Sampling(temperature=1.2, top_k=7, max_new_tokens=64, seed=0)
    assert asked.follows == ("top_p",)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"temperature": "hot"}, "Temperature is 'hot'; it must be a number from 0 to 2."),
        ({"top_p": "7"}, "Top-p is 7.0; it must be a number from 0.01 to 1."),
        ({"top_p": "nan"}, "Top-p is nan"),
        ({"max_new_tokens": "2.5"}, "Maximum new tokens is '2.5'; it must be a whole number from 1 to 131,072."),
    ],
)
def test_what_cannot_be_used_is_told_as_it_was_written(own, written, told):
    with pytest.raises(RequestError, match=told.replace(".", r"\.")):
        put(own, **written)
