import threading
from copy import deepcopy

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


def pairs(ticket, system_prompt=""):
    return [(message.role, message.content) for message in ticket.messages(system_prompt)]


class Watched(Conversation):
    """Tells when ``turns`` is read or set, for another thread to do something at that very moment."""

    on_get = on_set = staticmethod(lambda: None)

    def __getattribute__(self, name):
        if name == "turns":
            super().__getattribute__("on_get")()
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "turns":
            self.on_set()


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
        ticket = conversation.ask("hi")
        assert pairs(ticket, "Be brief.") == [("system", "Be brief."), ("user", "hi")]
        assert pairs(ticket, " \n") == [("user", "hi")]

    def test_thoughts_never_go_back(self):
        conversation = Conversation(turns=[Turn(question="a", reasoning="secret", answer="b", state="done")])
        assert "secret" not in str(conversation.ask("c").messages(""))

    def test_a_partial_answer_goes_back_so_that_the_chat_can_go_on(self):
        conversation = Conversation(turns=[Turn(question="a", answer="half", state="stopped")])
        ticket = conversation.ask("go on")
        assert pairs(ticket) == [("user", "a"), ("assistant", "half"), ("user", "go on")]

    def test_roles_alternate_when_a_reply_was_stopped_before_its_answer(self):
        stopped = Turn(question="write a poem", reasoning="hm", state="stopped")
        conversation = Conversation(turns=[answered("a", "b"), stopped])
        ticket = conversation.ask("a short one")
        assert pairs(ticket) == [("user", "a"), ("assistant", "b"), ("user", "write a poem\n\na short one")]

    def test_a_message_that_was_refused_does_not_spoil_the_next(self):
        conversation = Conversation(
            turns=[answered("a", "b"), Turn(question="x" * 9, error="Too long.", state="failed")]
        )
        ticket = conversation.ask("short")
        assert pairs(ticket) == [("user", "a"), ("assistant", "b"), ("user", "short")]

    def test_retry_forgets_the_last_reply_alone(self):
        conversation = Conversation(turns=[answered("a", "b"), answered("c", "d")])
        ticket = conversation.retry()
        assert pairs(ticket) == [("user", "a"), ("assistant", "b"), ("user", "c")]
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

    @pytest.mark.parametrize("overtake", [lambda c: c.ask("b"), lambda c: c.retry(), lambda c: c.clear()])
    def test_a_ticket_is_old_before_new_turns_are_there(self, overtake):
        conversation = Watched()
        ticket = conversation.ask("a")
        written = []
        conversation.on_set = lambda: written.append(conversation.write(ticket, answered("a", "late")))
        overtake(conversation)
        assert written == [False]
        assert "late" not in [turn.answer for turn in conversation.turns]

    @pytest.mark.parametrize("overtake", [lambda c: c.ask("b"), lambda c: c.retry(), lambda c: c.clear()])
    def test_nothing_comes_between_a_writer_s_check_and_its_writing(self, overtake):
        conversation = Watched()
        ticket = conversation.ask("a")
        other = threading.Thread(target=overtake, args=(conversation,))
        waited = []

        def meanwhile():
            conversation.on_get = lambda: None
            other.start()
            other.join(timeout=0.05)
            waited.append(other.is_alive())

        conversation.on_get = meanwhile
        assert conversation.write(ticket, answered("a", "in time"))
        other.join()
        assert waited == [True]
        assert not conversation.write(ticket, answered("a", "late"))

    def test_a_ticket_keeps_its_turns_when_the_conversation_is_cleared(self):
        conversation = Conversation(turns=[answered("a", "b")])
        ticket = conversation.ask("c")
        conversation.clear()
        assert ticket.turn == Turn(question="c")
        assert pairs(ticket) == [("user", "a"), ("assistant", "b"), ("user", "c")]

    def test_there_is_nothing_to_retry_in_an_empty_conversation(self):
        assert Conversation().retry() is None

    def test_a_copy_shares_neither_turns_nor_lock(self):
        original = Conversation(turns=[answered("a", "b")])
        ticket = original.ask("c")
        copied = deepcopy(original)
        assert copied.turns == original.turns
        assert not copied.write(ticket, answered("c", "d"))
        copied.clear()
        assert [turn.question for turn in original.turns] == ["a", "c"]
        assert copied._lock is not original._lock

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
