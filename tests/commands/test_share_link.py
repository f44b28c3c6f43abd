"""The public link in the terminal: to be read, to be scanned, and with a warning where it is open to all."""

import io

from deepseek_space.commands import share_link

URL = "https://0123456789abcdef01.gradio.live"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_terminal_shows_a_code_that_fits_into_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = share_link.announcement(URL, has_password=True, out=Terminal()).splitlines()
    assert lines[0] == f"Public link: {URL}"
    assert len(lines) > 10
    assert {line.count("\x1b[") for line in lines[1:]} == {2}
    monkeypatch.setenv("COLUMNS", "20")
    assert share_link.announcement(URL, has_password=True, out=Terminal()) == f"Public link: {URL}"


def test_what_is_no_terminal_gets_words_alone():
    assert share_link.announcement(URL, has_password=True, out=io.StringIO()) == f"Public link: {URL}"


def test_a_link_without_a_password_is_warned_of_in_one_line():
    *_, last = share_link.announcement(URL, has_password=False, out=io.StringIO()).splitlines()
    assert "--auth NAME:PASSWORD" in last


def test_a_link_that_did_not_come_is_said():
    assert "no public link" in share_link.announcement(None, has_password=False, out=io.StringIO())
