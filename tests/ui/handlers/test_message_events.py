"""What the buttons under messages do, called as the page's events call them."""

from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.text.bounds import MAX_CHARACTERS
from deepseek_space.ui.handlers.message_events import MessageEvents
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab


@pytest.fixture(scope="module")
def built():
    """The handlers, registered, over a backend that answers at once."""
    with gr.Blocks():
        backend = ScriptedBackend([Scene(cue="", reasoning="hm", answer="one two three four")], delay_s=0)
        tab = build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())
        page = MessageEvents(tab=tab, events=PageEvents())
        page.register()
        return page


@pytest.fixture
def page(built):
    """The same, of which nothing has been asked."""
    built.tab.backend.requests.clear()
    return built


@pytest.fixture
def page_view(page):
    """What the page shows: two turns."""
    page_view = PageView()
    for question in ("first", "second"):
        lease = page_view.conversation.ask(question)
        page_view.conversation.write(lease, replace(lease.turn, answer=f"{question} answer", state="done"))
    return page_view


@pytest.fixture
def do(page, page_view):
    """Return a function that does an act and returns the updates."""
    tab = page.tab
    values = {part: part.value for part in [*tab.controls.components, tab.composer.think, tab.context.attached]}
    values |= {tab.system_prompt: "", tab.page_view: page_view}

    def act(name, target="", text="", key="", **changed):
        asked = {"act": name, "target": target, "text": text, "number": 1, "key": key}
        event = gr.EventData(page.events.component, asked)
        return list(page.events.dispatch(values | changed.get("values", {}), event))

    return act


def answer(page, update):
    """Return what the page is told became of a message."""
    return update[page.events.component]["state"]


def told(page_view):
    return [(turn.question, turn.answer) for turn in page_view.conversation.turns]


def test_retry_of_an_older_turn_makes_a_branch_with_the_parameters_as_they_are_now(page, page_view, do):
    first = page_view.conversation.turns[0]
    do("retry", first.id, values={page.tab.controls.top_k: 9})
    assert told(page_view) == [("first", "one two three four")]
    assert page.tab.backend.requests[-1].sampling.top_k == 9
    do("previous", page_view.conversation.turns[0].id)
    assert told(page_view) == [("first", "first answer"), ("second", "second answer")]


@pytest.mark.parametrize(("act", "thinking"), [("retry_thinking", True), ("retry_plain", False)])
def test_retry_in_the_other_mode_of_thinking(page, page_view, do, act, thinking):
    do(act, page_view.conversation.turns[1].id)
    assert page.tab.backend.requests[-1].thinking is thinking


def test_an_edited_question_is_asked_in_a_branch_of_its_own(page_view, do):
    first = page_view.conversation.turns[0].id
    do("edit_save", first, "other words")
    assert told(page_view) == [("other words", "one two three four")]
    do("previous", page_view.conversation.turns[0].id)
    do("next", first)
    assert told(page_view) == [("other words", "one two three four")]


def test_a_reply_that_was_cut_off_goes_on_in_its_own_mode(page, page_view, do):
    turn = page_view.conversation.turns[1]
    half = replace(turn, state="stopped", answer="one two", settings=replace(turn.settings, thinking=False))
    page_view.conversation.tree[turn.id] = half
    do("go_on", turn.id)
    request = page.tab.backend.requests[-1]
    assert (request.begun.answer, request.thinking) == ("one two", False)
    assert page_view.conversation.turns[1].answer == "one two three four"


def test_a_thought_is_ended_for_the_answer(page, page_view, do):
    lease = page_view.conversation.ask("third")
    page_view.conversation.write(lease, replace(lease.turn, reasoning="hm", thinking_since_s=0.0))
    do("answer_now", lease.turn.id)
    begun = page.tab.backend.requests[-1].begun
    assert (begun.reasoning, begun.is_thinking) == ("hm", False)
    assert page_view.conversation.turns[2].answer == "one two three four"


