"""One bar for the page: true, and not more often than anybody can read."""

from deepseek_space.models.transfer import REPORT_S, Meter
from deepseek_space.types import Loading


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


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
