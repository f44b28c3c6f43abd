import pytest

from deepseek_space.types import Loading, Prefill, Queued, Usage
from deepseek_space.ui.transcript import explanation, transcript, waiting_text
from deepseek_space.ui.turn import Turn

USAGE = Usage(
    model="<b>model</b>",
    prompt_tokens=1200,
    cached_tokens=200,
    generated_tokens=64,
    time_to_first_token_s=0.246,
    tokens_per_second=31.25,
    finish_reason="stop",
)


def texts(turn):
    return [message["content"][0]["text"] for message in transcript([turn], 10.0)]


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
    pending = transcript([Turn(question="x", waiting=event)], 0.0)[-1]
    assert (pending["role"], pending["metadata"]) == ("assistant", {"title": text, "status": "pending"})


def test_thoughts_have_a_panel_that_is_open_and_timed_while_thinking():
    panel = transcript([Turn(question="x", reasoning="hm", thinking_since_s=3.0)], 10.5)[1]
    assert panel["metadata"] == {"title": "Thinking", "status": "pending", "duration": 7}
    assert panel["content"][0]["text"] == "hm"


def test_the_panel_is_done_when_the_answer_starts():
    turn = Turn(question="x", reasoning="hm", answer="a", thinking_s=2.04)
    question, panel, answer = transcript([turn], 10.5)
    assert (question["role"], question["content"][0]["text"]) == ("user", "x")
    assert panel["metadata"] == {"title": "Thoughts", "status": "done", "duration": 2.0}
    assert (answer["content"][0]["text"], answer["metadata"]) == ("a", {})


def test_figures_follow_a_finished_answer_in_a_message_of_their_own():
    *_, answer, figures = texts(Turn(question="x", answer="a", usage=USAGE, state="done"))
    assert answer == "a"
    for figure in ("64 tokens", "31.2 tokens/s", "first after 0.25 s", "200 of them remembered"):
        assert figure in figures
    assert "<b>" not in figures


def test_a_stopped_turn_keeps_its_text_and_says_so():
    *_, answer, note = texts(Turn(question="x", answer="half", state="stopped"))
    assert (answer, "Stopped" in note) == ("half", True)


def test_an_error_follows_the_partial_answer_with_its_text_escaped():
    *_, answer, error = texts(Turn(question="x", answer="half", state="failed", error="No <model>."))
    assert answer == "half"
    assert "No &lt;model&gt;." in error


def test_an_answer_cut_off_by_its_limit_says_so():
    usage = Usage(**{**vars(USAGE), "finish_reason": "length"})
    assert "cut off" in texts(Turn(question="x", answer="a", usage=usage, state="done"))[-1]


def test_tabs_and_indentation_reach_the_component_as_parts_of_a_list():
    """A bare string would pass through inspect.cleandoc."""
    answer = "```python\n    x\ty\n```"
    assert transcript([Turn(question="x", answer=answer)], 0.0)[-1]["content"] == [{"type": "text", "text": answer}]


def test_an_explanation_has_neither_the_question_nor_the_code():
    turn = Turn(question="x", answer="```\ncode\n```\nwhy", usage=USAGE, state="done")
    shown = [message["content"][0]["text"] for message in explanation(turn, "why", 0.0)]
    assert shown[0] == "why"
    assert len(shown) == 2


def test_while_only_code_has_come_nothing_is_waited_for():
    assert [m["metadata"] for m in explanation(Turn(question="x", answer="```\nco"), "", 0.0)] == [{}]
