"""Keys of programs: where they are written, what is kept of them, and whose one is."""

import pytest

from deepseek_space.errors import UsageError
from deepseek_space.keys import Keys, read_keys


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "keys"
    path.write_text("# ours\nsk-one\n\nbob sk-two\neve sha256:" + "0" * 64 + "\n")
    return str(path)


def test_a_key_is_told_by_its_name_or_by_its_digest(file):
    keys = read_keys(password="ada:s:ü", written="sk-three, sk-four", file=file)
    named = {text: keys.holder(text.encode()) for text in ("ada:s:ü", "sk-two", "sk-one", "sk-four", "sk-five", "")}
    assert (named["ada:s:ü"], named["sk-two"], named["sk-five"], named[""]) == ("ada", "bob", None, None)
    assert len(named["sk-one"]) == len(named["sk-four"]) == 8
    assert keys.holder("ada:s:ü".encode("latin-1")) == "ada"
    assert "eve" in [key.name for key in keys.found]


def test_nothing_of_a_key_is_kept_but_its_digest(file):
    keys = read_keys(password="ada:secret", written="sk-three", file=file)
    assert not any(text in repr(keys) for text in ("secret", "sk-"))


def test_without_keys_nobody_is_asked():
    assert not Keys()
    assert not read_keys()


@pytest.mark.parametrize("text", ["", "# none\n", "a b c\n", "b/b sk-one\n", "ké\n"])
def test_a_file_that_says_nothing_clear_lets_nobody_in(tmp_path, text):
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(UsageError):
        read_keys(file=str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(file=str(tmp_path / "none"))
