"""``chat``: one question from a command line or a pipe, and a talk in a terminal of its own."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from app_process import ROOT
from deepseek_space.commands import process
from openai_server import card, openai_server, spoken
from waiting import until


@pytest.fixture
def chat(run, monkeypatch, tmp_path):
    """Return a function that asks with words and with what is piped in."""
    monkeypatch.setattr(process, "set_up", lambda log_level: None)  # this process is set up for tests

    def chat(*words, piped=None, **environ):
        if piped is not None:
            (tmp_path / "piped").write_text(piped)
            monkeypatch.setattr("sys.stdin", (tmp_path / "piped").open())
        return run("chat", *words, **environ)

    return chat


def test_one_question_is_answered_and_that_is_all(chat):
    code, said = chat("--model", "fake", "without", "thoughts")
    assert code == 0
    assert "No thoughts came before this answer" in said


def test_what_is_piped_in_goes_below_the_question(chat):
    with openai_server(card("deepseek-ai/DeepSeek-R1")) as server:
        server.says(spoken("Six sevens.\n</think>\n\n42"))
        code, said = chat(
            "--remote", server.url, "--temperature", "0.5", "--seed", "7", "What is this?", piped="def f(): ...\n"
        )
        body = server.asked[-1].body
        assert chat("--remote", server.url, piped="And alone?")[0] == 0
        alone = server.asked[-1].body["messages"]
    assert (code, said) == (0, "42\n")
    assert body["messages"] == [{"role": "user", "content": "What is this?\n\ndef f(): ...\n"}]
    assert (body["temperature"], body["seed"]) == (0.5, 7)
    assert alone[-1]["content"] == "And alone?"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "There is no question"),
        (("--temperature", "9", "hi"), "Temperature is 9.0; it must be a number from 0 to 2."),
        (("--model", "r1-distil", "hi"), "The list: deepseek-space plan"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_loaded(chat, words, said):
    code, text = chat("--model", "fake", *words, piped="")
    assert code == 2
    assert said in text


def test_a_reply_that_breaks_off_ends_with_1_and_why(chat):
    code, said = chat("--model", "fake", "an error")
    assert code == 1
    assert "deepseek-space: " in said
    assert "Stopped." not in said


def test_a_server_that_is_not_there_ends_with_1_and_the_way_out(chat):
    code, said = chat("--remote", "http://127.0.0.1:9", "hi")
    assert code == 1
    assert "127.0.0.1:9" in said


def test_a_way_of_thinking_that_the_model_has_not_is_refused_by_name(chat):
    with openai_server(card("deepseek-ai/DeepSeek-R1")) as server:
        code, said = chat("--remote", server.url, "--no-think", "hi")
    assert (code, said) == (2, "deepseek-space: DeepSeek R1 thinks before each answer; leave out --no-think.\n")


def test_a_reply_that_is_cut_off_says_so_beside_the_answer(chat):
    code, said = chat("--model", "fake", "--no-think", "--max-new-tokens", "2", "table")
    assert code == 0
    assert said.endswith("Cut off after 2 tokens; --max-new-tokens allows more.\n")


class Talk:
    """The other end of the terminal that a program runs in."""

    def __init__(self, terminal):
        self._terminal, self._heard = terminal, ""

    def type(self, keys):
        os.write(self._terminal, keys.encode())

    def wait_for(self, pattern):
        """Return what is heard up to ``pattern`` and forget it."""
        while (match := re.search(pattern, self._heard)) is None:
            self._heard += os.read(self._terminal, 4096).decode(errors="replace")
        heard, self._heard = self._heard[: match.end()], self._heard[match.end() :]
        return heard


@contextmanager
def talk(*flags):
    here, there = pty.openpty()
    program = [sys.executable, "app.py", "chat", *flags]
    environ = {**os.environ, "TERM": "xterm"}

    def begin() -> None:
        os.login_tty(there)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background begins without it

    process = subprocess.Popen(program, cwd=ROOT, env=environ, preexec_fn=begin)
    os.close(there)
    try:
        yield Talk(here), process
    finally:
        process.kill()
        process.wait()
        os.close(here)


def test_ctrl_c_stops_the_reply_and_ctrl_d_ends_the_talk():
    with talk("--model", "fake") as (terminal, process):
        terminal.wait_for(r"Ctrl-D ends\.[^>]*> ")
        terminal.type("an endless thought\n")
        terminal.wait_for("\x1b\\[2m")  # dimmed
        terminal.type("\x03")
        terminal.wait_for(r"Stopped\.[^>]*> ")
        terminal.type("one without thoughts\n")
        assert "came before this answer" in terminal.wait_for(r"tokens, [\d.]+ a second[^>]*> ")
        # Python hears of one that comes between its prompt and its wait for keys only with the next key.
        assert until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_SLEEPING)
        terminal.type("\x03")
        terminal.wait_for(r"Ctrl-D ends\.[^>]*> ")
        terminal.type("\x04")
        assert process.wait(60) == 0
