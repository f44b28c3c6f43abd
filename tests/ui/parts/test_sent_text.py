"""A text too long for an event comes as a file, is read in a bounded process, and is gone then."""

import codecs
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from deepseek_space.errors import RequestError
from deepseek_space.ui.parts.sent_text import read_sent_text


@pytest.fixture
def sent():
    """Return a function that puts a file where uploads lie and returns its path."""

    def sent(content):
        folder = Path(get_upload_folder())
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "sent-text"
        path.write_bytes(content)
        return str(path)

    return sent


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": "\xe6\x95\xb0"}',
        codecs.BOM_UTF8 + '{"a": "数"}'.encode(),
        codecs.BOM_UTF16_LE + '{"a": "数"}'.encode("utf-16-le"),
    ],
)
def test_a_text_is_read_whatever_its_encoding_and_its_file_is_gone(sent, content):
    path = sent(content)
    assert read_sent_text(path, "chats.json") == '{"a": "数"}'
    assert not Path(path).exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50])
def test_what_is_no_text_is_refused_by_name(sent, content):
    with pytest.raises(RequestError, match=r"chats\.json"):
        read_sent_text(sent(content), "chats.json")


def test_no_other_file_of_the_machine_is_read(tmp_path, sent):
    other = tmp_path / "other"
    other.write_text("secret")
    link = Path(sent(b"x")).with_name("sent-link")
    link.unlink(missing_ok=True)
    link.symlink_to(other)
    for path in (str(other), str(link), "/etc/passwd", f"{get_upload_folder()}/../../etc/passwd", get_upload_folder()):
        with pytest.raises(RequestError):
            read_sent_text(path, "x")
    assert other.read_text() == "secret"
    link.unlink()
