"""Links made for a message or for what is written, and what a page does with one that it is opened by."""

from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.chat.parameters.share import Shared, from_fragment, to_fragment
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.events import Usage
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.handlers.sharing import Sharing, build_offer, prompt_offer
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab

MODEL = "deepseek-ai/DeepSeek-V3.1"
READY = Status(state="ready", model=MODEL, sampling=Sampling(temperature=0.6), can_choose_thinking=True)
USAGE = Usage(
    model=MODEL,
    prompt_tokens=1,
    cached_tokens=0,
    generated_tokens=2,
    time_to_first_token_s=0.1,
    tokens_per_second=9,
    finish_reason="stop",
)


@pytest.fixture
def sharing(monkeypatch):
    with gr.Blocks():
        backend = ScriptedBackend(delay_s=0)
        monkeypatch.setattr(backend, "status", lambda: READY)
        tab = build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())
        sharing = Sharing(backend=backend, host=None, tab=tab, events=PageEvents(), offer=build_offer())
    sharing.register()
    return sharing


@pytest.fixture
def values(sharing):
    tab = sharing.tab
    parts = [*tab.controls.components, tab.composer.think, tab.composer.message]
    return {part: part.value for part in parts} | {
        tab.composer.message: "",
        tab.system_prompt: "",
        tab.page_view: PageView(),
    }


@pytest.fixture
def do(sharing, values):
    """Return a function that does an act and returns the updates."""

    def act(name, target="", text=""):
        event = gr.EventData(sharing.events.component, {"act": name, "target": target, "text": text, "number": 1})
        return next(sharing.events.dispatch(values, event))

    return act


def shared_by(do, sharing, target=""):
    return from_fragment("#" + do("share", target)[sharing.events.component]["fragment"])


@pytest.fixture
def asked(sharing, values):
    """Return a function that puts a question with its reply on the page, and returns its id."""

    def ask(question, usage=USAGE, **settings):
        conversation = values[sharing.tab.page_view].conversation
        lease = conversation.ask(question, ReplySettings(**settings))
        conversation.write(lease, replace(lease.turn, answer="a", state="done", usage=usage))
        return lease.turn.id

    return ask


def test_a_message_is_shared_as_it_was_asked_and_not_as_the_page_is_now(sharing, values, do, asked):
    sampling = Sampling(temperature=0.6, top_k=7, seed=3)
    first = asked("first", sampling=sampling, thinking=False, thinking_budget=50, system_prompt="Be brief.")
    asked("second")
    values |= {sharing.tab.composer.message: "a draft", sharing.tab.system_prompt: "Be long."}
    assert shared_by(do, sharing, first) == Shared(
        prompt="first",
        model=MODEL,
        parameters={"top_k": 7, "seed": 3, "thinking_budget": 50},
        system_prompt="Be brief.",
        thinking=False,
    )


def test_of_a_message_to_another_model_all_parameters_are_told(sharing, do, asked):
    parameters = shared_by(do, sharing, asked("x", usage=replace(USAGE, model="a/b"))).parameters
    assert (parameters["temperature"], parameters["top_p"]) == (0.7, 0.95)


def test_what_the_model_was_to_fill_in_is_left_to_the_model(sharing, do, asked):
    turn = asked("x", usage=None, sampling=Sampling(temperature=0.1), follows=("temperature",))
    assert shared_by(do, sharing, turn).parameters == {}


def test_what_is_written_goes_with_the_system_prompt(sharing, values, do, asked):
    asked("an old question")
    values |= {sharing.tab.composer.message: "a draft", sharing.tab.system_prompt: "Be brief."}
    shared = shared_by(do, sharing)
    assert (shared.prompt, shared.system_prompt, shared.thinking) == ("a draft", "Be brief.", True)


def test_too_long_a_system_prompt_is_refused_and_there_is_no_link(sharing, values, do, monkeypatch):
    told = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: told.append(text))
    values[sharing.tab.system_prompt] = "x" * 8001
    assert do("share")[sharing.events.component]["fragment"] == ""
    assert told == ["The system prompt has 8,001 characters; a link can carry 8,000."]


def test_who_opens_a_link_sees_its_system_prompt_and_can_go_back(sharing, values, do):
    values[sharing.tab.system_prompt] = "Mine."
    link = "#" + to_fragment(Shared(prompt="x", system_prompt="Be <b>brief</b>.", thinking=False))
    updates = do("open_link", text=link)
    assert updates[sharing.tab.system_prompt] == "Be <b>brief</b>."
    assert updates[sharing.tab.composer.think] is False
    assert "Be &lt;b&gt;brief&lt;/b&gt;." in updates[sharing.offer.prompt]
    assert 'name="drop_prompt" value="Mine."' in updates[sharing.offer.prompt]
    assert do("drop_prompt", "Mine.") == {sharing.offer.prompt: "", sharing.tab.system_prompt: "Mine."}


def test_a_link_without_a_system_prompt_leaves_the_reader_s_own(sharing, values, do):
    values[sharing.tab.system_prompt] = "Mine."
    updates = do("open_link", text="#" + to_fragment(Shared(prompt="x")))
    assert sharing.tab.system_prompt not in updates
    assert sharing.tab.composer.think not in updates
    assert updates[sharing.offer.prompt] == ""


def test_a_system_prompt_that_is_there_already_is_no_news():
    assert prompt_offer("Mine.", instead_of="Mine.") == ""
    assert "Leave it out" in prompt_offer("Be brief.", instead_of="")
