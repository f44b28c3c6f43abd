"""What answers do to a workspace."""

from deepseek_space.chat.workspace.answers import changed_texts, take_answer, usual_name
from deepseek_space.chat.workspace.workspace import Workspace

EDIT = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"
START = Workspace().put("a.py", "x = 1\n")


def test_an_edit_is_proposed_as_soon_as_it_is_closed():
    assert not take_answer(START, EDIT[:-9], "t", is_whole=False).paths
    taken = take_answer(START, f"{EDIT}And", "t", is_whole=False)
    assert taken.workspace.proposal("a.py").text == "x = 2\n"
    assert taken.paths == ("a.py",)


def test_what_did_not_go_in_is_told_once_the_answer_is_whole():
    broken = EDIT.replace("x = 1", "y = 1")
    assert [failure.reason for failure in take_answer(START, broken, "t").failures] == ["not found"]
    open_edit = EDIT.partition("=======")[0]
    assert take_answer(START, open_edit, "t", is_whole=False).failures == ()
    assert [failure.reason for failure in take_answer(START, open_edit, "t").failures] == ["open"]


def test_a_file_that_breaks_off_is_told_and_not_taken():
    taken = take_answer(START, "```python a.py\nx =", "t")
    assert taken.workspace == START
    assert [(failure.path, failure.reason) for failure in taken.failures] == [("a.py", "open")]


def test_what_changed_is_what_is_proposed_and_what_is_new():
    after = take_answer(START.put("c.py", "c\n"), f"{EDIT}```python b.py\ny\n```\n", "t").workspace
    assert changed_texts(START.put("c.py", "c\n"), after) == {"a.py": "x = 2\n", "b.py": "y\n"}


def test_a_name_that_cannot_be_is_told():
    taken = take_answer(START, "```python ../b.py\nx\n```\n", "t")
    assert taken.workspace == START


def test_blocks_without_names_are_the_usual_files():
    answer = "```html\n<p>\n```\n```css\np {}\n```\n```bash\nls\n```\n```html\nagain\n```\n"
    assert take_answer(Workspace(), answer, "t").workspace.texts == {"index.html": "<p>\n", "style.css": "p {}\n"}
    assert take_answer(START, "```python\ny\n```\n", "t").workspace.proposal("a.py").text == "y\n"


def test_where_an_answer_names_files_the_other_blocks_are_none():
    answer = "```python a.py\ny\n```\nRun:\n```python\nimport a\n```\n"
    assert take_answer(Workspace(), answer, "t").workspace.texts == {"a.py": "y\n"}


def test_there_is_no_telling_which_of_several_is_meant():
    assert usual_name("python", {"a.py": "", "b.py": ""}) == ""
    assert usual_name("python", {"a.py": "", "main.py": ""}) == "main.py"
    assert usual_name("bash", {}) == usual_name("", {}) == ""
