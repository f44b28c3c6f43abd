"""Files, versions and proposals as a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.chat.workspace import workspace as module
from deepseek_space.chat.workspace.workspace import MOST_FILE_CHARACTERS, MOST_FILES, MOST_VERSIONS, Workspace
from deepseek_space.errors import RequestError
from deepseek_space.text.edits.hunks import hunks

OLD, NEW = "a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n"
START = Workspace().put("a.txt", OLD)
PROPOSED = START.propose({"a.txt": NEW}, "turn")


def test_what_the_reader_types_is_one_version_until_an_answer_comes():
    now = START
    for text in ("ab", "abc", "abcd"):
        now = now.put("a.txt", text)
    assert [version.text for version in now.file("a.txt").versions] == [OLD, "abcd"]
    now = now.put("a.txt", "from an answer", "answer", "t").put("a.txt", "typed")
    assert [version.source for version in now.file("a.txt").versions] == ["reader", "reader", "answer", "reader"]


def test_one_can_go_back_to_any_version_and_forth_again():
    now = START.put("a.txt", "two\n", "answer").back_to("a.txt", 0)
    assert now.texts == {"a.txt": OLD}
    assert now.back_to("a.txt", 1).texts == {"a.txt": "two\n"}
    assert now.back_to("a.txt", 9) == now


def test_a_new_file_is_there_at_once_and_a_change_waits():
    now = START.propose({"b.txt": "new\n", "a.txt": NEW}, "turn")
    assert now.texts == {"a.txt": OLD, "b.txt": "new\n"}
    assert now.file("b.txt").versions[0].turn == "turn"
    assert now.proposal("a.txt").text == NEW
    assert START.propose({"a.txt": OLD}, "turn").proposals == ()


def test_an_answer_that_empties_everything_waits_too():
    now = START.propose({"a.txt": ""}, "turn")
    assert now.texts == {"a.txt": OLD}
    assert now.accept("a.txt").texts == {"a.txt": ""}


def test_accepted_whole_in_part_and_not_at_all():
    assert PROPOSED.accept("a.txt").texts == {"a.txt": NEW}
    assert PROPOSED.accept("a.txt", {1}).texts == {"a.txt": "a\nb\nc\nd\nE\n"}
    assert PROPOSED.reject("a.txt") == START
    assert PROPOSED.accept("a.txt").proposals == ()


def test_hunk_by_hunk_the_rest_is_still_proposed():
    first = PROPOSED.accept_one("a.txt", 0)
    assert first.texts == {"a.txt": "A\nb\nc\nd\ne\n"}
    assert first.reject_one("a.txt", 0).texts == first.texts
    assert first.reject_one("a.txt", 0).proposals == ()
    assert first.accept_one("a.txt", 0).texts == {"a.txt": NEW}
    assert PROPOSED.reject_one("a.txt", 0).accept("a.txt").texts == {"a.txt": "a\nb\nc\nd\nE\n"}
    assert PROPOSED.accept_one("a.txt", 7) == PROPOSED


LINES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(lambda lines: "".join(f"{x}\n" for x in lines))


@given(LINES.filter(bool), LINES, st.lists(st.booleans(), max_size=12))
def test_settling_each_hunk_gives_what_taking_them_at_once_gives(old: str, new: str, taken: list[bool]):
    start = Workspace().put("a", old).propose({"a": new}, "t")
    count = len(hunks(old, new))
    answers = (taken + [True] * count)[:count]
    if sum(answers) in (0, count):  # in between, where equal lines move, the same hunks may be cut in another way
        now = start
        while now.proposal("a"):
            now = now.accept_one("a", 0) if answers[0] else now.reject_one("a", 0)
        assert now.texts["a"] == (new if count and answers[0] else old)


def test_what_was_typed_meanwhile_is_merged():
    typed = PROPOSED.put("a.txt", "a\nb\nmine\nd\ne\n")
    assert typed.accept("a.txt").texts == {"a.txt": "A\nb\nmine\nd\nE\n"}
    assert typed.accept_one("a.txt", 1).texts == {"a.txt": "a\nb\nmine\nd\nE\n"}


def test_what_was_typed_in_the_same_lines_is_never_overwritten_unasked():
    typed = PROPOSED.put("a.txt", OLD.replace("a", "mine"))
    assert typed.merged("a.txt").conflicts
    assert typed.accept("a.txt") == typed
    forced = typed.accept("a.txt", theirs_win=True)
    assert forced.texts == {"a.txt": NEW}
    assert typed.texts["a.txt"] in [version.text for version in forced.file("a.txt").versions]


@pytest.mark.parametrize("path", ["A.TXT", "a.txt/b", "../x", "/x", ""])
def test_names_that_cannot_be_are_refused_and_told(path: str):
    with pytest.raises(RequestError):
        START.put(path, "x")
    assert START.propose({path: "x"}, "t") == START
    assert [refused for refused, _ in START.refused({path: "x"})] == [path]


def test_renamed_and_deleted_with_what_belongs_to_it():
    assert PROPOSED.rename("a.txt", "b.txt").proposal("b.txt").text == NEW
    assert PROPOSED.rename("a.txt", "A.txt").texts == {"A.txt": OLD}
    assert PROPOSED.delete("a.txt") == Workspace()
    with pytest.raises(RequestError):
        START.put("b.txt", "").rename("a.txt", "b.txt")


def test_bounds(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(RequestError, match="characters long"):
        START.put("b.txt", "x" * (MOST_FILE_CHARACTERS + 1))
    with pytest.raises(RequestError, match="files at most"):
        Workspace().put_all({f"{number}.txt": "" for number in range(MOST_FILES + 1)}, "import")
    now = START
    for number in range(MOST_VERSIONS + 5):
        now = now.put("a.txt", str(number), "answer")
    assert len(now.file("a.txt").versions) == MOST_VERSIONS
    monkeypatch.setattr(module, "MOST_CHARACTERS", 40)
    small = Workspace()
    for number in range(9):
        small = small.put("a.txt", str(number) * 9, "answer")
    assert small.characters <= 40  # old versions make room
    with pytest.raises(RequestError, match="holds 40 characters"):
        small.put("b.txt", "x" * 41)
