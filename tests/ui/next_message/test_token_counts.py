"""Each text is counted once for each model."""

import pytest

from deepseek_space.types import Status
from deepseek_space.ui.next_message import token_counts
from deepseek_space.ui.next_message.token_counts import TokenCounts


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
    monkeypatch.setattr(token_counts, "MAX_KNOWN", 2)
    count = TokenCounts(backend).by(READY)
    for text in ("a", "b", "c", "a", "a"):
        count(text)
    assert backend.counted == ["a", "b", "c", "a"]


def test_no_text_is_too_odd_to_be_counted(backend):
    assert TokenCounts(backend).by(READY)("\ud800") == 1
