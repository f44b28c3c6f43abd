"""Files and edits in an answer, whole and at every place where the stream can break off."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_space.text.edits.answer import Edit, WholeFile, read_answer
from deepseek_space.text.edits.instructions import fenced

EDIT = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n"


def edit(path: str, search: str, replace: str) -> Edit:
    return Edit(path=path, readings=((search, replace),))


def whole(path: str, text: str, language: str = "") -> WholeFile:
    return WholeFile(path=path, text=text, language=language)


CASES = {
    "an edit in a fence, its name above": (f"a.py\n```python\n{EDIT}```\n", [edit("a.py", "old\n", "new\n")]),
    "an edit in a fence, its name within": (f"```python\na.py\n{EDIT}```\n", [edit("a.py", "old\n", "new\n")]),
    "an edit in a fence, its name behind it": (f"```python a.py\n{EDIT}```\n", [edit("a.py", "old\n", "new\n")]),
    "a bare edit": (f"a.py\n{EDIT}", [edit("a.py", "old\n", "new\n")]),
    "a name in bold, a blank line": (f"**a.py**\n\n{EDIT}", [edit("a.py", "old\n", "new\n")]),
    "(new file) is no part of a name": (f"a.py (new file)\n{EDIT}", [edit("a.py", "old\n", "new\n")]),
    "the name used last goes on": (f"a.py\n{EDIT}\nAnd:\n\nx\n\n{EDIT}", [edit("a.py", "old\n", "new\n")] * 2),
    "two files in one fence": (
        f"```\na.py\n{EDIT}\nb.py\n{EDIT}```\n",
        [edit("a.py", "old\n", "new\n"), edit("b.py", "old\n", "new\n")],
    ),
    "an empty SEARCH": (
        "a.py\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n",
        [edit("a.py", "", "new\n")],
    ),
    "an empty REPLACE": (
        "a.py\n<<<<<<< SEARCH\nold\n=======\n>>>>>>> REPLACE\n",
        [edit("a.py", "old\n", "")],
    ),
    "marks of five": ("a.py\n<<<<< SEARCH\nold\n=====\nnew\n>>>>> REPLACE\n", [edit("a.py", "old\n", "new\n")]),
    "a fence inside SEARCH": (
        "a.md\n```markdown\n<<<<<<< SEARCH\n```py\nx\n```\n=======\n```py\ny\n```\n>>>>>>> REPLACE\n```\n",
        [edit("a.md", "```py\nx\n```\n", "```py\ny\n```\n")],
    ),
    "a heading that looks like the divider": (
        "a.md\n<<<<<<< SEARCH\nTitle\n=======\nold\n=======\nTitle\n=======\nnew\n>>>>>>> REPLACE\n",
        [
            Edit(
                path="a.md",
                readings=(
                    ("Title\n", "old\n=======\nTitle\n=======\nnew\n"),
                    ("Title\n=======\nold\n", "Title\n=======\nnew\n"),
                    ("Title\n=======\nold\n=======\nTitle\n", "new\n"),
                ),
            )
        ],
    ),
    "carriage returns": (f"a.py\n{EDIT}".replace("\n", "\r\n"), [edit("a.py", "old\n", "new\n")]),
    "without a divider": ("a.py\n<<<<<<< SEARCH\nold\n>>>>>>> REPLACE\n", [Edit(path="a.py")]),
    "one that another begins in": (
        f"a.py\n<<<<<<< SEARCH\nold\n{EDIT}",
        [Edit(path="a.py"), edit("a.py", "old\n", "new\n")],
    ),
    "one that has no end": ("a.py\n<<<<<<< SEARCH\nold\n=======\nnew\n", [Edit(path="a.py", is_closed=False)]),
    "in a list": (
        "1. a.py\n   <<<<<<< SEARCH\n   old\n   =======\n   new\n   >>>>>>> REPLACE\n",
        [edit("a.py", "old\n", "new\n")],
    ),
    "a file, its name behind the fence": ("```python a.py\nx\n```\n", [whole("a.py", "x\n", "python")]),
    "a file, its name in a heading": ("### `a.py`\n\n```python\nx\n```\n", [whole("a.py", "x\n", "python")]),
    "a file, its name in a comment": ("```python\n# a.py\nx\n```\n", [whole("a.py", "# a.py\nx\n", "python")]),
    "a block without a name": ("Run it:\n```bash\nls\n```\n", [whole("", "ls\n", "bash")]),
    "tildes, and backticks within": ("~~~md a.md\n```\nx\n```\n~~~\n", [whole("a.md", "```\nx\n```\n", "md")]),
    "four, and three within": ("````md a.md\n```\nx\n```\n````\n", [whole("a.md", "```\nx\n```\n", "md")]),
    "nested fences of one length in Markdown": (
        "README.md\n```markdown\n# A\n```sh\nls\n```\nend\n```\n",
        [whole("README.md", "# A\n```sh\nls\n```\nend\n", "markdown")],
    ),
    "a fence that is not closed": (
        "```python a.py\nx\n",
        [WholeFile(path="a.py", text="x\n", language="python", is_closed=False)],
    ),
    "a fence in a list": ("- a.py\n  ```python\n  x\n    y\n  ```\n", [whole("a.py", "x\n  y\n", "python")]),
    "an empty file": ("```python a.py\n```\n", [whole("a.py", "", "python")]),
    "DeepSite's new file": (
        "<<<<<<< NEW_FILE_START index.html >>>>>>> NEW_FILE_END\n```html\n<p>\n```\n",
        [whole("index.html", "<p>\n", "html")],
    ),
    "DeepSite's update": (
        f"<<<<<<< UPDATE_FILE_START style.css >>>>>>> UPDATE_FILE_END\n{EDIT}",
        [edit("style.css", "old\n", "new\n")],
    ),
    "control tokens are plain text": (
        "```python a.py\n<｜fim▁begin｜><｜end▁of▁sentence｜>\n```\n",
        [whole("a.py", "<｜fim▁begin｜><｜end▁of▁sentence｜>\n", "python")],
    ),
    "prose alone": ("Nothing to change in a.py.\n", []),
    "an ending without a line break": (f"a.py\n{EDIT.rstrip()}", [edit("a.py", "old\n", "new\n")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_reads(name: str):
    answer, expected = CASES[name]
    assert list(read_answer(answer)) == expected


def closed(answer: str) -> list[WholeFile | Edit]:
    return [change for change in read_answer(answer, is_whole=False) if change.is_closed]


@pytest.mark.parametrize("name", CASES)
def test_what_is_closed_stays_as_it_is_at_every_split_of_the_stream(name: str):
    answer = CASES[name][0]
    whole_answer = list(read_answer(answer))
    for end in range(len(answer) + 1):
        found = closed(answer[:end])
        assert found == whole_answer[: len(found)], answer[:end]


LINES = st.sampled_from(
    ["a.py", "**b.py**", "x = 1", "", "  y", "```", "```python", "```md", "~~~", "<<<<<<< SEARCH", "=======",
     ">>>>>>> REPLACE", "# c.py", "````", "text.", "   ```", "<<<<<<< NEW_FILE_START d.html >>>>>>> NEW_FILE_END"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=24), st.data())
def test_nothing_breaks_and_nothing_closed_changes_whatever_comes(lines: list[str], data: st.DataObject):
    answer = "\n".join(lines)
    end = data.draw(st.integers(0, len(answer)))
    found = closed(answer[:end])
    assert found == list(read_answer(answer))[: len(found)]


@given(st.lists(st.text(alphabet="ab=`~<> \t\n#./", max_size=12), max_size=8))
def test_a_file_that_is_fenced_comes_back_as_it_was(pieces: list[str]):
    text = "\n".join(pieces).rstrip("\n") + "\n"
    block = fenced(text, "a.txt").replace("txt\n", "txt a.txt\n", 1)
    if not any(mark in text for mark in ("<<<<<", "SEARCH")):
        assert read_answer(block) == (WholeFile(path="a.txt", text=text, language="txt"),)
