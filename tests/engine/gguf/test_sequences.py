"""A prompt begins from what was read before, of its own scope alone."""

import numpy as np
import pytest

from deepseek_space.engine.gguf.sequences import Sequences, common_length


class Cache:
    """Keeps ids as llama.cpp's cache would."""

    def __init__(self, *, can_shorten=True):
        self.held = {}
        self.can_shorten = can_shorten

    def forget(self, sequence, *, start=0):
        if start and not self.can_shorten:
            return False
        self.held[sequence] = self.held.get(sequence, [])[:start]
        return True

    def copy(self, source, target, *, end):
        self.held[target] = self.held[source][:end]


class Reader:
    def __init__(self, **cache):
        self.cache = Cache(**cache)
        self.sequences = Sequences(self.cache, num_sequences=3, cells=100)

    def begin(self, ids, scope="ann", *, is_fresh=False):
        """Take a sequence for ``ids`` and read the rest of them; return it and how many were known."""
        held = self.sequences.take(ids, scope, is_fresh=is_fresh)
        known = len(held.ids)
        assert self.cache.held.get(held.number, []) == held.ids == list(ids[:known])
        held.ids = list(ids)
        self.cache.held[held.number] = list(ids)
        return held, known

    def read(self, ids, scope="ann", **options):
        held, known = self.begin(ids, scope, **options)
        self.sequences.leave(held)
        return known


CHAT = list(range(20))


def test_an_earlier_chat_is_gone_on_with():
    reader = Reader()
    assert reader.read(CHAT) == 0
    assert reader.read([*CHAT, 91, 92]) == 20
    assert reader.read([*CHAT, 91, 92]) == 21  # the last is read again: its logits are needed
    assert reader.read([*CHAT, 93]) == 20


def test_a_prompt_is_known_whole_where_what_came_after_it_is_kept():
    reader = Reader()
    held, _ = reader.begin(CHAT)
    held.after, held.num_read = np.arange(3.0), len(CHAT)
    held.ids.extend([91, 92])  # its reply
    reader.cache.held[held.number] = [*held.ids]
    reader.sequences.leave(held)
    again, known = reader.begin(CHAT)
    assert known == len(CHAT)
    assert np.array_equal(again.after, np.arange(3.0))
    reader.sequences.leave(again)
    longer, known = reader.begin([*CHAT, 93])
    assert (known, longer.after) == (len(CHAT), None)


def test_nothing_is_shared_between_scopes():
    reader = Reader()
    reader.read(CHAT, "ann")
    assert reader.read([*CHAT, 91], "bob") == 0
    assert reader.read([*CHAT, 92], "ann") == 20
    held, _ = reader.begin([*CHAT, 93], "ann")
    assert reader.read([*CHAT, 93, 94], "eve") == 0
    assert held.is_taken


def test_what_only_begins_alike_leaves_the_other_as_it_is():
    reader = Reader()
    reader.read(CHAT)
    assert reader.read([0, 1, 2, 77, 78]) == 3
    assert reader.read([*CHAT, 91]) == 20


def test_a_prompt_begins_from_one_that_is_being_answered():
    reader = Reader()
    held, _ = reader.begin(CHAT)
    _, known = reader.begin([*CHAT, 91])
    assert known == 20
    assert held.ids == CHAT


def test_what_is_to_be_scored_is_read_from_its_first_token():
    reader = Reader()
    reader.read(CHAT)
    assert reader.read(CHAT, is_fresh=True) == 0


def test_the_oldest_makes_room():
    reader = Reader()
    for start in (0, 40, 80):
        reader.read(range(start, start + 30))
    reader.sequences.make_room(30)
    assert reader.sequences.num_tokens == 60
    assert reader.read(range(30)) == 0  # the first was forgotten
    held, _ = reader.begin(range(40, 70))
    reader.sequences.make_room(100)
    assert held.ids  # what somebody goes on with stays
    assert not reader.sequences.shrink()


def test_a_state_that_cannot_be_taken_back_is_read_anew():
    reader = Reader(can_shorten=False)
    reader.read(CHAT)
    assert reader.read([*CHAT, 91]) == 20
    assert reader.read([*CHAT, 92]) == 0


def test_what_went_wrong_is_not_kept():
    reader = Reader()
    held, _ = reader.begin(CHAT)
    reader.sequences.drop(held)
    assert reader.read(CHAT) == 0


@pytest.mark.parametrize(("first", "second", "length"), [((), (1,), 0), ((1, 2), (1, 2, 3), 2), ((1, 2), (1, 3), 1)])
def test_common_length(first, second, length):
    assert common_length(first, second) == length
