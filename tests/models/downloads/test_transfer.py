"""One bar for the page, true and not more often than anybody can read; and the words of giving up."""

import pytest

from deepseek_space.errors import NoNetwork
from deepseek_space.events import Loading
from deepseek_space.models.downloads.transfer import REPORT_S, Interrupted, Meter, Patience


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def told(*, answered: bool, arrived_bytes: int = 0, retry_after_s: float | None = None, remedy: str = "") -> str:
    def attempt() -> None:
        raise Interrupted("the line is dead", answered=answered, retry_after_s=retry_after_s)

    patience = Patience(sleep=lambda seconds: None)
    with pytest.raises(NoNetwork) as caught:
        patience.keep_trying(attempt, what="Fetching it", remedy=remedy, arrived_bytes=lambda: arrived_bytes)
    return str(caught.value)


def test_what_has_arrived_is_said_to_be_kept_only_if_something_has():
    assert "kept" not in told(answered=True, arrived_bytes=0)
    assert "What has arrived is kept." in told(answered=True, arrived_bytes=5)


def test_a_server_that_never_answered_is_a_matter_of_the_connection():
    said = "Fetching it did not work: the line is dead. Check the connection and try again."
    assert told(answered=False) == said
    assert told(answered=False, remedy="Or walk.", arrived_bytes=5) == f"{said} Or walk. What has arrived is kept."


def test_a_wait_that_is_too_long_is_left_to_the_reader():
    said = "Fetching it did not work (the line is dead), and the server asks to wait 7,200 s. Try again then."
    assert told(answered=True, retry_after_s=7200) == said
    assert "after 6 attempts in a row" in told(answered=True, retry_after_s=1)


def test_reports_at_most_ten_times_a_second_and_always_the_last():
    clock, reports = Clock(), []
    meter = Meter(stage="Fetching", total_bytes=1000, progress=reports.append, clock=clock)
    for _ in range(1000):
        clock.now_s += REPORT_S / 100
        meter.advance(1)
    assert reports[-1] == Loading(stage="Fetching", done=1000, total=1000)
    assert 9 <= len(reports) <= 12


def test_goes_back_when_bytes_are_lost():
    clock, reports = Clock(), []
    meter = Meter(stage="Fetching", total_bytes=100, progress=reports.append, clock=clock)
    for count in (60, -60, 100):
        clock.now_s += REPORT_S
        meter.advance(count)
    assert [report.done for report in reports] == [60, 0, 100]
