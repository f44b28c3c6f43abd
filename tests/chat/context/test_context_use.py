"""The figures of the meter are those of what the model will read."""

import pytest

from deepseek_space.chat.context import context_use
from deepseek_space.chat.context.context_use import TOKENS_PER_MESSAGE, Draft, TokenCounts, use_of
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.status import Status
from deepseek_space.text.attachment import Attachment, file_block


def words(text):
    return len(text.split())


def file(name, num_words):
    return Attachment(name=name, text=" ".join(["w"] * num_words), tokens=num_words)


def turn(answer="two words", **values):
    return Turn(**{"question": "three words here", "answer": answer, "state": "done", **values})


def test_each_part_is_counted_with_what_a_template_writes_around_it():
    draft = Draft(
        turns=[turn(files=(file("old.txt", 50),))],
        question="one two",
        files=[file("new.txt", 100)],
        system_prompt="be brief",
        max_new_tokens=40,
        context_tokens=1000,
    )
    use = use_of(draft, words)
    assert use.system == 2 + TOKENS_PER_MESSAGE
    assert use.history == 3 + 2 + 2 * TOKENS_PER_MESSAGE
    assert use.documents == words(file_block(draft.files[0])) + words(file_block(file("old.txt", 50)))
    assert use.question == 2 + TOKENS_PER_MESSAGE
    assert use.room == 40
    assert use.prompt_tokens == use.system + use.history + use.documents + use.question
    assert use.tokens_over == 0


@pytest.mark.parametrize(
    ("turn", "is_counted"),
    [
        (turn(), True),
        (turn(answer="", state="stopped"), True),
        (turn(answer="", state="failed"), False),
        (turn(is_left_out=True), False),
        (turn(answer="", reasoning="only thoughts", state="done"), False),
    ],
    ids=["answered", "stopped", "failed", "left out", "no answer"],
)
def test_turns_that_the_model_does_not_read_take_nothing(turn, is_counted):
    assert bool(use_of(Draft(turns=[turn], context_tokens=100), words).history) is is_counted


def test_the_files_of_a_turn_that_is_left_out_are_read_on():
    left_out = turn(files=(file("a.txt", 50),), is_left_out=True)
    use = use_of(Draft(turns=[left_out], context_tokens=100), words)
    assert use.history == 0
    assert use.documents >= 50


def test_a_model_that_may_write_long_takes_a_quarter_of_the_context_at_most():
    assert use_of(Draft(max_new_tokens=32_768, context_tokens=8192), words).room == 2048


def test_what_is_too_much_counts_the_room_for_the_answer():
    use = use_of(Draft(question="w " * 792, max_new_tokens=250, context_tokens=1000), words)
    assert (use.prompt_tokens, use.tokens_left, use.tokens_over) == (800, 200, 50)


def test_a_context_that_is_not_known_is_never_too_small():
    assert use_of(Draft(question="w " * 10_000, max_new_tokens=10), words).tokens_over == 0


class Counting:
    def __init__(self):
        self.counted = []

    def count_tokens(self, text):
        self.counted.append(text)
        return len(text)


@pytest.fixture
def backend():
    return Counting()


READY = Status(state="ready", model="one")


def test_a_text_is_counted_once(backend):
    counts = TokenCounts(backend)
    assert [counts.by(READY)("word"), counts.by(READY)("word"), counts.by(READY)("")] == [4, 4, 0]
    assert backend.counted == ["word"]


def test_another_model_counts_anew_and_so_does_one_that_has_only_now_arrived(backend):
    counts = TokenCounts(backend)
    for status in (Status(state="loading", model="one"), READY, Status(state="ready", model="two")):
        assert counts.by(status)("word") == 4
    assert backend.counted == ["word"] * 3


def test_what_is_remembered_is_bounded(backend, monkeypatch):
    monkeypatch.setattr(context_use, "MAX_KNOWN", 2)
    count = TokenCounts(backend).by(READY)
    for text in ("a", "b", "c", "a", "a"):
        count(text)
    assert backend.counted == ["a", "b", "c", "a"]


def test_no_text_is_too_odd_to_be_counted(backend):
    assert TokenCounts(backend).by(READY)("\ud800") == 1
