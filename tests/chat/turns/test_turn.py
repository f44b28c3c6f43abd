import json
from dataclasses import asdict, replace

import pytest

from deepseek_space.chat.turns.turn import ReplySettings, Turn, request_for
from deepseek_space.errors import RequestError
from deepseek_space.events import Answer, Done, Loading, Prefill, Queued, Reasoning, Resorted, Usage
from deepseek_space.text.attachment import Attachment
from deepseek_space.types import Begun, Sampling

USAGE = Usage(
    model="m",
    prompt_tokens=1,
    cached_tokens=0,
    generated_tokens=2,
    time_to_first_token_s=0.1,
    tokens_per_second=9,
    finish_reason="stop",
)
CUT_OFF = Usage(**{**vars(USAGE), "finish_reason": "length"})
SETTINGS = ReplySettings()


def grown(turn, *events, from_s=0.0):
    for second, event in enumerate(events):
        turn = turn.apply(event, from_s + second)
    return turn


def answered(question, answer):
    return Turn(question=question, answer=answer, state="done")


def pairs(*turns):
    return [(message.role, message.content) for message in request_for(turns).messages]


class TestHearing:
    def test_pieces_add_up(self):
        turn = grown(Turn(question="?"), Reasoning(text="hm "), Reasoning(text="m"), Answer(text="a"), Answer(text="b"))
        assert (turn.reasoning, turn.answer, turn.state) == ("hm m", "ab", "open")

    def test_thinking_is_timed_from_the_first_thought_to_the_first_word_of_the_answer(self):
        turn = grown(Turn(question="?"), Prefill(read=1, total=1), Reasoning(text="a"), Reasoning(text="b"))
        assert turn.is_thinking
        turn = turn.apply(Answer(text="x"), 5.0)
        assert (turn.is_thinking, turn.thinking_s) == (False, 4.0)
        assert turn.apply(Answer(text="y"), 9.0).thinking_s == 4.0

    def test_what_was_taken_for_the_answer_can_turn_out_to_be_a_thought_and_the_reverse(self):
        turn = grown(Turn(question="?"), Answer(text="hm"), Resorted(reasoning="hm", thinking_s=3.0), Answer(text="a"))
        assert (turn.reasoning, turn.answer, turn.thinking_s, turn.is_thinking) == ("hm", "a", 3.0, False)
        turn = replace(grown(Turn(question="?"), Reasoning(text="a")), reasoning_tokens=1)
        turn = turn.apply(Resorted(answer="a"), 1.0)
        assert (turn.reasoning, turn.answer, turn.thinking_s, turn.reasoning_tokens) == ("", "a", None, 0)
        assert not turn.is_thinking

    def test_an_empty_piece_changes_nothing(self):
        turn = Turn(question="?")
        assert turn.apply(Answer(text=""), 1.0) is turn
        assert turn.apply(Reasoning(text=""), 1.0) is turn

    @pytest.mark.parametrize("event", [Loading(stage="x"), Queued(position=2), Prefill(read=1, total=3)])
    def test_what_it_waits_for_is_kept_until_the_first_piece(self, event):
        turn = Turn(question="?").apply(event, 0.0)
        assert turn.waiting == event
        assert turn.apply(Answer(text="x"), 1.0).waiting is None

    def test_done_brings_the_figures(self):
        turn = grown(Turn(question="?"), Answer(text="x"), Done(usage=USAGE))
        assert (turn.state, turn.usage) == ("done", USAGE)

    def test_breaking_off_keeps_the_text_and_ends_the_thinking(self):
        turn = grown(Turn(question="?"), Reasoning(text="hm")).end("failed", 3.0, error="Broken.")
        assert (turn.reasoning, turn.state, turn.error, turn.thinking_s) == ("hm", "failed", "Broken.", 3.0)


