"""Three-way merge: nothing of the reader's is lost."""

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.edits.merge import merge

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=9).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(TEXTS, TEXTS)
def test_who_changed_alone_is_right(base, other):
    assert merge(base, base, other).text == other
    assert merge(base, other, base).text == other
    assert merge(base, other, other).text == other
    assert not merge(base, other, other).conflicts


@given(TEXTS, TEXTS, TEXTS)
def test_without_conflict_both_are_in_and_the_order_does_not_matter(base, mine, theirs):
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert len(one.conflicts) == len(other.conflicts)
    if not one.conflicts:
        assert one.text == other.text
    for conflict in one.conflicts:
        assert conflict.mine in one.text  # what the reader typed stays
        assert conflict.mine != conflict.theirs


def test_changes_apart_go_together():
    merged = merge("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n")
    assert (merged.text, merged.conflicts) == ("A\nb\nc\nD\n", ())


def test_changes_of_one_line_are_a_question():
    merged = merge("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n")
    assert merged.text == "a\nmine\nc\n"
    (conflict,) = merged.conflicts
    assert (conflict.line, conflict.base, conflict.mine, conflict.theirs) == (2, "b\n", "mine\n", "theirs\n")


def test_a_file_without_a_line_break_at_its_end():
    assert merge("a\nb", "A\nb", "a\nb\nc").text in ("A\nb\nc", "A\nb")
