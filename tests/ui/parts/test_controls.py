from dataclasses import fields

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.errors import RequestError
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.parts.controls import build_controls, shown_values, to_sampling

EMPTY = Status(state="empty", model="")
NAMES = [item.name for item in fields(Sampling)]
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 1000),
    max_new_tokens=st.integers(1, 131_072),
    seed=st.none() | st.integers(0, 2**53),
    stop=st.lists(st.text("ab \n\t", min_size=1).filter(str.strip), max_size=3).map(tuple),
)


@pytest.fixture
def controls():
    with gr.Blocks():
        return build_controls()


def read(sampling):
    return to_sampling(**dict(zip(NAMES, shown_values(sampling), strict=True)))


@given(SAMPLINGS)
def test_what_is_shown_reads_back_as_the_same(sampling):
    assert read(sampling) == sampling


def test_an_untouched_form_gives_the_defaults(controls):
    values = {component: component.value for component in controls.components}
    values[controls.seed] = None
    assert controls.sampling(values, EMPTY) == Sampling()


def test_every_control_explains_itself_and_keeps_to_the_limits(controls):
    for name in NAMES:
        component = getattr(controls, name)
        assert component.info
        if isinstance(component, gr.Slider):
            assert (component.minimum, component.maximum) == Sampling.LIMITS[name]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("temperature", 9, "Temperature is 9"),
        ("max_new_tokens", None, "Maximum new tokens is None"),
        ("max_new_tokens", 0, "from 1 to"),
        ("top_k", 2.5, "whole number"),
        ("seed", -1, "Seed is -1"),
        ("stop", "\n".join("abcdefghijklmnopq"), "at most 16"),
        ("stop", 5, "Stop strings: 5 was given; it must be a list"),
        ("stop", {"a": 1}, "Stop strings: {'a': 1} was given"),
        ("stop", [5], "at most 16"),
        ("top_k", "5", "Top-k is '5'"),
        ("top_k", [], "must be a whole number"),
        ("temperature", "hot", "Temperature is 'hot'"),
        ("temperature", float("nan"), "Temperature is nan"),
        ("max_new_tokens", float("inf"), "whole number"),
        ("seed", True, "Seed is True"),
        ("seed", 10**30, r"whole number from 0 to 9,223,372,036,854,775,807\."),
        ("temperature", "hot" * 999, "(hot){26}…; it must"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_value(name, value, says):
    given_values = {**dict(zip(NAMES, shown_values(Sampling()), strict=True)), name: value}
    with pytest.raises(RequestError, match=says):
        to_sampling(**given_values)


def test_stop_strings_are_lines_with_escapes_for_line_breaks():
    values = {**dict(zip(NAMES, shown_values(Sampling()), strict=True)), "stop": "\\n\\n\n\nUser:\n"}
    assert to_sampling(**values).stop == ("\n\n", "User:")


@pytest.fixture
def values(controls):
    return controls.show(Sampling())


def test_new_defaults_are_shown_where_the_reader_changed_nothing(controls, values):
    values[controls.top_p] = 0.5
    new = Sampling(temperature=0.6, top_p=0.9, max_new_tokens=4096)
    assert controls.follow(values, Status(state="ready", model="m", sampling=new)) == {
        controls.shown: new,
        controls.temperature: 0.6,
        controls.max_new_tokens: 4096,
    }


def test_a_message_sent_before_the_page_caught_up_gets_what_the_model_recommends(controls, values):
    values[controls.top_p] = 0.5
    ready = Status(state="ready", model="m", sampling=Sampling(temperature=0.6, top_p=0.9, stop=("END",)))
    assert controls.sampling(values, ready) == Sampling(temperature=0.6, top_p=0.5, stop=("END",))


def test_what_the_reader_set_back_to_a_default_after_the_page_caught_up_is_kept(controls, values):
    ready = Status(state="ready", model="m", sampling=Sampling(temperature=0.6))
    caught_up = {**values, **controls.follow(values, ready), controls.temperature: 0.7}
    assert controls.sampling(caught_up, ready) == Sampling(temperature=0.7)


def test_an_emptied_field_takes_the_model_s_own_value(controls, values):
    ready = Status(state="ready", model="m", sampling=Sampling(temperature=0.6, max_new_tokens=4096))
    emptied = {**values, **controls.show(ready.sampling), controls.temperature: None, controls.max_new_tokens: None}
    assert controls.sampling(emptied, ready) == ready.sampling


def test_a_model_on_its_way_recommends_nothing_yet(controls, values):
    coming = Status(state="loading", model="m", sampling=Sampling(temperature=0.6))
    assert controls.follow(values, coming) == {}
    assert controls.sampling(values, coming) == Sampling()
