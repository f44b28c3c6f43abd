import pytest

from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.reading import read_document


@pytest.fixture
def text_of():
    """Return a function that reads a file of one document, of which there is nothing to say."""

    def text_of(name, data):
        reading = read_document(name, data, Limits())
        assert reading.notes == ()
        (document,) = reading.documents
        assert document.name == name
        return document.text

    return text_of


@pytest.fixture
def refusal_of():
    """Return a function that gives the one sentence with which a file is refused."""

    def refusal_of(name, data, **limits):
        reading = read_document(name, data, Limits(**limits))
        assert reading.documents == ()
        (note,) = reading.notes
        return str(note)

    return refusal_of
