"""Chips show names and sizes, escaped, and never the text."""

from dataclasses import replace

from deepseek_space.text.attachment import Attachment
from deepseek_space.ui.html.file_chips import composer_chips, prompt_for, question_chips

FILE = Attachment(name='a<b>"&.txt', text="SECRET", tokens=12_345)


def test_a_chip_has_name_tokens_and_a_button_to_take_it_off():
    html = composer_chips([FILE])
    assert html.count("12,345 tokens") == 1
    assert 'name="file_remove" value="a&lt;b&gt;&quot;&amp;.txt"' in html
    assert 'aria-label="Remove a&lt;b&gt;&quot;&amp;.txt"' in html
    assert "<b>" not in html
    assert "SECRET" not in html


def test_a_question_that_was_sent_shows_its_files_without_buttons():
    html = question_chips([FILE, FILE])
    assert html.count("12,345 tokens") == 2
    assert "button" not in html
    assert "SECRET" not in html


def test_a_file_that_is_left_out_is_seen_to_be():
    assert question_chips([FILE, replace(FILE, is_left_out=True)]).count("is-left-out") == 1


def test_what_can_be_asked_is_offered_once_the_files_are_read():
    assert "Ask about this document" in composer_chips([FILE])
    several = composer_chips([FILE, FILE])
    assert "Ask about these documents" in several
    assert "2 documents, 24,690 tokens" in several
    reading = composer_chips([FILE], reading=["b.pdf"])
    assert "file_prompt" not in reading
    assert "Reading …" in reading


def test_notes_are_read_out_and_escaped():
    html = composer_chips([], ["x<script>.bin is not text"])
    assert 'role="alert"' in html
    assert "x&lt;script&gt;.bin is not text" in html
    assert composer_chips([]) == ""


def test_each_button_has_its_question_and_other_words_have_none():
    assert prompt_for("summarise", 1).startswith("Summarise this document")
    assert prompt_for("summarise", 2).startswith("Summarise each of these documents")
    assert prompt_for("ask", 1).startswith("What is this document about?")
    assert prompt_for("ask", 3).startswith("What are these documents about?")
    assert prompt_for("rm -rf", 1) == ""
