"""Edits as they are shown: in a fence, and nothing else changed."""

from deepseek_space.text.edits.shown import fenced_edits

EDIT = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE"


def test_a_bare_edit_gets_a_fence_and_one_in_a_fence_stays():
    assert fenced_edits(f"a.py\n{EDIT}\nDone.") == f"a.py\n\n``````\n{EDIT}\n``````\nDone."
    for fenced in (f"```python\n{EDIT}\n```\nDone.", f"~~~\n{EDIT}\n~~~", "no edit\n```\nx"):
        assert fenced_edits(fenced) == fenced


def test_one_that_is_being_written_is_code_already():
    assert fenced_edits("a.py\n<<<<<<< SEARCH\nol") == "a.py\n\n``````\n<<<<<<< SEARCH\nol"
