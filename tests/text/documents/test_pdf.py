"""PDFs give the text of their pages, or say why they have none."""

import pytest

from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.reading import read_document
from sample_files import pdf


def test_the_pages_come_in_order(text_of):
    assert text_of("paper.pdf", pdf("First page", "Second page")) == "First page\n\nSecond page"


def test_a_pdf_is_known_by_its_beginning_too(text_of):
    assert text_of("download", pdf("Hello")) == "Hello"


def test_pages_without_text_are_counted():
    reading = read_document("paper.pdf", pdf("Text", "", ""), Limits())
    assert [document.text for document in reading.documents] == ["Text"]
    assert [str(note) for note in reading.notes] == ["paper.pdf: 2 of 3 pages have no text, only pictures or nothing."]


def test_scanned_pages_are_said_to_be_pictures(refusal_of):
    assert refusal_of("scan.pdf", pdf("", "")) == (
        "scan.pdf has no text, only pictures, as scanned pages do. Run text recognition (OCR) over it first."
    )


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_password_is_asked_to_be_taken_off(refusal_of, algorithm):
    sentence = refusal_of("secret.pdf", pdf("Hidden", password="key", algorithm=algorithm))
    assert sentence == "secret.pdf needs a password. Save it without one, then attach it."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_one_that_only_forbids_printing_is_read(text_of, algorithm):
    assert text_of("form.pdf", pdf("Open to all", password="", algorithm=algorithm)) == "Open to all"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%garbage", pdf("Hello")[:150]], ids=["garbage", "cut off"])
def test_a_damaged_one_is_refused(refusal_of, data):
    assert refusal_of("paper.pdf", data).startswith("paper.pdf ")
