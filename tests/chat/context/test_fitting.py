"""Whatever is chosen, the message fits then, and what the choice said of itself is true."""

from dataclasses import replace

import pytest

from deepseek_space.chat.context.context_use import Draft, use_of
from deepseek_space.chat.context.fitting import apply_way, ways_to_fit
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.text.attachment import Attachment

CONTEXT = 1000


def words(text):
    return len(text.split())


def file(name, num_words):
    return Attachment(name=name, text="\n".join(f"w{number}" for number in range(num_words)), tokens=num_words)


def conversation(*turns):
    """A chat with answered turns of (words of question and answer together, files)."""
    chat = Conversation()
    for num_words, files in turns:
        lease = chat.ask("w " * (num_words // 2), ReplySettings(), tuple(files))
        chat.write(lease, replace(lease.turn, answer="w " * (num_words - num_words // 2), state="done"))
    return chat


def draft_of(chat, *, question=10, files=(), max_new_tokens=100):
    return Draft(
        turns=chat.turns,
        question="w " * question,
        files=files,
        max_new_tokens=max_new_tokens,
        context_tokens=CONTEXT,
    )


def after(way, chat, draft):
    """Return the use of the context once a way was taken."""
    files = apply_way(way, chat, draft.files, words)
    room = draft.max_new_tokens if way.room is None else way.room
    return use_of(replace(draft, turns=chat.turns, files=files, max_new_tokens=room), words)


CASES = {
    "many turns": (conversation(*[(150, [])] * 7), {}),
    "a large file": (conversation(), {"files": [file("a.txt", 2000)]}),
    "a large and a small file": (conversation(), {"files": [file("a.txt", 900), file("b.txt", 100)]}),
    "turns and a file": (conversation((200, []), (200, [])), {"files": [file("a.txt", 600)]}),
    "a file of an earlier turn": (conversation((50, [file("old.txt", 700)]), (200, [])), {}),
    "too much of everything": (conversation((700, [file("a.txt", 800)])), {"files": [file("b.txt", 800)]}),
    "a little too much": (conversation((800, [])), {"question": 100}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_way_that_is_offered_makes_it_fit(name):
    chat, values = CASES[name]
    draft = draft_of(chat, **values)
    assert use_of(draft, words).tokens_over > 0
    ways = ways_to_fit(draft, words)
    assert ways
    assert len({way.key for way in ways}) == len(ways)
    for way in ways:
        use = after(way, chat.__deepcopy__({}), draft)
        assert use.tokens_over == 0, way.key
        assert way.frees > 0


def test_a_document_of_the_message_can_be_left_out_where_that_is_enough():
    draft = draft_of(conversation(), files=[file("a.txt", 900), file("b.txt", 100)])
    ways = {way.without.file.name: way for way in ways_to_fit(draft, words) if way.without}
    assert list(ways) == ["a.txt"]
    assert [kept.name for kept in apply_way(ways["a.txt"], conversation(), draft.files, words)] == ["b.txt"]


def test_a_document_of_an_earlier_turn_can_be_left_out_by_itself_and_taken_in_again():
    chat = conversation((50, [file("small.txt", 20), file("old.txt", 700)]), (200, []))
    draft = draft_of(chat)
    (way,) = [way for way in ways_to_fit(draft, words) if way.without]
    assert (way.without.file.name, way.without.turn_id) == ("old.txt", chat.turns[0].id)
    use = after(way, chat, draft)
    assert (use.tokens_over, use.history) == (0, use_of(draft, words).history)
    assert "old.txt" not in chat.turns[0].prompt
    assert "small.txt" in chat.turns[0].prompt
    more = [way.without.file.name for way in ways_to_fit(draft_of(chat, question=600), words) if way.without]
    assert more == ["small.txt"]
    chat.take_in_file(chat.turns[0].id, 1)
    assert use_of(draft_of(chat), words) == use_of(draft, words)


def test_no_more_turns_are_left_out_than_must_be_and_the_oldest_first():
    chat = conversation(*[(150, [])] * 7)
    way = ways_to_fit(draft_of(chat), words)[0]
    assert (way.key, way.leave_out) == ("leave-out", tuple(turn.id for turn in chat.turns[:2]))
    use = after(way, chat, draft_of(chat))
    assert way.frees == 2 * (150 + 16)
    assert use.history == 5 * (150 + 16)
    assert [turn.is_left_out for turn in chat.turns] == [True] * 2 + [False] * 5


def test_what_was_left_out_before_is_not_offered_again():
    chat = conversation(*[(150, [])] * 7)
    draft = draft_of(chat)
    apply_way(ways_to_fit(draft, words)[0], chat, (), words)
    more = draft_of(chat, question=300)
    assert ways_to_fit(more, words)[0].leave_out == tuple(turn.id for turn in chat.turns[2:4])


def test_each_large_file_may_be_the_one_that_is_shortened():
    draft = draft_of(conversation(), files=[file("a.txt", 500), file("b.txt", 600)])
    ways = [way for way in ways_to_fit(draft, words) if way.cuts]
    assert [way.cuts[0].file.name for way in ways] == ["b.txt", "a.txt"]
    files = apply_way(ways[0], Conversation(), draft.files, words)
    assert files[0] == draft.files[0]
    assert files[1].text.startswith("w0\n")
    assert files[1].text.endswith("\nw599")
    assert files[1].tokens == ways[0].cuts[0].tokens or files[1].tokens < ways[0].cuts[0].tokens


def test_a_file_of_an_earlier_turn_is_shortened_in_its_place():
    chat = conversation((50, [file("old.txt", 700)]), (200, []))
    draft = draft_of(chat)
    way = next(way for way in ways_to_fit(draft, words) if way.cuts)
    assert apply_way(way, chat, (), words) == ()
    assert chat.turns[0].files[0].tokens < 700


def test_a_shorter_answer_is_offered_only_if_it_is_one():
    offered = {
        question: [way.room for way in ways_to_fit(draft_of(conversation(), question=question), words) if way.room]
        for question in (900, 980)
    }
    assert offered == {900: [92], 980: []}


def test_a_question_that_is_too_long_by_itself_has_no_way():
    assert ways_to_fit(draft_of(conversation((100, [])), question=1200), words) == []


def test_what_a_long_question_leaves_no_room_for_can_only_be_left_out():
    draft = draft_of(conversation(), question=880, files=[file("a.txt", 500)])
    assert [way.key for way in ways_to_fit(draft, words)] == ["without--0"]
