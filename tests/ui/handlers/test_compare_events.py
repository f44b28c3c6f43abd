"""Both sides of Compare after a reload: as they are written on meanwhile, else as the browser kept them."""

import json

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.ui.handlers.compare_events import CompareEvents
from deepseek_space.ui.parts.history import History
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.parts.parameters import build_parameters
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from deepseek_space.ui.tabs.compare_tab import build_compare_tab


@pytest.fixture
def events():
    with gr.Blocks():
        backend = ScriptedBackend([Scene(cue="", answer="one two three")], delay_s=0)
        parameters, history = build_parameters(backend), History()
        with gr.Tabs() as tabs:
            runner = ReplyRunner(backend)
            chat = build_chat_tab(backend, runner, parameters.controls, parameters.system_prompt, history)
            events = CompareEvents(tab=build_compare_tab(chat, parameters, tabs), events=PageEvents())
    events.register()
    return events


@pytest.fixture
def values(events):
    tab = events.tab
    parts = [*tab.chat.inputs, *(part for side in tab.sides for part in side.inputs)]
    return {
        **{part: getattr(part, "value", None) for part in parts},
        **{side.written: Conversation() for side in tab.sides},
        tab.parameters.system_prompt: "",
        tab.parameters.presets.kept: {},
        tab.chat.page_view: PageView(),
    }


@pytest.fixture
def do(events, values):
    """Return a function that does an act and returns all that changed."""

    def act(name, text):
        asked = gr.EventData(events.events.component, {"act": name, "text": text, "number": 1})
        seen = {}
        for update in events.events.dispatch(values, asked):
            seen |= update
        return seen

    return act


def shown(tab, seen):
    return ["one two three" in str(seen.get(side.answer)) for side in tab.sides]


def test_both_answers_come_back_and_can_be_gone_on_with(events, values, do):
    tab = events.tab
    asked = do("compare", "hello")
    assert asked[events.events.component]["state"] == "sent"
    kept = {"reply": asked[tab.kept]["reply"], "message": "hello", "left_thinking": "no", "right_own_top_p": "0.3"}
    for _ in ("as the server has them", "as the browser has them"):
        seen = do("restore_compare", json.dumps(kept))
        assert shown(tab, seen) == [True, True]
        assert (seen[tab.message], seen[tab.sides[0].thinking]) == ("hello", "no")
        assert seen[tab.sides[1].own.top_p] == "0.3"
        values |= {side.written: seen[side.written] for side in tab.sides}
        assert values[tab.sides[1].written].turns[-1].question == "hello"
        tab.on_take(tab.sides[1], values)
        assert values[tab.chat.page_view].conversation.turns[-1].answer == "one two three"
        for side in kept["reply"]:
            side["id"] = "nobody has this"


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "[]",
        {"reply": 3, "left_model": "third", "left_thinking": [], "left_own_seed": 5},
        {"reply": [{"id": "x", "turn": {"question": 1}}, {}], "message": 7},
    ],
)
def test_what_is_not_exactly_right_is_left_out(events, do, kept):
    seen = do("restore_compare", kept if isinstance(kept, str) else json.dumps(kept))
    assert set(seen) == {events.events.component}


def test_a_blank_message_is_refused_and_what_was_there_stays(events, do):
    do("compare", "hello")
    seen = do("compare", "  ")
    assert seen[events.events.component]["state"] == "refused"
    assert shown(events.tab, seen) == [True, True]
