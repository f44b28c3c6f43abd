"""A zip becomes its files, named by their paths; one that could do harm is refused before anything is unpacked."""

import io
import zipfile

import pytest

from deepseek_space.text.documents.document import DAMAGED, Limits
from deepseek_space.text.documents.reading import read_document
from sample_files import archive, pdf


def test_the_files_of_a_folder_keep_their_paths():
    packed = archive({"app/main.py": "print(1)\n", "app/docs/说明.md": "# 说明\n", "app/paper.pdf": pdf("A page")})
    reading = read_document("app.zip", packed, Limits())
    assert [(document.name, document.text) for document in reading.documents] == [
        ("app/main.py", "print(1)\n"),
        ("app/docs/说明.md", "# 说明\n"),
        ("app/paper.pdf", "A page"),
    ]
    assert reading.notes == ()


def test_what_is_no_text_is_left_out_by_name():
    pictures = {f"img/{number}.png": b"\x89PNG\x00" for number in range(7)}
    reading = read_document("site.zip", archive({"index.html": "<p>", "empty.txt": "", **pictures}), Limits())
    assert [document.name for document in reading.documents] == ["index.html"]
    assert str(reading.notes[0]) == (
        "Left out of site.zip, as they could not be read as text (8): "
        "empty.txt, img/0.png, img/1.png, img/2.png, img/3.png …"
    )


def test_what_tools_put_beside_is_passed_over_without_a_word():
    files = {"a.py": "1", ".git/config": "x", "__MACOSX/._a.py": "x", "web/node_modules/b.js": "x", ".DS_Store": "x"}
    reading = read_document("a.zip", archive(files), Limits())
    assert [document.name for document in reading.documents] == ["a.py"]
    assert reading.notes == ()


def test_chinese_names_written_by_windows_are_read():
    packed = archive({"????.txt": "text"}).replace(b"????.txt", "说明.txt".encode("gbk"))
    reading = read_document("a.zip", packed, Limits())
    assert [document.name for document in reading.documents] == ["说明.txt"]


@pytest.mark.parametrize("path", ["../../etc/passwd", "a/../../b.txt", "/etc/passwd", "C:/windows/x.txt", "..\\x.txt"])
def test_a_path_that_leads_out_is_refused(refusal_of, path):
    sentence = refusal_of("evil.zip", archive({"fine.txt": "text", path: "text"}))
    assert sentence.endswith("leads out of the archive.")


def test_too_many_files_are_refused(refusal_of):
    packed = archive({f"{number}.txt": "x" for number in range(11)})
    assert refusal_of("many.zip", packed, files=10) == (
        "many.zip holds 11 files; at most 10 can be attached. Pack only those that matter."
    )


def test_a_bomb_is_refused_by_what_it_says_of_itself(refusal_of):
    packed = archive({f"{number}.txt": bytes(2**20) for number in range(4)})
    assert len(packed) < 10_000
    assert refusal_of("bomb.zip", packed, unpacked_bytes=2**20) == (
        "bomb.zip unpacks to more than 1 MiB. Pack only what matters."
    )


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_says(refusal_of):
    packed = archive({"a.txt": bytes(2**22)})
    honest, lie = (2**22).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert refusal_of("bomb.zip", packed.replace(honest, lie), unpacked_bytes=2**20) == (
        DAMAGED.format(name="bomb.zip")
    )


def test_an_archive_within_is_refused(refusal_of):
    packed = archive({"inner.zip": archive({"a.txt": "x"})})
    assert refusal_of("outer.zip", packed) == "outer.zip holds another archive, 'inner.zip'. Unpack that first."


def test_folders_without_end_are_refused(refusal_of):
    path = "a/" * 20 + "b.txt"
    assert refusal_of("deep.zip", archive({path: "x"})).startswith("deep.zip has folders more than 16 deep")


def test_a_password_is_asked_to_be_taken_off(refusal_of):
    packed = bytearray(archive({"a.txt": "x"}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    assert refusal_of("secret.zip", bytes(packed)).startswith("secret.zip needs a password.")


def test_another_kind_of_packing_is_refused(refusal_of):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("a.txt", "x")
    assert "Pack it as a plain zip" in refusal_of("odd.zip", out.getvalue())


def test_one_that_is_damaged_or_holds_nothing_is_refused(refusal_of):
    assert refusal_of("a.zip", b"PK\x03\x04 cut off") == DAMAGED.format(name="a.zip")
    assert refusal_of("a.zip", archive({"a.png": b"\x00"})).startswith("a.zip holds no file that can be read.")