def test_a_second_click_on_a_rating_takes_it_back(page_view, do):
    first = page_view.conversation.turns[0].id
    for act, rating in (("up", "up"), ("down", "down"), ("down", None)):
        do(act, first)
        assert page_view.conversation.turns[0].rating == rating


def test_deleting_what_is_being_written_leaves_an_idle_page(page, page_view, do):
    do_not_end = page_view.conversation.ask("third")
    (update,) = do("delete", do_not_end.turn.id)
    assert [question for question, _ in told(page_view)] == ["first", "second"]
    assert update[page.tab.composer.stop].visible is False


@pytest.mark.parametrize(("act", "text"), [("copy", "second answer"), ("copy_question", "second"), ("edit", "second")])
def test_the_page_is_given_the_text_as_it_was_written(page, page_view, do, act, text):
    (update,) = do(act, page_view.conversation.turns[1].id)
    assert update[page.events.component]["text"] == text


@pytest.mark.parametrize(
    "act", ["retry", "edit_save", "go_on", "answer_now", "delete", "up", "previous", "next", "copy", "edit", "earlier"]
)
@pytest.mark.parametrize("target", ["", "no such turn"])
def test_an_act_on_no_turn_of_this_chat_changes_nothing(page, page_view, do, act, target):
    before = told(page_view)
    do(act, target, "x")
    assert told(page_view) == before
    assert not page.tab.backend.requests


@pytest.mark.parametrize("text", ["x" * (MAX_CHARACTERS + 1), "  "])
def test_what_is_refused_is_told_and_changes_nothing(page, page_view, do, monkeypatch, text):
    refusals = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: refusals.append(sentence))
    (update,) = do("edit_save", page_view.conversation.turns[0].id, text)
    assert answer(page, update) == "refused"
    assert (len(refusals), len(told(page_view))) == (1, 2)


def test_a_turn_that_was_left_out_says_so_and_is_taken_in_again(page, page_view, do):
    first = page_view.conversation.turns[0].id
    page_view.conversation.leave_out([first])
    assert "Left out of the context" in str(page.tab.show(page_view)[page.tab.chatbot])
    (update,) = do("take_in", first)
    assert "Left out of the context" not in str(update[page.tab.chatbot])
    do("retry", page_view.conversation.turns[1].id)
    assert [message.content for message in page.tab.backend.requests[-1].messages][:2] == ["first", "first answer"]


@pytest.mark.parametrize(("act", "turns"), [("send", 3), ("retry", 2), ("edit_save", 1)])
def test_what_comes_twice_under_one_key_is_sent_once(page, page_view, do, act, turns):
    target = page_view.conversation.turns[1 if act == "retry" else 0].id
    first, *_ = do(act, target, "again", key="k1")
    again, *_ = do(act, target, "again", key="k1")
    assert (answer(page, first), answer(page, again)) == ("sent", "sent")
    assert page_view.conversation.turns[-1].id == "k1"
    assert (len(told(page_view)), len(page.tab.backend.requests)) == (turns, 1)


def test_a_key_that_no_turn_may_have_is_none(page_view, do):
    do("send", "", "third", key="<b>")
    assert page_view.conversation.turns[-1].id not in ("", "<b>")


def test_a_message_during_a_reply_is_not_sent_yet_and_the_page_shows_the_reply(page, page_view, do):
    page_view.conversation.ask("third")
    update, *_ = do("send", "", "fourth", key="k1")
    assert answer(page, update) == "busy"
    assert update[page.tab.composer.stop].visible
    assert [question for question, _ in told(page_view)] == ["first", "second", "third"]


def test_a_second_page_goes_on_in_the_chat_that_another_one_writes_in(page, page_view, do):
    other = PageView(conversation=Conversation(id=page_view.conversation.id, tree=dict(page_view.conversation.tree)))
    do("send", "", "third", values={page.tab.page_view: other})
    assert len(told(page_view)) == 2
    do("send", "", "fourth")
    assert page_view.conversation is other.conversation
    assert [question for question, _ in told(page_view)] == ["first", "second", "third", "fourth"]
