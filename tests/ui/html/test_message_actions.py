import re
from dataclasses import replace

import pytest

from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.chat.turns.turn_tree import Place
from deepseek_space.events import Usage
from deepseek_space.text.attachment import Attachment
from deepseek_space.ui.html.message_actions import (
    answer_now,
    going_on,
    left_out,
    open_files,
    question_actions,
    reply_actions,
)

USAGE = Usage(
    model="m",
    prompt_tokens=1,
    cached_tokens=0,
    generated_tokens=2,
    time_to_first_token_s=0.1,
    tokens_per_second=9,
    finish_reason="length",
)
DONE = Turn(question="x", id="t1", answer="a", state="done")


def names(html):
    return re.findall(r'name="(\w+)"', html)


def reply(place, **given):
    return reply_actions(place, "", **{"is_last": True, "can_choose_thinking": False, **given})


def test_a_question_can_be_copied_shared_edited_and_deleted():
    assert names(question_actions(Place(turn=DONE))) == ["copy_question", "share", "edit", "delete"]


def test_a_reply_can_be_copied_tried_again_and_rated():
    assert names(reply(Place(turn=DONE))) == ["copy", "retry", "up", "down"]


def test_of_a_reply_without_a_word_there_is_nothing_to_copy_or_rate():
    assert names(reply(Place(turn=Turn(question="x", state="failed", error="Broken.")))) == ["retry"]


@pytest.mark.parametrize(
    ("turn", "other"),
    [
        (DONE, "retry_thinking"),
        (Turn(question="x", reasoning="hm", answer="a", state="done"), "retry_plain"),
        (Turn(question="x", answer="a", state="done", settings=ReplySettings(thinking=True)), "retry_plain"),
    ],
)
def test_the_other_mode_of_thinking_is_offered_where_there_is_a_choice(turn, other):
    assert other in names(reply(Place(turn=turn), can_choose_thinking=True))
    assert other not in names(reply(Place(turn=turn)))


def test_the_arrows_stand_beside_retry_and_under_a_question_that_was_edited():
    retried, edited = Place(turn=DONE, version=2, versions=3), Place(turn=DONE, versions=2, is_question_kept=False)
    assert {"previous", "next"} < set(names(reply(retried)))
    assert "2 / 3" in reply(retried)
    assert "next" not in names(question_actions(retried))
    assert {"previous", "next"} < set(names(question_actions(edited)))
    assert {"previous", "next"} < set(names(reply(edited)))


def test_every_button_has_a_name_to_be_read_out_and_says_which_turn_it_is_about():
    html = question_actions(Place(turn=DONE)) + reply(Place(turn=DONE, versions=2))
    buttons = re.findall(r"<button .*?</button>", html)
    assert len(buttons) == len(names(html))
    assert all('value="t1"' in button and re.search(r'ds-unseen">\w+', button) for button in buttons)


def test_the_rating_that_was_given_is_seen():
    liked = reply(Place(turn=Turn(question="x", answer="a", state="done", rating="up")))
    assert re.findall(r'is-on" name="(\w+)"', liked) == ["up"]


def test_what_was_cut_off_can_go_on_and_a_thought_can_be_ended():
    assert names(going_on(DONE)) == []
    assert names(going_on(Turn(question="x", answer="a", state="stopped"))) == ["go_on"]
    assert names(going_on(Turn(question="x", answer="a", usage=USAGE, state="done"))) == ["go_on"]
    assert names(going_on(Turn(question="x", reasoning="hm", state="stopped"))) == ["go_on", "answer_now"]
    assert names(answer_now(Turn(question="x"))) == ["answer_now"]


def test_what_the_model_goes_on_without_is_marked_and_can_be_taken_in_again():
    kept = Attachment(name="a.txt", text="", tokens=1)
    gone = replace(kept, name="b<.txt", is_left_out=True)
    html = left_out(replace(DONE, files=(kept, gone)))
    assert "Left out of the context: b&lt;.txt." in html
    assert 'name="take_in_file" value="t1:1"' in html
    assert "documents of this turn alone" in left_out(replace(DONE, files=(kept, gone), is_left_out=True))
    assert "without this turn" in left_out(replace(DONE, files=(gone,), is_left_out=True))
    assert left_out(replace(DONE, files=(kept,))) == ""


def test_a_server_that_cannot_go_on_has_no_button_for_it():
    answer, thought = (
        Turn(question="x", answer="a", state="stopped"),
        Turn(question="x", reasoning="hm", state="stopped"),
    )
    assert names(going_on(answer, can_continue=False)) == []
    assert names(going_on(answer, can_end_thoughts=False)) == ["go_on"]
    assert names(going_on(thought, can_end_thoughts=False)) == []


def test_files_of_an_answer_are_one_click_away_where_there_are_several_and_they_are_not_there_already():
    assert names(open_files(DONE, 2)) == ["answer_open"]
    assert open_files(DONE, 1) == open_files(replace(DONE, settings=ReplySettings(style="files")), 2) == ""
