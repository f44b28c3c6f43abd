"""How a reply looks in a terminal, and what of it goes into a pipe."""

import io

import pytest

from deepseek_space.commands.terminal import Terminal
from deepseek_space.events import Answer, Loading, Prefill, Reasoning, Resorted, Usage

DIM, PLAIN = "\x1b[2m", "\x1b[0m"
REPLY = (Prefill(read=1, total=2), Reasoning(text="Six "), Reasoning(text="sevens."), Answer(text="\n\n42"))
USAGE = Usage(
    model="m",
    prompt_tokens=1,
    cached_tokens=0,
    generated_tokens=1200,
    time_to_first_token_s=1,
    tokens_per_second=31.04,
    finish_reason="stop",
)


class Screen(io.StringIO):
    def __init__(self, is_tty=True):
        super().__init__()
        self._is_tty = is_tty

    def isatty(self):
        return self._is_tty


def shown(*events, is_tty=True, **environ):
    """Return what a terminal, or else a pipe, gets of a reply, and what its standard error gets."""
    out, notes = Screen(is_tty), Screen(is_tty)
    terminal = Terminal(out, notes, environ)
    for event in events:
        terminal.show(event)
    terminal.close()
    terminal.figures(USAGE)
    return out.getvalue(), notes.getvalue()


def test_thoughts_are_dimmed_and_the_answer_begins_below_them():
    out, notes = shown(*REPLY)
    assert out == f"{DIM}Six sevens.{PLAIN}\n\n42\n"
    assert "Reading: 1 of 2 tokens" in notes
    assert notes.endswith(f"{DIM}1,200 tokens, 31.0 a second{PLAIN}\n")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_where_nothing_can_be_dimmed_thoughts_stand_between_tags(environ):
    assert shown(*REPLY, **environ)[0] == "<think>\nSix sevens.\n</think>\n\n42\n"
    assert DIM not in "".join(shown(*REPLY, TERM="dumb"))


def test_a_pipe_gets_the_answer_and_nothing_else():
    assert shown(*REPLY, is_tty=False) == ("42\n", "")
    assert shown(Answer(text="\x1b[1mbold"), is_tty=False)[0] == "\x1b[1mbold\n"


@pytest.mark.parametrize("is_tty", [True, False])
def test_a_thought_that_was_shown_as_the_answer_is_told_by_its_closing_tag(is_tty):
    thought = (Answer(text="Six sevens."), Resorted(reasoning="Six sevens."))
    assert shown(*thought, Answer(text="42"), is_tty=is_tty)[0] == "Six sevens.\n</think>\n\n42\n"


def test_an_answer_that_was_taken_for_a_thought_is_written_as_one():
    answer = (Reasoning(text="42"), Resorted(answer="42"))
    assert shown(*answer)[0] == f"{DIM}42{PLAIN}\n\n42\n"
    assert shown(*answer, is_tty=False)[0] == "42\n"


def test_a_reply_that_was_stopped_while_it_thought_leaves_the_terminal_as_it_was():
    assert shown(Reasoning(text="Six"))[0] == f"{DIM}Six{PLAIN}\n"
    assert shown()[0] == ""


def test_a_model_cannot_steer_the_terminal():
    said = "\x1b]0;title\x07 \r\x9b2J\ttab\n中文"
    assert shown(Answer(text=said))[0] == "␛]0;title␇ ␍\ufffd2J\ttab\n中文\n"


def test_progress_gives_way_to_what_comes_after_it():
    _, notes = shown(Loading(stage="Fetching", done=21, total=50), Answer(text="hi"))
    assert notes.startswith(f"\r\x1b[K{DIM}Fetching: 42%{PLAIN}\r\x1b[K")
