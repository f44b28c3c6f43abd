from itertools import pairwise

from deepseek_space.web import budget
from deepseek_space.web.budget import Allowance, Budget, Room

TEN = Allowance(of_one=10, of_all=25, window_s=60)


def made(now_s=0.0):
    clock = [now_s]
    return Budget(TEN, lambda: clock[0]), clock


def test_what_is_taken_drains_with_time():
    mine, clock = made()
    assert [mine.spend("a", 5) for _ in range(3)] == [0, 0, 30]
    clock[0] = 29.9
    assert mine.spend("a", 5) > 0
    clock[0] = 30
    assert mine.spend("a", 5) == 0


def test_one_address_takes_nothing_from_another_until_all_have_had_too_much():
    mine, _ = made()
    assert [mine.spend(name, 10) for name in "abc"] == [0, 0, 12]
    assert mine.is_spent("a", 1)
    assert not mine.is_spent("c", 1)


def test_what_is_refused_is_not_counted():
    mine, _ = made()
    waits = [mine.spend("a", 11) for _ in range(3)]
    assert all(before == after > 0 for before, after in pairwise(waits))
    assert mine.spend("a", 10) == 0


def test_what_is_given_back_was_never_taken():
    mine, _ = made()
    mine.spend("a", 10)
    mine.give_back("a", 4)
    assert mine.spend("a", 4) == 0
    assert mine.spend("b", 10) == 0


def test_of_very_many_addresses_few_are_remembered(monkeypatch):
    monkeypatch.setattr(budget, "MOST_ADDRESSES", 100)
    mine, _ = made()
    for number in range(1000):
        mine.spend(str(number), 0)
    assert len(mine._each) <= 101


def test_room_is_of_one_and_of_all_and_comes_back_whole():
    room = Room(of_one=10, of_all=15)
    assert [room.hold("a", 6), room.hold("a", 6), room.hold("b", 9), room.hold("c", 1)] == [True, False, True, False]
    room.free("a", 6)
    room.free("b", 9)
    assert (room._each, room._left) == ({}, 15)
