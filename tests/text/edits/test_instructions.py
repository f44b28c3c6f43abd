"""What a model is told: short, and in the very form that is read from its answers."""

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.edits.answer import Edit, read_answer
from deepseek_space.text.edits.applying import apply_changes
from deepseek_space.text.edits.instructions import again, fenced, files_text, instructions


def test_the_example_is_an_edit_and_it_is_short():
    (example,) = read_answer("a.py\n" + instructions("edits").partition("then\n\n")[2].partition("\n\nMake")[0])
    assert isinstance(example, Edit)
    assert len(instructions("edits").split()) < 110
    assert len(instructions("files").split()) < 60


def test_the_files_follow_as_they_are():
    text = files_text({"a.md": "```py\nx\n```\n", "b.py": "y"})
    assert text == "\n\na.md\n````md\n```py\nx\n```\n````\n\nb.py\n```py\ny\n```"


@given(st.text(alphabet="`a\n", max_size=30))
def test_nothing_closes_a_fence_from_within(text: str):
    fence = fenced(text).partition("\n")[0]
    assert fence not in text


def test_what_did_not_fit_is_asked_for_again_with_the_reason_and_the_place():
    answer = "a.py\n<<<<<<< SEARCH\ndef one(x):\n    return 1\n=======\npass\n>>>>>>> REPLACE\n"
    failures = apply_changes({"a.py": "import os\n\n\ndef one():\n    return 1\n"}, read_answer(answer)).failures
    said = again(failures)
    assert "not in the file" in said
    assert "from line 4" in said
    assert "def one():" in said
