"""Zip out and in: what comes back is what went, and nothing that could do harm."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.chat.workspace.archive import packed, read_files, unpacked
from deepseek_space.errors import SpaceError

NAMES = st.sampled_from(["a.py", "b/c.txt", "数据.csv", "b/d e.md"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=50)


@given(st.dictionaries(NAMES, TEXTS, min_size=2))
def test_what_comes_back_is_what_went(texts: dict[str, str]):
    if {path.partition("/")[0] for path in texts} != {"b"}:
        assert unpacked("w.zip", packed(texts)) == texts
    assert packed(texts) == packed(texts)


def test_the_folder_that_holds_everything_is_taken_off():
    assert unpacked("w.zip", packed({"project-main/a.py": "1", "project-main/b/c.py": "2"})) == {
        "a.py": "1",
        "b/c.py": "2",
    }


def archive(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../a.py": b"x"}, "leads out"),
        ({"/a.py": b"x"}, "leads out"),
        ({f"{number}.py": b"" for number in range(10_000)}, "10,000 files"),
        ({"bomb.txt": bytes(32 << 20)}, "unpacks to more"),
        ({"a.py": b"\x00\x01"}, "no text in UTF-8"),
        ({"a.py": b"\xff\xfe"}, "no text in UTF-8"),
    ],
)
def test_what_is_refused(files: dict[str, bytes], reason: str):
    with pytest.raises(SpaceError, match=reason):
        unpacked("w.zip", archive(**files))


def test_files_and_archives_together():
    given_files = [("a.py", b"\xef\xbb\xbfx = 1\r\n"), ("w.zip", packed({"b.py": "2", "c.py": "3"}))]
    assert read_files(given_files) == {"a.py": "x = 1\r\n", "b.py": "2", "c.py": "3"}
