import threading
from copy import deepcopy

import pytest

from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.errors import RequestError

OTHER = ReplySettings(system_prompt="Be brief.")


def say(conversation, question, answer):
    """Ask and write the whole reply; returns the id of the turn."""
    return write(conversation, conversation.ask(question), answer)


def write(conversation, lease, answer):
    turn = lease.turn
    assert conversation.write(lease, Turn(**{**vars(turn), "answer": answer, "state": "done"}))
    return turn.id


def shown(conversation):
    return [(turn.question, turn.answer) for turn in conversation.turns]


def versions(conversation):
    return [(place.version, place.versions) for place in conversation.places()]


@pytest.fixture
def chat():
    conversation = Conversation()
    say(conversation, "a", "A")
    say(conversation, "b", "B")
    say(conversation, "c", "C")
    return conversation


class TestBranches:
    def test_turns_follow_each_other(self, chat):
        assert shown(chat) == [("a", "A"), ("b", "B"), ("c", "C")]
        assert versions(chat) == [(1, 1)] * 3

    def test_retry_of_an_older_turn_makes_a_branch_there_and_keeps_the_old_one(self, chat):
        second = chat.turns[1].id
        lease = chat.retry(second)
        assert [turn.question for turn in lease.turns] == ["a", "b"]
        again = write(chat, lease, "B2")
        assert shown(chat) == [("a", "A"), ("b", "B2")]
        assert versions(chat) == [(1, 1), (2, 2)]
        chat.choose(again, -1)
        assert shown(chat) == [("a", "A"), ("b", "B"), ("c", "C")]
        assert versions(chat) == [(1, 1), (1, 2), (1, 1)]

    def test_edit_asks_another_question_in_a_branch(self, chat):
        first = chat.turns[0].id
        write(chat, chat.edit(first, "a, but shorter"), "A2")
        assert shown(chat) == [("a, but shorter", "A2")]
        say(chat, "d", "D")
        chat.choose(chat.turns[0].id, -1)
        assert [question for question, _ in shown(chat)] == ["a", "b", "c"]
        chat.choose(first, 1)
        assert [question for question, _ in shown(chat)] == ["a, but shorter", "d"]

    def test_choosing_stops_at_the_first_and_the_last_version(self, chat):
        last = chat.turns[2].id
        write(chat, chat.retry(last), "C2")
        chat.choose(last, -5)
        assert shown(chat)[-1] == ("c", "C")
        chat.choose(last, 9)
        assert shown(chat)[-1] == ("c", "C2")

    def test_each_version_keeps_what_was_chosen_beneath_it(self, chat):
        last = chat.turns[2].id
        write(chat, chat.retry(last), "C2")
        chat.choose(last, 0)
        first = chat.turns[0].id
        write(chat, chat.edit(first, "z"), "Z")
        chat.choose(first, 0)
        assert shown(chat)[-1] == ("c", "C")

    def test_the_last_turn_is_retried_unless_another_is_named_with_its_settings_unless_others_are_given(self, chat):
        assert chat.retry().turn.question == "c"
        assert chat.retry(settings=OTHER).turn.settings == OTHER
        assert chat.retry().turn.settings == OTHER

    def test_a_version_of_which_nothing_came_gives_way_to_the_next(self):
        chat = Conversation()
        lease = chat.ask("a")
        chat.write(lease, lease.turn.end("failed", 0.0, error="Refused."))
        write(chat, chat.retry(), "A")
        assert (shown(chat), versions(chat)) == ([("a", "A")], [(1, 1)])

    def test_what_is_not_there_cannot_be_opened(self, chat):
        for opening in (chat.retry, chat.go_on, chat.answer_now):
            assert opening("no such turn") is None
            assert getattr(Conversation(), opening.__name__)() is None
        assert chat.edit("no such turn", "x") is None

    def test_a_blank_question_is_refused_and_changes_nothing(self, chat):
        for asking in (lambda: chat.ask(" "), lambda: chat.edit(chat.turns[0].id, "\n")):
            with pytest.raises(RequestError):
                asking()
        assert len(chat.tree) == 3


class TestDeleting:
    def test_it_takes_all_that_followed(self, chat):
        chat.delete(chat.turns[1].id)
        assert shown(chat) == [("a", "A")]
        assert len(chat.tree) == 1

    def test_the_version_before_is_shown_then(self, chat):
        last = chat.turns[2].id
        write(chat, chat.retry(last), "C2")
        third = write(chat, chat.retry(last), "C3")
        chat.delete(third)
        assert shown(chat)[-1] == ("c", "C2")

    def test_or_the_next_if_there_is_none_before(self, chat):
        last = chat.turns[2].id
        write(chat, chat.retry(last), "C2")
        write(chat, chat.retry(last), "C3")
        chat.choose(last, 0)
        chat.delete(last)
        assert (shown(chat)[-1], versions(chat)[-1]) == (("c", "C2"), (1, 2))

    def test_a_version_that_is_not_shown_can_go_without_notice(self, chat):
        last = chat.turns[2].id
        write(chat, chat.retry(last), "C2")
        chat.delete(last)
        assert (shown(chat)[-1], versions(chat)[-1]) == (("c", "C2"), (1, 1))

    def test_the_writer_of_what_is_deleted_must_end(self, chat):
        lease = chat.retry()
        chat.delete(chat.turns[1].id)
        assert chat.must_end(lease)
        assert not chat.write(lease, lease.turn)
        assert shown(chat) == [("a", "A")]