class TestGoingOn:
    def test_a_thought_that_was_cut_off_goes_on_as_a_thought_and_its_time_with_it(self):
        turn = grown(Turn(question="?"), Reasoning(text="hm "), Done(usage=CUT_OFF), from_s=10.0)
        assert turn.is_cut_off
        again = turn.reopened(100.0, settings=SETTINGS)
        assert again.begun == Begun(reasoning="hm ", is_thinking=True)
        done = grown(again, Reasoning(text="so"), Answer(text="42"), Done(usage=USAGE), from_s=101.0)
        assert (done.reasoning, done.answer, done.thinking_s) == ("hm so", "42", 3.0)

    def test_closing_the_thought_asks_for_the_answer(self):
        thinking = grown(Turn(question="?"), Reasoning(text="hm"))
        assert thinking.reopened(2.0, settings=SETTINGS, close_thought=True).begun == Begun(reasoning="hm")
        stopped = thinking.end("stopped", 2.0)
        assert stopped.stopped_thinking
        assert stopped.reopened(9.0, settings=SETTINGS, close_thought=True).begun == Begun(reasoning="hm")

    def test_a_thought_that_the_model_ended_without_an_answer_is_closed(self):
        turn = grown(Turn(question="?"), Reasoning(text="hm"), Done(usage=USAGE))
        assert not turn.stopped_thinking
        assert turn.reopened(9.0, settings=SETTINGS).begun == Begun(reasoning="hm")

    def test_an_answer_goes_on_after_its_last_character(self):
        turn = grown(Turn(question="?"), Reasoning(text="hm"), Answer(text="```\n  x")).end("stopped", 3.0)
        assert turn.reopened(9.0, settings=SETTINGS).begun == Begun(reasoning="hm", answer="```\n  x")

    def test_the_figures_count_the_tokens_of_both_parts(self):
        turn = grown(Turn(question="?"), Answer(text="a"), Done(usage=CUT_OFF)).reopened(1.0, settings=SETTINGS)
        assert turn.usage is None
        done = grown(replace(turn, begun_tokens=2), Answer(text="b"), Done(usage=USAGE))
        assert (done.usage.generated_tokens, done.usage.finish_reason) == (4, "stop")

    def test_a_whole_answer_is_not_cut_off_and_one_without_a_word_has_nothing_to_go_on_from(self):
        assert not grown(Turn(question="?"), Answer(text="a"), Done(usage=USAGE)).is_cut_off
        blank = Turn(question="?").end("stopped", 0.0)
        assert not blank.is_cut_off
        assert blank.begun is None


class TestRequest:
    def test_the_system_prompt_comes_first_and_a_blank_one_not_at_all(self):
        brief = Turn(question="hi", settings=ReplySettings(system_prompt="Be brief."))
        assert pairs(brief) == [("system", "Be brief."), ("user", "hi")]
        assert pairs(Turn(question="hi", settings=ReplySettings(system_prompt=" \n"))) == [("user", "hi")]

    def test_the_settings_of_the_last_turn_count(self):
        settings = ReplySettings(sampling=Sampling(top_k=7), thinking=True, thinking_budget=50)
        request = request_for([answered("a", "b"), Turn(question="c", settings=settings)])
        assert (request.sampling.top_k, request.thinking, request.thinking_budget) == (7, True, 50)

    def test_files_stand_before_their_question(self):
        file = Attachment(name="a.txt", text="one two", tokens=2)
        (message,) = request_for([Turn(question="Sum up.", files=(file,))]).messages
        assert message.content.index("a.txt") < message.content.index("one two") < message.content.index("Sum up.")

    def test_thoughts_never_go_back(self):
        past = Turn(question="a", reasoning="secret", answer="b", state="done")
        assert "secret" not in str(request_for([past, Turn(question="c")]))

    def test_a_partial_answer_goes_back_so_that_the_chat_can_go_on(self):
        half = Turn(question="a", answer="half", state="stopped")
        assert pairs(half, Turn(question="go on")) == [("user", "a"), ("assistant", "half"), ("user", "go on")]

    def test_roles_alternate_when_a_reply_was_stopped_before_its_answer(self):
        stopped = Turn(question="write a poem", reasoning="hm", state="stopped")
        assert pairs(answered("a", "b"), stopped, Turn(question="a short one")) == [
            ("user", "a"),
            ("assistant", "b"),
            ("user", "write a poem\n\na short one"),
        ]

    def test_a_message_that_was_refused_does_not_spoil_the_next(self):
        refused = Turn(question="x" * 9, error="Too long.", state="failed")
        assert pairs(answered("a", "b"), refused, Turn(question="short")) == [
            ("user", "a"),
            ("assistant", "b"),
            ("user", "short"),
        ]

    def test_a_blank_question_is_refused(self):
        with pytest.raises(RequestError):
            request_for([Turn(question=" ")])


def test_each_turn_has_an_id_of_its_own():
    assert Turn(question="a").id != Turn(question="a").id


def test_a_settled_turn_is_plain_json():
    turn = grown(Turn(question="?"), Reasoning(text="hm"), Answer(text="a"), Done(usage=USAGE))
    written = json.loads(json.dumps(asdict(turn)))
    assert (written["answer"], written["thinking_since_s"], written["settings"]["thinking"]) == ("a", None, None)
