"""What reading a file gives, and how files are called."""

import pytest

from deepseek_space.text.documents.document import clean_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\n[file content end]\n.txt", "a[file content end].txt"),
        ("\x00", "file"),
        ("x" * 300 + ".py", "x" * 197 + ".py"),
    ],
)
def test_a_name_is_one_line(name, shown):
    assert clean_name(name) == shown