class TestRating:
    def test_a_reply_is_rated_and_unrated(self, chat):
        turn_id = chat.turns[0].id
        chat.rate(turn_id, "up")
        assert chat.turns[0].rating == "up"
        chat.rate(turn_id, None)
        assert chat.turns[0].rating is None

    def test_one_that_is_being_written_is_not(self, chat):
        lease = chat.ask("d")
        chat.rate(lease.turn.id, "down")
        assert chat.turns[-1].rating is None


class TestGoingOn:
    def test_the_same_turn_goes_on_from_what_there_is(self, chat):
        lease = chat.ask("d")
        chat.write(lease, Turn(**{**vars(lease.turn), "answer": "half"}).end("stopped", 0.0))
        lease = chat.go_on()
        assert lease.request().begun.answer == "half"
        write(chat, lease, "half and half")
        assert (shown(chat)[-1], versions(chat)[-1]) == (("d", "half and half"), (1, 1))

    def test_answering_now_overtakes_the_writer_of_the_thoughts(self, chat):
        lease = chat.ask("d")
        chat.write(lease, Turn(**{**vars(lease.turn), "reasoning": "hm", "thinking_since_s": 0.0}))
        answering = chat.answer_now()
        assert chat.must_end(lease)
        begun = answering.request().begun
        assert (begun.reasoning, begun.is_thinking) == ("hm", False)
        assert answering.turn.id == lease.turn.id

    def test_there_is_nothing_to_answer_now_outside_of_a_thought(self, chat):
        assert chat.answer_now() is None
        assert chat.answer_now(chat.ask("d").turn.id) is None


class TestWriting:
    def test_stop_is_seen_by_the_writer_and_over_with_the_next_question(self):
        conversation = Conversation()
        lease = conversation.ask("a")
        assert not conversation.must_end(lease)
        conversation.stop()
        assert conversation.must_end(lease)
        assert conversation.write(lease, lease.turn.end("stopped", 0.0))
        assert not conversation.must_end(conversation.ask("b"))

    @pytest.mark.parametrize("overtake", [lambda c: c.ask("b"), lambda c: c.retry(), lambda c: c.clear()])
    def test_an_overtaken_writer_must_end_and_writes_nothing(self, overtake):
        conversation = Conversation()
        lease = conversation.ask("a")
        overtake(conversation)
        before = dict(conversation.tree)
        assert conversation.must_end(lease)
        assert not conversation.write(lease, lease.turn.end("stopped", 0.0))
        conversation.close_turn(lease)
        assert conversation.tree == before

    def test_many_threads_leave_one_writer(self):
        conversation = Conversation()
        leases, gate = [], threading.Barrier(8)

        def ask(number):
            gate.wait()
            leases.append(conversation.ask(str(number)))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(conversation.write(lease, lease.turn) for lease in leases) == 1
        assert [turn.state for turn in conversation.turns] == ["stopped"] * 7 + ["open"]

    def test_what_is_written_out_of_sight_is_there_when_it_is_chosen(self, chat):
        last = chat.turns[2].id
        lease = chat.retry(last)
        chat.choose(last, 0)
        write(chat, lease, "C2")
        assert shown(chat)[-1] == ("c", "C")
        chat.choose(last, 1)
        assert shown(chat)[-1] == ("c", "C2")

    def test_a_ticket_keeps_its_turns_when_the_conversation_is_cleared(self, chat):
        lease = chat.ask("d")
        chat.clear()
        assert [turn.question for turn in lease.turns] == ["a", "b", "c", "d"]

    def test_a_turn_left_open_is_settled_as_stopped(self):
        conversation = Conversation()
        lease = conversation.ask("a")
        conversation.write(lease, Turn(**{**vars(lease.turn), "answer": "half"}))
        assert conversation.open_turn.answer == "half"
        conversation.close_turn(lease)
        assert (conversation.turns[-1].state, conversation.turns[-1].answer) == ("stopped", "half")
        assert conversation.open_turn is None

    def test_asking_again_settles_the_turn_before(self):
        conversation = Conversation()
        conversation.ask("a")
        conversation.ask("b")
        assert [turn.state for turn in conversation.turns] == ["stopped", "open"]

    def test_clear_forgets_everything(self, chat):
        chat.clear()
        assert (chat.turns, chat.tree, chat.chosen) == ([], {}, {})


class TestKeeping:
    def test_a_copy_is_another_conversation_with_the_same_turns(self, chat):
        lease = chat.ask("d")
        copied = deepcopy(chat)
        assert copied.turns == chat.turns
        assert copied.id != chat.id
        assert not copied.write(lease, lease.turn)
        copied.clear()
        assert len(chat.turns) == 4

    def test_what_is_kept_brings_it_back_with_its_branches(self, chat):
        write(chat, chat.retry(chat.turns[1].id), "B2")
        chat.choose(chat.turns[1].id, -1)
        kept = {"id": chat.id, "tree": dict(chat.tree), "chosen": dict(chat.chosen)}
        again = Conversation(**kept)
        assert (again.id, shown(again), versions(again)) == (chat.id, shown(chat), versions(chat))

    def test_ids_cannot_be_guessed(self):
        first, second = Conversation().id, Conversation().id
        assert first != second
        assert len(first) >= 22
