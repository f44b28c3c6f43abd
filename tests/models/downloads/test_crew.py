"""Several at once: each piece of work is done once, and the first that fails ends the others."""

import threading

import pytest

from deepseek_space.errors import Cancelled, NoNetwork
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.crew import work_at_once
from waiting import until


def test_everything_is_done_once():
    done: list[int] = []
    work_at_once(lambda item, _stop: done.append(item), range(100), hands=4, cancelled=never)
    assert sorted(done) == list(range(100))


def test_as_many_at_once_as_there_are_hands():
    everybody = threading.Barrier(3)
    work_at_once(lambda _item, _stop: everybody.wait(timeout=60), range(6), hands=3, cancelled=never)


def test_nothing_to_do_is_done():
    work_at_once(lambda _item, _stop: None, (), hands=4, cancelled=never)


def test_the_first_failure_stops_the_others_and_is_the_one_that_is_raised():
    begun = threading.Barrier(2)

    def work(item: str, stop) -> None:
        begun.wait(timeout=60)
        if item == "fails":
            raise NoNetwork("the line is dead")
        assert until(stop, within_s=60)
        raise Cancelled("stopped")

    with pytest.raises(NoNetwork, match="the line is dead"):
        work_at_once(work, ["fails", "goes on", "never begins"], hands=2, cancelled=never)


def test_who_cancels_stops_all():
    def work(_item: int, stop) -> None:
        if stop():
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        work_at_once(work, range(3), hands=2, cancelled=lambda: True)
