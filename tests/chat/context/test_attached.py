"""What a message takes along: each document once, under a name of its own, within the limits."""

import copy

import pytest

from deepseek_space.chat.context.attached import Attached
from deepseek_space.text.documents.document import Document, Limits


def documents(*pairs):
    return [(Document(name=name, text=text), len(text)) for name, text in pairs]


def test_documents_are_kept_in_order_with_their_tokens():
    attached = Attached()
    attached.add(documents(("b.txt", "12345"), ("a.txt", "1")), Limits())
    assert [(file.name, file.text, file.tokens) for file in attached.files.values()] == [
        ("b.txt", "12345", 5),
        ("a.txt", "1", 1),
    ]


def test_the_same_document_is_attached_once_and_another_of_that_name_gets_a_number():
    attached = Attached()
    attached.add(
        documents(("docs/a.md", "one"), ("docs/a.md", "one"), ("docs/a.md", "two"), ("docs/a.md", "3")), Limits()
    )
    assert list(attached.files) == ["docs/a.md", "docs/a (2).md", "docs/a (3).md"]
    assert [file.name for file in attached.files.values()] == list(attached.files)


def test_too_many_documents_and_too_much_text_are_said_and_not_taken():
    attached = Attached()
    attached.add(documents(("a", "1"), ("b", "2"), ("c", "3")), Limits(files=2))
    assert list(attached.files) == ["a", "b"]
    assert attached.notes == ["At most 2 documents go with one message; the rest was left out."]
    attached.add(documents(("c", "3" * 9)), Limits(characters=10))
    assert list(attached.files) == ["a", "b"]
    assert "at most 10 characters" in attached.notes[-1]


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_what_is_said_of_files_held_back_goes_with_those_chosen_with_them_and_no_longer(is_heard_first):
    attached = Attached()
    events = [lambda: attached.hold_back(["large.pdf is too large."], is_alone=False), attached.begin]
    for event in events if is_heard_first else reversed(events):  # each is an event of its own
        event()
    attached.tell(["scan.pdf has no text."])
    assert attached.notes == ["large.pdf is too large.", "scan.pdf has no text."]
    attached.begin()
    attached.tell([])
    assert attached.notes == []


def test_what_is_said_of_a_file_held_back_alone_is_gone_with_the_next_choice():
    attached = Attached()
    attached.hold_back(["alone.pdf is too large."], is_alone=True)
    assert attached.notes == ["alone.pdf is too large."]
    attached.begin()
    attached.tell([])
    assert attached.notes == []


def test_one_is_taken_off_by_name_and_all_when_they_are_sent():
    attached = Attached()
    attached.add(documents(("a", "1"), ("b", "2")), Limits())
    attached.remove("a")
    attached.remove("never there")
    assert list(attached.files) == ["b"]
    attached.clear()
    assert attached.files == {}


def test_a_copy_has_files_of_its_own():
    attached = Attached()
    other = copy.deepcopy(attached)
    other.add(documents(("a", "1")), Limits())
    assert attached.files == {}
