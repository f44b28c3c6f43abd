import json
import re

import gradio as gr
import pytest

from deepseek_space.ui.parts.page_events import Act, PageEvents
from deepseek_space.ui.parts.wiring import Generation


@pytest.fixture
def events():
    with gr.Blocks():
        return PageEvents()


def asked(events, **data):
    return list(events.dispatch({}, gr.EventData(events.component, data)))


def test_each_act_has_its_handler(events):
    done = []
    events.on("one", lambda values, act: done.append(act), [], [])
    events.on("two", lambda values, act: done.append(act), [], [])
    asked(events, act="two", target="t", text="x", number=3)
    assert done == [Act(name="two", target="t", text="x", number=3)]


def test_a_handler_may_return_updates_or_yield_them(events):
    events.on("once", lambda values, act: {events.component: 1}, [], [])
    events.on("often", lambda values, act: iter([{events.component: 1}, {events.component: 2}]), [], [])
    assert asked(events, act="once") == [{events.component: 1}]
    assert asked(events, act="often") == [{events.component: 1}, {events.component: 2}]


def test_the_page_is_answered_under_the_number_of_its_question(events):
    events.on("say", lambda values, act: events.reply(act, text="hi"), [], [])
    assert asked(events, act="say", number=7) == [{events.component: {"number": 7, "text": "hi"}}]


@pytest.mark.parametrize(
    "data", [None, "retry", {}, {"act": None}, {"act": ["x"]}, {"act": "nobody's"}, {"number": {}}]
)
def test_what_nobody_serves_or_makes_no_sense_does_nothing(events, data):
    (update,) = events.dispatch({}, gr.EventData(events.component, data))
    assert update == gr.skip()


def test_an_act_sends_what_its_handler_needs_and_acts_that_need_the_same_are_one_event():
    with gr.Blocks() as blocks:
        events, first, second = PageEvents(), gr.Textbox(), gr.Textbox()
        events.on("one", lambda values, act: None, [first], [second])
        events.on("two", lambda values, act: None, [first, second], [first])
        events.on("three", lambda values, act: None, [first], [first, second])
        events.wire(Generation(concurrency_limit=4))
    small, large = blocks.fns.values()
    assert (set(small.inputs), small.outputs) == ({first}, [events.component, second, first])
    assert (set(large.inputs), large.outputs) == ({first, second}, [events.component, first])
    assert {small.trigger_mode, large.trigger_mode} == {"multiple"}
    names = json.loads(re.search("{.*?}", events.component.js_on_load)[0])
    targets = {name: [target[1] for target in fn.targets] for name, fn in (("small", small), ("large", large))}
    assert targets == {"small": [names["one"]], "large": [names["two"]]}
    assert names["three"] == names["one"] != names["two"]


def test_an_act_that_comes_without_what_its_handler_needs_does_nothing(events):
    with events.component.parent or gr.Blocks():
        field = gr.Textbox()
    events.on("one", lambda values, act: pytest.fail("its handler was called"), [field], [])
    assert asked(events, act="one") == [gr.skip()]
