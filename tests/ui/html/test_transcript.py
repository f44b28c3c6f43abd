import weakref

import pytest

from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.turns.turn_tree import Place
from deepseek_space.events import Loading, Prefill, Queued, Usage
from deepseek_space.text.attachment import Attachment
from deepseek_space.ui.html.transcript import explanation, transcript, waiting_text

USAGE = Usage(
    model="m",
    prompt_tokens=1200,
    cached_tokens=200,
    generated_tokens=64,
    time_to_first_token_s=0.246,
    tokens_per_second=31.25,
    finish_reason="stop",
)


def messages(*turns, now_s=10.0, **given):
    return transcript([Place(turn=turn) for turn in turns], now_s, **given)


def text(message):
    return message["content"][0]["text"]


def title(message):
    return message["metadata"].get("title")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (None, "Starting the answer"),
        (Loading(stage="Fetching", done=2, total=5), "Loading the model … 40 % · Fetching"),
        (Loading(stage="Fetching"), "Loading the model … Fetching"),
        (Queued(position=2), "Waiting: position 2"),
        (Prefill(read=512, total=2300), "Reading the prompt: 512 of 2,300 tokens"),
        (Prefill(read=2300, total=2300), "Starting the answer"),
    ],
)
def test_a_reply_says_where_it_will_appear_what_it_waits_for(event, text):
    assert waiting_text(event) == text
    pending = messages(Turn(question="x", waiting=event))[-1]
    assert (pending["role"], pending["metadata"]) == ("assistant", {"title": text, "status": "pending"})


def test_a_reply_that_goes_on_keeps_its_text_while_it_waits():
    *_, answer, pending = messages(Turn(question="x", answer="half", waiting=Queued(position=1)))
    assert (text(answer), title(pending)) == ("half", "Waiting: position 1")


def test_thoughts_have_a_panel_that_is_open_timed_and_counted_while_thinking_and_a_button_to_end_them():
    *_, panel, button = messages(Turn(question="x", reasoning="hm", reasoning_tokens=1200, thinking_since_s=3.0))
    assert panel["metadata"] == {"title": "Thinking · 7 s · 1,200 tokens", "status": "pending"}
    assert text(panel) == "hm"
    assert 'name="answer_now"' in text(button)


def test_the_panel_is_done_when_the_answer_starts():
    *_, panel, answer = messages(Turn(question="x", reasoning="hm", reasoning_tokens=1, answer="a", thinking_s=2.04))
    assert panel["metadata"] == {"title": "Thoughts · 2.0 s · 1 token", "status": "done"}
    assert (text(answer), answer["metadata"]) == ("a", {})


def test_a_settled_turn_is_question_and_reply_with_what_can_be_done_under_each():
    turn = Turn(question="x", answer="a", usage=USAGE, state="done")
    question, question_buttons, answer, ending = messages(turn)
    assert [message["role"] for message in (question, question_buttons, answer, ending)] == ["user"] * 2 + [
        "assistant"
    ] * 2
    assert (text(question), text(answer)) == ("x", "a")
    assert 'name="edit"' in text(question_buttons)
    assert 'name="retry"' in text(ending)
    assert "64 tokens" in text(ending)


def test_only_the_last_reply_is_offered_to_go_on():
    cut_off = Turn(question="x", answer="half", state="stopped")
    shown = [text(message) for message in messages(cut_off, cut_off) if 'name="retry"' in text(message)]
    assert ["go_on" in ending for ending in shown] == [False, True]


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (Turn(question="x", answer="half", state="stopped"), "Stopped. What was written so far is kept."),
        (Turn(question="x", state="stopped"), "Stopped before anything was written."),
        (Turn(question="x", answer="half", state="failed", error="No <model>."), "No &lt;model&gt;."),
        (
            Turn(question="x", answer="a", usage=Usage(**{**vars(USAGE), "finish_reason": "length"}), state="done"),
            "cut off",
        ),
    ],
)
def test_a_reply_that_is_not_whole_says_why(turn, said):
    assert said in text(messages(turn)[-1])


def test_a_formula_that_has_only_begun_is_shown_sign_by_sign_until_the_reply_has_ended():
    formula = r"so \(x_1*x_2"
    assert text(messages(Turn(question="x", answer=formula))[-1]) != formula
    assert text(messages(Turn(question="x", answer=formula, state="done"))[-2]) == formula


@pytest.mark.parametrize(("count", "earlier"), [(3, 0), (4, 2), (5, 2), (6, 4)])
def test_the_latest_turns_are_enough_and_the_first_of_them_seldom_changes(count, earlier):
    turns = [Turn(question=str(number), answer="a", state="done") for number in range(count)]
    drawn = messages(*turns, most=2)
    assert (f"{earlier} earlier" in text(drawn[0])) == bool(earlier)
    assert text(drawn[1 if earlier else 0]) == str(earlier)


def test_tabs_and_indentation_reach_the_component_as_parts_of_a_list():
    """A bare string would pass through inspect.cleandoc."""
    answer = "```python\n    x\ty\n```"
    assert messages(Turn(question="x", answer=answer))[-1]["content"] == [{"type": "text", "text": answer}]


def test_an_explanation_has_neither_the_question_nor_the_code_nor_buttons():
    turn = Turn(question="x", answer="```\ncode\n```\nwhy", usage=USAGE, state="done")
    shown = [text(message) for message in explanation(turn, "why", 0.0)]
    assert shown[0] == "why"
    assert len(shown) == 2
    assert "button" not in shown[1]


def test_while_only_code_has_come_nothing_is_waited_for():
    assert [title(message) for message in explanation(Turn(question="x", answer="```\nco"), "", 0.0)] == [None]


def test_what_was_drawn_does_not_keep_the_text_of_documents():
    class Text(str):
        """A text of which one can see whether it is still held."""

    document = Text("secret")
    seen = weakref.ref(document)
    turn = Turn(question="Q", answer="A", state="done", files=(Attachment(name="a.txt", text=document, tokens=2),))
    assert "a.txt" in text(messages(turn)[0])
    del turn, document
    assert seen() is None
