from deepseek_space.events import Loading
from deepseek_space.ui.html.pace import WINDOW_S, Pace


def paced(*reports, stage="Fetching", total=1000):
    pace = Pace()
    for now_s, done in reports:
        pace = pace.after(Loading(stage=stage, done=done, total=total), now_s)
    return pace


def test_rate_and_time_left_come_from_successive_reports():
    pace = paced((0, 0), (1, 100), (2, 200))
    assert pace.bytes_per_second == 100
    assert pace.left_s == 8
    assert pace.text() == "100 B/s, 8 s left"


def test_what_was_there_before_is_not_counted_as_fetched():
    assert paced((0, 900), (2, 920)).bytes_per_second == 10


def test_one_report_or_a_moment_tells_nothing():
    assert paced((5, 100)).text() == ""
    assert paced((5, 100), (5.5, 200)).text() == ""


def test_a_standing_download_has_no_time_left():
    assert paced((0, 100), (5, 100)).text() == ""


def test_the_rate_follows_a_line_that_slows_down():
    fast = [(second, second * 100) for second in range(3)]
    slow = [(2 + 5 * n, 200 + 5 * n) for n in range(1, 5)]
    assert paced(*fast, *slow).bytes_per_second == 1
    assert all(now_s >= slow[-1][0] - WINDOW_S for now_s, _ in paced(*fast, *slow).samples)


def test_a_new_stage_and_a_restart_begin_anew():
    pace = paced((0, 0), (2, 500))
    assert pace.after(Loading(stage="Checking", done=10, total=1000), 3).text() == ""
    assert pace.after(Loading(stage="Fetching", done=10, total=1000), 3).text() == ""


def test_nothing_is_timed_without_bytes_to_count():
    pace = paced((0, 0), (2, 500))
    for progress in (None, Loading(stage="Starting"), Loading(stage="Fetching", done=1, total=4, unit="shards")):
        assert pace.after(progress, 3) == Pace()
