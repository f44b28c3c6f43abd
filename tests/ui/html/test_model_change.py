"""How a change of model goes, as the models panel shows it."""

from deepseek_space.status import Status
from deepseek_space.ui.html.model_change import SHOWN_LINES, log_text


def test_the_latest_lines_of_a_log_are_shown_as_they_are():
    lines = tuple(f"line {number} <b>" for number in range(SHOWN_LINES + 5))
    shown = log_text(Status(state="loading", model="m", log=lines))
    assert "line 4 " not in shown
    assert "line 5 &lt;b&gt;\nline 6 &lt;b&gt;" in shown
    assert f"line {SHOWN_LINES + 4} &lt;b&gt;</pre>" in shown


def test_where_nothing_was_printed_there_is_no_log():
    assert log_text(Status(state="ready", model="m")) == ""
