"""Files are read in a process of their own, which neither time nor memory of theirs can hold up for long."""

import pytest

from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.process import Upload, read_files
from sample_files import archive, pdf


@pytest.fixture
def upload(tmp_path):
    def upload(name, data):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        path.write_bytes(data)
        return Upload(path=str(path), name=name)

    return upload


def test_several_files_come_back_in_order_under_their_own_names(upload):
    files = [
        upload("说明.md", "你好 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16").encode()),
        upload("photo.png", b"\x89PNG\x00"),
        upload("paper.pdf", pdf("A page")),
        upload("app.zip", archive({"a.py": "1\n", "b.py": "2\n"})),
    ]
    readings = read_files(files, Limits())
    assert [[document.name for document in reading.documents] for reading in readings] == [
        ["说明.md"],
        [],
        ["paper.pdf"],
        ["a.py", "b.py"],
    ]
    assert readings[0].documents[0].text == "你好 😀"
    assert str(readings[1].notes[0]).startswith("photo.png is not text")


def test_when_the_time_is_up_the_files_that_are_not_read_are_named(upload):
    files = [upload("a.txt", b"text"), upload("b\n.txt", b"text")]
    readings = read_files(files, Limits(read_s=0.001))
    assert [str(reading.notes[0]).split(" could not")[0] for reading in readings] == ["a.txt", "b.txt"]


def test_a_file_that_needs_too_much_memory_is_refused_alone(upload):
    bomb = archive({"a.txt": b"x" * (300 * 2**20)})
    limits = Limits(memory_bytes=256 * 2**20, unpacked_bytes=2**30, characters=2**30)
    first, second = read_files([upload("bomb.zip", bomb), upload("a.txt", b"text")], limits)
    assert not first.documents
    assert "bomb.zip" in str(first.notes[0])
    assert second.documents[0].text == "text"


def test_files_that_are_too_much_together_are_left_out_from_there_on(upload):
    small = archive({"a.txt": b"x" * 600})
    files = [upload("one.zip", small), upload("two.zip", small), upload("c.txt", b"text")]
    first, second, third = read_files(files, Limits(characters=1000))
    assert len(first.documents[0].text) == 600
    assert [str(note) for note in second.notes] == [
        "The documents of one message have at most 1,000 characters; the rest was left out."
    ]
    assert not second.documents
    assert (third.documents, third.notes) == ((), ())
