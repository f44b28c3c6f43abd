# ruff: noqa: E501
"""Edits into texts: exactly once, or a question, or the nearest place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_space.text.edits.answer import Edit, WholeFile, read_answer
from deepseek_space.text.edits.applying import Failure, apply_changes, apply_edit

CODE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def edit(search: str, replace: str, path: str = "a.py") -> Edit:
    return Edit(path=path, readings=((search, replace),))


APPLIED = {
    "exact lines": (CODE, "    return 1\n", "    return 10\n", CODE.replace("1\n", "10\n", 1)),
    "several lines": (CODE, "def two():\n    return 2\n", "", "def one():\n    return 1\n\n\n"),
    "an insertion": (CODE, "def two():\n", "# two\ndef two():\n", CODE.replace("def two", "# two\ndef two")),
    "CRLF stays": ("a\r\nb\r\nc\r\n", "b\n", "x\ny\n", "a\r\nx\r\ny\r\nc\r\n"),
    "CRLF in the edit alone": ("a\nb\n", "b\r\n", "x\r\n", "a\nx\n"),
    "no line break at the end": ("a\nb", "b\n", "x\n", "a\nx"),
    "no line break at the end, more lines": ("a\nb", "b\n", "b\nc\n", "a\nb\nc"),
    "a line in the middle keeps its break": ("a\nb\nc", "b\n", "x", "a\nx\nc"),
    "one indent less in the edit": ("class A:\n    def f(self):\n        pass\n", "def f(self):\n    pass\n", "def f(self):\n    return 1\n", "class A:\n    def f(self):\n        return 1\n"),
    "one indent more in the edit": ("def f():\n    pass\n", "    def f():\n        pass\n", "    def f():\n        go()\n", "def f():\n    go()\n"),
    "tabs": ("\tif a:\n\t\tb()\n", "if a:\n\tb()\n", "if a:\n\tc()\n", "\tif a:\n\t\tc()\n"),
    "mixed tabs stay where nothing changes": ("if a:\n \tb()\n\tc()\n", "if a:\n \tb()\n", "if a:\n \tb()\n\td()\n", "if a:\n \tb()\n\td()\n\tc()\n"),
    "white space at the end of lines": ("a  \nb\n", "a\nb\n", "a\nc\n", "a\nc\n"),
    "a blank line too many": (CODE, "\n\ndef one():\n    return 1\n", "\n\ndef one():\n    return 7\n", CODE.replace("1\n", "7\n", 1)),
    "a part of a line": ("x = compute(a, b)\n", "compute(a, b)", "compute(b, a)", "x = compute(b, a)\n"),
    "the whole file": (CODE, CODE, "pass\n", "pass\n"),
    "an empty SEARCH makes a file": ("", "", "new\n", "new\n"),
    "an empty SEARCH goes on with one": ("a\n", "", "b\n", "a\nb\n"),
    "an empty SEARCH after no line break": ("a\r\nb", "", "c\n", "a\r\nb\r\nc\r\n"),
    "form feeds and other breaks of Python's are no lines": ("a\x0cb\nc\u2028d\n", "c\u2028d\n", "e\n", "a\x0cb\ne\n"),
    "patterns are plain text": ("a = '$& \\1'\n", "a = '$& \\1'\n", "b = '$& \\g<0>'\n", "b = '$& \\g<0>'\n"),
    "control tokens are plain text": ("<｜fim▁hole｜>\nx\n", "<｜fim▁hole｜>\n", "<｜end▁of▁sentence｜>\n", "<｜end▁of▁sentence｜>\nx\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", APPLIED)
def test_applied(name: str):
    text, search, replace, expected = APPLIED[name]
    assert apply_edit(text, edit(search, replace)) == expected


FAILED = {
    "twice": ("x\ny\nx\n", "x\n", "z\n", "several", 1),
    "twice at another indent": ("  x()\n    x()\n", "x()\n", "z()\n", "several", 1),
    "nearly": (CODE, "def two(a):\n    return 2\n", "pass\n", "not found", 5),
    "nowhere": (CODE, "class Three:\n    ...\n", "pass\n", "not found", 0),
    "there already": (CODE, "    return 3\n", "    return 2\n", "applied already", 0),
    "drifted by different indents": ("a\n  b\n", "  a\nb\n", "c\n", "not found", 1),
    "an elision": ("a\nb\nc\n", "a\n...\nc\n", "x\n", "not found", 1),
}


@pytest.mark.parametrize("name", FAILED)
def test_not_applied_and_why(name: str):
    text, search, replace, reason, line = FAILED[name]
    failure = apply_edit(text, edit(search, replace))
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.line) == (reason, line)


def test_the_nearest_place_is_told():
    failure = apply_edit(CODE, edit("def two(a):\n    return 2\n", "pass\n"))
    assert failure.nearest == "def two():\n    return 2"


def test_of_several_dividers_the_one_counts_whose_search_is_in_the_file():
    answer = "a.md\n<<<<<<< SEARCH\nTitle\n=======\nold\n=======\nTitle\n=======\nnew\n>>>>>>> REPLACE\n"
    outcome = apply_changes({"a.md": "Title\n=======\nold\nend\n"}, read_answer(answer))
    assert outcome.files == {"a.md": "Title\n=======\nnew\nend\n"}


FILES = {"src/a.py": CODE, "b.py": "print('b')\n"}


class TestSeveral:
    def apply(self, *changes):
        return apply_changes(FILES, changes)

    def test_edits_build_on_each_other(self):
        outcome = self.apply(
            edit("    return 1\n", "    return 3\n", "src/a.py"), edit("    return 3\n", "    return 4\n", "src/a.py")
        )
        assert outcome.files == {"src/a.py": CODE.replace("1\n", "4\n", 1)}
        assert outcome.num_applied == 2

    @pytest.mark.parametrize("path", ["src/a.py", "a.py", "SRC/A.py", "", "c.py"])
    def test_the_file_is_found_by_its_bare_name_by_its_letters_or_by_what_fits(self, path: str):
        assert set(self.apply(edit("    return 1\n", "    return 3\n", path)).files) == {"src/a.py"}

    def test_one_that_went_to_the_wrong_file_is_tried_on_the_others(self):
        assert set(self.apply(edit("print('b')\n", "print('c')\n", "src/a.py")).files) == {"b.py"}

    def test_a_file_that_does_not_exist(self):
        (failure,) = self.apply(edit("nothing like it\n", "x\n", "c.py")).failures
        assert (failure.reason, failure.path) == ("no file", "c.py")
        assert self.apply(edit("", "x\n", "c.py")).files == {"c.py": "x\n"}

    def test_whole_files_are_put_in_place_with_the_ending_that_theirs_had(self):
        outcome = apply_changes({"a.txt": "1\r\n2\r\n"}, [WholeFile(path="a.txt", text="1\n3\n")])
        assert outcome.files == {"a.txt": "1\r\n3\r\n"}

    def test_what_is_not_closed_or_has_no_name_is_passed_over(self):
        outcome = self.apply(
            WholeFile(path="b.py", text="x", is_closed=False), WholeFile(path="", text="ls\n", language="bash")
        )
        assert outcome.files == {}

    def test_what_did_not_fit_keeps_nothing_else_out(self):
        outcome = self.apply(edit("nowhere at all\n", "x\n", "b.py"), edit("print('b')\n", "pass\n", "b.py"))
        assert outcome.files == {"b.py": "pass\n"}
        assert [failure.reason for failure in outcome.failures] == ["not found"]


NAMES = st.lists(
    st.sampled_from(["alpha", "beta", "gamma = 1", "    delta()", "\tepsilon", "", "zeta  "]), min_size=1, max_size=12
)


@settings(deadline=None)
@given(NAMES, st.data(), NAMES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_that_stand_there_once_are_replaced_and_all_else_stays(lines, data, new, ending, has_last_break):
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    text = ending.join(lines) + (ending if has_last_break else "")
    search = "\n".join(lines[start:end]) + "\n"
    result = apply_edit(text, edit(search, "\n".join(new) + "\n"))
    places = [at for at in range(len(lines)) if lines[at : at + end - start] == lines[start:end]]
    if not search.strip() or new == [""] or (not has_last_break and lines[-1] == ""):
        return
    if len(places) > 1:
        assert isinstance(result, Failure)
    else:
        expected = ending.join([*lines[:start], *new, *lines[end:]]) + (ending if has_last_break else "")
        if ending == "\r\n" and text.count("\n") == 0:
            return  # a file of one line has no ending of its own
        assert result == expected
