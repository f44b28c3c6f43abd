"""What needs torch is done in another process where there is none, and its errors are raised here."""

import sys

import pytest

from deepseek_space.errors import Cancelled, LoadFailed, ModelNotFound
from deepseek_space.models.fit import cards
from deepseek_space.models.fit.aside import done_aside


@pytest.fixture(autouse=True)
def no_torch(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)


def test_results_errors_and_ends_come_back():
    assert done_aside("os", "getpid") != done_aside("os", "getpid")
    with pytest.raises(ModelNotFound, match="called 'zzz'"):
        done_aside("deepseek_space.models.catalog", "find", "zzz")
    with pytest.raises(LoadFailed, match="No module named 'nothing'"):
        done_aside("nothing", "at_all")
    with pytest.raises(LoadFailed, match="ended with code 3"):
        done_aside("os", "_exit", 3)
    with pytest.raises(Cancelled):
        done_aside("time", "sleep", 60, cancelled=lambda: True)


def test_cards_are_asked_for_once_a_minute_and_anew_after_a_change(monkeypatch):
    card = {"kind": "cuda", "index": 0, "name": "A", "total_bytes": 24, "free_bytes": 20, "capability": [9, 0]}
    asked = []
    monkeypatch.setattr(cards, "_CARD_FILES", ("/",))
    monkeypatch.setattr(cards, "done_aside", lambda *names: asked.append(names) or [card])
    cards.look_again()
    (found,), _ = cards.found(8), cards.found(8)
    assert (found.device, found.capability, found.free_bytes, len(asked)) == ("cuda:0", (9, 0), 20, 1)
    cards.look_again()
    assert cards.found(8) == (found,)
    assert len(asked) == 2
    cards.look_again()
