"""Hunks: all of them make the new text, none of them leaves the old."""

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.edits.hunks import hunks, lines_of, with_hunks

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "a\r", "\x0c"]), max_size=10).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""])])
)


@given(TEXTS, TEXTS)
def test_all_make_the_new_text_and_none_leave_the_old(old, new):
    found = hunks(old, new)
    assert with_hunks(old, new, range(len(found))) == new
    assert with_hunks(old, new, ()) == old
    assert all(hunk.old or hunk.new for hunk in found)
    assert bool(found) == (old != new)


@given(TEXTS)
def test_lines_are_the_text(text):
    assert "".join(lines_of(text)) == text


def test_one_of_two():
    old, new = "a\nb\nc\nd\n", "A\nb\nc\nD\nE\n"
    first, second = hunks(old, new)
    assert (first.old, first.new, first.old_start) == (("a\n",), ("A\n",), 0)
    assert (second.old, second.new, second.new_start) == (("d\n",), ("D\n", "E\n"), 3)
    assert with_hunks(old, new, {0}) == "A\nb\nc\nd\n"
    assert with_hunks(old, new, {1}) == "a\nb\nc\nD\nE\n"


def test_a_last_line_without_a_break_gets_one_where_others_follow():
    assert with_hunks("a", "b\nc", {0}) == "b\nc"
