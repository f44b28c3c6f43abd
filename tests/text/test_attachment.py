"""Documents stand in the prompt as in DeepSeek's own app, and are cut in the middle where they are too long."""

from dataclasses import replace

import pytest

from deepseek_space.text.attachment import Attachment, shortened, with_files


def words(text):
    return len(text.split())


def attachment(name, text):
    return Attachment(name=name, text=text, tokens=words(text))


BOOK = attachment("book.txt", "\n".join(f"line {number} of many" for number in range(1000)))


def test_the_block_is_the_published_one_to_the_character():
    files = [attachment("a.md", "# A\n"), attachment("dir/b.py", "print(1)")]
    assert with_files(files, "What is in them?") == (
        "[file name]: a.md\n[file content begin]\n# A\n\n[file content end]\n"
        "[file name]: dir/b.py\n[file content begin]\nprint(1)\n[file content end]\n"
        "What is in them?"
    )


def test_a_file_that_is_left_out_is_not_read():
    files = [attachment("a.md", "# A\n"), replace(attachment("b.md", "# B\n"), is_left_out=True)]
    assert with_files(files, "Well?") == with_files(files[:1], "Well?")


def test_a_question_without_files_is_the_question():
    assert with_files([], "Hello") == "Hello"


@pytest.mark.parametrize("tokens", [60, 100, 1234, 3999])
def test_a_document_keeps_its_beginning_and_end_and_says_what_is_left_out(tokens):
    short = shortened(BOOK, tokens, words)
    assert short.name == "book.txt"
    assert 0.5 * tokens - 24 <= short.tokens == words(short.text) <= tokens
    lines = short.text.splitlines()
    assert (lines[0], lines[-1]) == ("line 0 of many", "line 999 of many")
    note = next(line for line in lines if line.startswith("[… "))
    assert note.endswith(" tokens are left out here …]")
    kept = sum(words(line) for line in lines if line != note)
    assert int(note.split()[1].replace(",", "")) == BOOK.tokens - kept


def test_more_of_the_beginning_is_kept():
    lines = shortened(BOOK, 1000, words).text.splitlines()
    note = next(position for position, line in enumerate(lines) if line.startswith("[… "))
    assert note > 1.8 * (len(lines) - 1 - note)


def test_one_that_fits_is_not_touched():
    assert shortened(BOOK, BOOK.tokens, words) is BOOK


def test_tokens_that_are_not_spread_evenly_are_counted_all_the_same():
    dense = attachment("dense.txt", "a " * 3000 + "b" * 60_000 + " c" * 3000)
    assert shortened(dense, 1000, words).tokens <= 1000


def test_with_no_room_only_the_note_is_left():
    assert shortened(BOOK, 5, words).text == "[… 4,000 tokens are left out here …]"
