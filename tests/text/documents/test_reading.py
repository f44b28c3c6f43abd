"""What holds for every kind of file: its size, its name, and that nothing in it raises."""

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.reading import read_document
from sample_files import archive, notebook, paragraph, pdf, word

WHOLE = {
    "a.pdf": pdf("A page"),
    "a.docx": word(paragraph("text")),
    "a.ipynb": notebook({"cell_type": "code", "source": "x"}),
    "a.zip": archive({"a.txt": "text"}),
    "a.txt": "text 文".encode("utf-16"),
}


def test_an_empty_file_is_refused(refusal_of):
    assert refusal_of("a.txt", b" \n") == "a.txt is empty."


def test_a_file_over_the_limit_is_refused(refusal_of):
    sentence = refusal_of("a.txt", b"x" * (2**20 + 1), file_bytes=2**20)
    assert sentence == "a.txt is larger than 1 MiB, the most that can be attached."


def test_too_much_text_is_refused(refusal_of):
    sentence = refusal_of("a.txt", b"x" * 11, characters=10)
    assert sentence == "a.txt has 11 characters; the most that can be attached is 10."
    packed = archive({"a.txt": "x" * 6, "b.txt": "x" * 6})
    assert refusal_of("a.zip", packed, characters=10).startswith("a.zip has 12 characters")


@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 2000), st.binary(max_size=8))
def test_a_damaged_file_is_read_or_refused_in_one_sentence(name, position, change):
    whole = WHOLE[name]
    position %= len(whole)
    reading = read_document(name, whole[:position] + change + whole[position + len(change) :], Limits())
    assert reading.documents or len(reading.notes) == 1
    assert all(name in str(note) for note in reading.notes)
