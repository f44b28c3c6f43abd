import pytest

from deepseek_space.types import Answer, Done, Loading, Prefill, Queued, Reasoning, Usage
from deepseek_space.ui.conversation import Conversation, Turn

USAGE = Usage(
    model="m",
    prompt_tokens=1,
    cached_tokens=0,
    generated_tokens=2,
    time_to_first_token_s=0.1,
    tokens_per_second=9,
    finish_reason="stop",
)


def hear(turn, *events):
    for second, event in enumerate(events):
        turn = turn.hear(event, float(second))
    return turn


def answered(question, answer):
    return Turn(question=question, answer=answer, state="done")


def pairs(conversation, system_prompt=""):
    return [(message.role, message.content) for message in conversation.messages(system_prompt)]


class TestTurn:
    def test_pieces_add_up(self):
        turn = hear(Turn(question="?"), Reasoning(text="hm "), Reasoning(text="m"), Answer(text="a"), Answer(text="b"))
        assert (turn.reasoning, turn.answer, turn.state) == ("hm m", "ab", "open")

    def test_thinking_is_timed_from_the_first_thought_to_the_first_word_of_the_answer(self):
        turn = hear(Turn(question="?"), Prefill(read=1, total=1), Reasoning(text="a"), Reasoning(text="b"))
        assert turn.is_thinking
        turn = turn.hear(Answer(text="x"), 5.0)
        assert (turn.is_thinking, turn.thinking_s) == (False, 4.0)
        assert turn.hear(Answer(text="y"), 9.0).thinking_s == 4.0

    def test_an_empty_piece_changes_nothing(self):
        turn = Turn(question="?")
        assert turn.hear(Answer(text=""), 1.0) is turn
        assert turn.hear(Reasoning(text=""), 1.0) is turn

    @pytest.mark.parametrize("event", [Loading(stage="x"), Queued(position=2), Prefill(read=1, total=3)])
    def test_what_it_waits_for_is_kept_until_the_first_piece(self, event):
        turn = Turn(question="?").hear(event, 0.0)
        assert turn.waiting == event
        assert turn.hear(Answer(text="x"), 1.0).waiting is None

    def test_done_brings_the_figures(self):
        turn = hear(Turn(question="?"), Answer(text="x"), Done(usage=USAGE))
        assert (turn.state, turn.usage) == ("done", USAGE)

    def test_breaking_off_keeps_the_text_and_ends_the_thinking(self):
        turn = hear(Turn(question="?"), Reasoning(text="hm")).end("failed", 3.0, error="Broken.")
        assert (turn.reasoning, turn.state, turn.error, turn.thinking_s) == ("hm", "failed", "Broken.", 3.0)


class TestConversation:
    def test_the_system_prompt_comes_first_and_a_blank_one_not_at_all(self):
        conversation = Conversation()
        conversation.ask("hi")
        assert pairs(conversation, "Be brief.") == [("system", "Be brief."), ("user", "hi")]
        assert pairs(conversation, " \n") == [("user", "hi")]

    def test_thoughts_never_go_back(self):
        conversation = Conversation(turns=[Turn(question="a", reasoning="secret", answer="b", state="done")])
        conversation.ask("c")
        assert "secret" not in str(conversation.messages(""))

    def test_a_partial_answer_goes_back_so_that_the_chat_can_go_on(self):
        conversation = Conversation(turns=[Turn(question="a", answer="half", state="stopped")])
        conversation.ask("go on")
        assert pairs(conversation) == [("user", "a"), ("assistant", "half"), ("user", "go on")]

    def test_roles_alternate_when_a_reply_was_stopped_before_its_answer(self):
        stopped = Turn(question="write a poem", reasoning="hm", state="stopped")
        conversation = Conversation(turns=[answered("a", "b"), stopped])
        conversation.ask("a short one")
        assert pairs(conversation) == [("user", "a"), ("assistant", "b"), ("user", "write a poem\n\na short one")]

    def test_a_message_that_was_refused_does_not_spoil_the_next(self):
        conversation = Conversation(
            turns=[answered("a", "b"), Turn(question="x" * 9, error="Too long.", state="failed")]
        )
        conversation.ask("short")
        assert pairs(conversation) == [("user", "a"), ("assistant", "b"), ("user", "short")]

    def test_retry_forgets_the_last_reply_alone(self):
        conversation = Conversation(turns=[answered("a", "b"), answered("c", "d")])
        conversation.retry()
        assert pairs(conversation) == [("user", "a"), ("assistant", "b"), ("user", "c")]
        assert conversation.turns[-1] == Turn(question="c")

    def test_stop_is_seen_by_the_writer_and_over_with_the_next_question(self):
        conversation = Conversation()
        ticket = conversation.ask("a")
        assert not conversation.must_end(ticket)
        conversation.stop()
        assert conversation.must_end(ticket)
        assert conversation.write(ticket, conversation.turns[-1].end("stopped", 0.0))
        assert not conversation.must_end(conversation.ask("b"))

    @pytest.mark.parametrize("overtake", [lambda c: c.ask("b"), lambda c: c.retry(), lambda c: c.clear()])
    def test_an_overtaken_writer_must_end_and_writes_nothing(self, overtake):
        conversation = Conversation()
        ticket = conversation.ask("a")
        overtake(conversation)
        before = list(conversation.turns)
        assert conversation.must_end(ticket)
        assert not conversation.write(ticket, answered("a", "late"))
        conversation.settle(ticket)
        assert conversation.turns == before

    def test_a_turn_left_open_is_settled_as_stopped(self):
        conversation = Conversation()
        ticket = conversation.ask("a")
        conversation.write(ticket, Turn(question="a", answer="half"))
        conversation.settle(ticket)
        assert (conversation.turns[-1].state, conversation.turns[-1].answer) == ("stopped", "half")

    def test_asking_again_settles_the_turn_before(self):
        conversation = Conversation()
        conversation.ask("a")
        conversation.ask("b")
        assert [turn.state for turn in conversation.turns] == ["stopped", "open"]

    def test_clear_forgets_everything(self):
        conversation = Conversation(turns=[answered("a", "b")])
        conversation.clear()
        assert conversation.turns == []
