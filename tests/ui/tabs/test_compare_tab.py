"""The two sides over the scripted backend: each by its own settings, and neither hurt by the other's failure."""

from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from deepseek_space.chat.parameters.presets import Preset, to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.errors import EngineError
from deepseek_space.types import Sampling
from deepseek_space.ui.parts.parameters import build_parameters
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from deepseek_space.ui.tabs.compare_tab import AS_SET, MODELS, build_compare_tab


class HotHeaded(ScriptedBackend):
    """Breaks off where the temperature is above 1."""

    def stream(self, request):
        if request.sampling.temperature > 1:
            self.requests.append(request)
            raise EngineError("Too hot.")
        yield from super().stream(request)


@pytest.fixture
def backend():
    return HotHeaded((Scene(cue="slow", answer="word " * 9000), *SCENES), delay_s=0.001)


def tab_over(backend, second=None):
    with gr.Blocks():
        parameters = build_parameters(backend)
        with gr.Tabs() as tabs:
            with gr.Tab("Chat"):
                runner = ReplyRunner(backend)
                chat = build_chat_tab(backend, runner, parameters.controls, parameters.system_prompt)
            with gr.Tab("Compare"):
                return build_compare_tab(chat, parameters, tabs, second)


@pytest.fixture
def tab(backend):
    return tab_over(backend)


def values_of(tab, backend):
    known = {part: getattr(part, "value", None) for part in tab.chat.inputs}
    sides = {part: getattr(part, "value", None) for side in tab.sides for part in side.inputs}
    return {
        **known,
        **sides,
        **tab.parameters.controls.show(backend.status().sampling),
        **{side.written: Conversation() for side in tab.sides},
        tab.parameters.system_prompt: "",
        tab.parameters.presets.kept: {},
        tab.chat.page_view: PageView(),
        tab.message: "hello",
    }


@pytest.fixture
def values(tab, backend):
    return values_of(tab, backend)


def run(tab, values):
    return list(tab.send(values, values[tab.message], lambda state: {"told": state}))


def turn(tab, values, number):
    return values[tab.sides[number].written].turns[-1]


def test_a_side_may_set_parameters_for_itself(tab, values):
    values |= {tab.sides[1].settings: AS_SET, tab.sides[1].own.seed: "5", tab.sides[1].own.max_new_tokens: "3"}
    run(tab, values)
    left, right = (turn(tab, values, number) for number in (0, 1))
    assert (left.settings.sampling.seed, left.usage.finish_reason) == (None, "stop")
    assert (right.settings.sampling.seed, right.usage.generated_tokens, right.usage.finish_reason) == (5, 3, "length")


def test_what_a_side_cannot_use_is_refused_before_either_is_asked(tab, values, backend, monkeypatch):
    told = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: told.append(text))
    values[tab.sides[0].own.temperature] = "hot"
    run(tab, values)
    assert told == ["Temperature is 'hot'; it must be a number from 0 to 2."]
    assert not backend.requests


def test_a_failure_of_one_leaves_the_other(tab, values):
    values[tab.sides[1].settings] = "Creative"
    run(tab, values)
    assert turn(tab, values, 1).error == "Too hot."
    assert turn(tab, values, 0).state == "done"
    assert turn(tab, values, 0).answer


def test_each_side_has_parameters_of_its_own_the_reader_s_among_them(tab, values, backend):
    sampling = backend.status().sampling
    values[tab.parameters.presets.kept] = {"Mine": to_record(Preset(sampling=sampling, thinking_budget=7))}
    values[tab.sides[0].settings], values[tab.sides[1].settings] = AS_SET, "Mine"
    run(tab, values)
    assert {request.thinking_budget for request in backend.requests} == {None, 7}


def test_both_grow_at_the_same_time_and_send_comes_back_at_the_end(tab, values):
    values[tab.sides[1].settings] = AS_SET
    updates = run(tab, values)
    grown = [{side for side in (0, 1) if tab.sides[side].answer in update} for update in updates]
    assert {0, 1} in grown
    assert not updates[0][tab.send_button].visible
    assert updates[-1][tab.send_button].visible


def test_stop_ends_both(tab, values, backend):
    values[tab.sides[1].settings] = AS_SET
    values[tab.message] = "slow"
    writing = tab.send(values, values[tab.message], lambda state: {"told": state})
    next(update for update in writing if tab.sides[1].answer in update)
    tab.on_stop(values)
    list(writing)
    assert [turn(tab, values, number).state for number in (0, 1)] == ["stopped", "stopped"]


def test_a_setting_that_cannot_be_used_begins_nothing(tab, values, backend):
    values[tab.parameters.controls.temperature] = "hot"
    run(tab, values)
    assert not backend.requests
    assert not values[tab.sides[0].written].turns


def test_going_on_puts_the_exchange_into_the_chat(tab, values):
    run(tab, values)
    update = tab.on_take(tab.sides[0], values)
    taken = values[tab.chat.page_view].conversation.turns
    assert [(each.question, each.answer) for each in taken] == [("hello", turn(tab, values, 0).answer)]
    assert update[tab.tabs].selected == "chat"


def test_what_is_still_being_written_cannot_be_gone_on_with(tab, values):
    values[tab.sides[0].written].ask("hello")
    assert tab.on_take(tab.sides[0], values) == gr.skip()


def test_a_blank_message_asks_nobody(tab, values, backend):
    values[tab.message] = "  "
    run(tab, values)
    assert not backend.requests


class Elsewhere(ScriptedBackend):
    """A second model, with a name and a temperature of its own."""

    def status(self):
        return replace(
            super().status(), model="Elsewhere", sampling=Sampling(temperature=0.3), can_choose_thinking=False
        )


@pytest.fixture
def second():
    return Elsewhere((Scene(cue="", answer="From elsewhere."),), delay_s=0)


@pytest.fixture
def both(backend, second):
    return tab_over(backend, second)


def test_with_one_model_there_is_none_to_choose(tab):
    assert tab.choices() == []
    assert not any(side.model.parent.parent.visible for side in tab.sides)


def test_each_side_is_answered_by_the_model_that_is_chosen_for_it(both, backend, second):
    values = values_of(both, backend)
    assert [name for name, _ in both.choices()] == ["fake", "Elsewhere"]
    run(both, values)
    assert [turn(both, values, number).answer == "From elsewhere." for number in (0, 1)] == [False, True]
    assert (len(backend.requests), second.requests[0].sampling.temperature) == (1, 0.3)
    values[both.sides[0].model], values[both.sides[1].model] = MODELS[1], MODELS[0]
    run(both, values)
    assert [turn(both, values, number).answer == "From elsewhere." for number in (0, 1)] == [True, False]


def test_thinking_is_offered_where_the_chosen_model_leaves_the_choice(both, backend):
    updates = both.on_model(values_of(both, backend))
    assert [updates[side.thinking].visible for side in both.sides] == [True, False]


def test_two_of_the_same_name_have_their_place_with_it(backend):
    names = [name for name, _ in tab_over(backend, ScriptedBackend()).choices()]
    assert names == ["fake · cpu", "fake · cpu"]


def test_the_chat_goes_on_with_its_own_model_and_says_so(both, backend, second, monkeypatch):
    told = []
    monkeypatch.setattr(gr, "Info", told.append)
    values = values_of(both, backend)
    run(both, values)
    both.on_take(both.sides[0], values)
    assert told == []
    both.on_take(both.sides[1], values)
    assert told == ["In the chat, fake goes on from here."]
    assert values[both.chat.page_view].conversation.turns[-1].answer == "From elsewhere."
