"""Documents in a real browser: attached, asked about, counted, and the choice where they are too long."""

import re

import pytest
from playwright.sync_api import expect

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES
from page_server import served
from sample_files import archive, paragraph, pdf, word

pytestmark = pytest.mark.browser

LONG = "\n".join(f"line {number} of a long book" for number in range(30_000))

_DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  const at = document.querySelector("#chatbot");
  for (const type of ["dragover", "drop"])
    at.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def chips(chat):
    return chat.page.locator("#attached .ds-file:has(.ds-file-remove)")


def attach(chat, **files):
    """Choose files with the button; ``paper_pdf`` is paper.pdf."""
    chosen = [
        {"name": name.replace("_", "."), "mimeType": "", "buffer": data if isinstance(data, bytes) else data.encode()}
        for name, data in files.items()
    ]
    chat.page.locator("#composer input[type=file]").set_input_files(chosen)


def test_files_of_many_kinds_become_chips_and_go_with_the_question(chat, chips, backend):
    packed = archive({"app/main.py": "print(1)", "app/logo.png": b"\0"})
    attach(chat, notes_md="# Notes", paper_pdf=pdf("A page"), letter_docx=word(paragraph("Dear all")), app_zip=packed)
    expect(chips).to_have_text(
        ["notes.md 2 tokens×", "paper.pdf 2 tokens×", "letter.docx 2 tokens×", "app/main.py 1 token×"]
    )
    expect(chat.page.locator("#attached .is-warning")).to_contain_text("app/logo.png")
    chat.page.get_by_role("button", name="Remove paper.pdf").click()
    expect(chips).to_have_count(3)
    chat.ask("What is in them?")
    chat.finish()
    expect(chips).to_have_count(0)
    shown = chat.page.locator("#chatbot .ds-file-name")
    expect(shown).to_have_text(["notes.md", "letter.docx", "app/main.py"])
    assert backend.requests[-1].messages[-1].content == (
        "[file name]: notes.md\n[file content begin]\n# Notes\n[file content end]\n"
        "[file name]: letter.docx\n[file content begin]\nDear all\n[file content end]\n"
        "[file name]: app/main.py\n[file content begin]\nprint(1)\n[file content end]\n"
        "What is in them?"
    )


def test_a_file_that_cannot_be_read_is_refused_by_name(chat, chips):
    attach(chat, photo_png=b"\x89PNG\0", scan_pdf=pdf(""))
    notes = chat.page.locator("#attached .is-warning")
    expect(notes).to_contain_text("photo.png is not text")
    expect(notes).to_contain_text("scan.pdf has no text, only pictures")
    expect(chips).to_have_count(0)


def test_of_several_files_those_that_are_too_large_are_named_and_the_others_attached(page_at):
    with served(ScriptedBackend(SCENES), "--max-upload", "1") as url:
        chat = page_at(url)
        attach(chat, small_txt="small", huge_txt="x" * (2**20 + 1))
        expect(chat.page.locator("#attached .ds-file:has(.ds-file-remove)")).to_have_text(["small.txt 1 token×"])
        expect(chat.page.locator("#attached .is-warning")).to_contain_text("huge.txt")


_PASTE = """(types) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["pasted words"], "pasted.txt"));
  for (const type of types) clipboardData.setData(type, "words");
  const field = document.querySelector("#chat-input textarea");
  return field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_a_pasted_file_is_attached_but_not_the_picture_that_comes_with_a_pasted_text(chat, chips):
    is_left_to_the_field = chat.page.evaluate(_PASTE, ["text/plain"])
    assert is_left_to_the_field
    assert not chat.page.evaluate(_PASTE, [])
    expect(chips).to_have_text(["pasted.txt 2 tokens×"])


def test_a_file_that_is_pasted_before_the_button_is_built_is_attached_once_it_is(chat, chips):
    button = chat.page.locator("#composer input[type=file]").element_handle()
    place = button.evaluate_handle("(button) => { const place = button.parentNode; button.remove(); return place; }")
    chat.page.evaluate(_PASTE, [])
    place.evaluate("(place, button) => place.append(button)", button)
    expect(chips).to_have_text(["pasted.txt 2 tokens×"])


def test_a_dropped_file_is_attached_and_summarised_with_one_click(chat, chips, backend):
    chat.page.evaluate(_DROP, ["dropped.txt", "All about experts."])
    expect(chips).to_have_text(["dropped.txt 3 tokens×"])
    chat.page.get_by_role("button", name="Summarise").click()
    chat.finish()
    content = backend.requests[-1].messages[-1].content
    assert content.startswith("[file name]: dropped.txt\n[file content begin]\nAll about experts.\n")
    assert "Summarise this document" in content


def test_the_meter_counts_documents_and_what_is_typed(chat, chips):
    meter = chat.page.locator(".ds-meter-text")
    expect(meter).to_have_count(0)
    chat.input.fill("one two three")
    expect(meter).to_have_text("11 of 131,072 tokens")  # with what a template writes around a message
    attach(chat, a_txt="four words of text")
    expect(meter).to_have_text("24 of 131,072 tokens")
    chat.page.locator(".ds-meter").click()
    expect(chat.page.locator("#context-table")).to_contain_text("Documents13")


def test_too_long_a_document_is_the_readers_choice_and_nothing_is_lost(chat, chips, backend):
    served = len(backend.requests)
    attach(chat, book_txt=LONG)
    expect(chips).to_have_count(1)
    chat.ask("What happens?")
    panel = chat.page.locator("#fit-panel")
    expect(panel).to_contain_text("This does not fit the model's context")
    expect(chat.input).to_have_value("What happens?")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel).to_be_empty()
    expect(chat.input).to_have_value("What happens?")
    expect(chips).to_have_count(1)
    assert len(backend.requests) == served
    chat.input.press("Enter")
    meter = chat.page.locator("#context-meter .ds-meter")
    expect(meter).to_have_class(re.compile("is-over"))
    panel.get_by_role("button", name="Shorten book.txt").click()
    expect(chat.stop).to_be_visible()
    expect(meter).not_to_have_class(re.compile("is-over"))
    expect(chat.stop).to_be_visible()
    chat.finish()
    expect(chat.input).to_have_value("")
    content = backend.requests[-1].messages[-1].content
    assert content.startswith("[file name]: book.txt\n[file content begin]\nline 0 of a long book\n")
    assert content.endswith("line 29999 of a long book\n[file content end]\nWhat happens?")
    assert " tokens are left out here …]" in content
    assert len(content.split()) < 131_072


def test_a_document_of_an_earlier_turn_is_left_out_by_itself_and_taken_in_again(chat, chips, backend):
    attach(chat, book_txt="old " * 100_000)
    expect(chips).to_have_count(1)
    chat.ask("hello")
    chat.finish()
    attach(chat, news_txt="new " * 60_000)
    expect(chips).to_have_count(1)
    chat.ask("And this?")
    chat.page.locator("#fit-panel").get_by_role("button", name="Leave out book.txt, of an earlier turn").click()
    chat.finish(2)
    assert "old old" not in backend.requests[-1].messages[0].content
    assert [message.content.endswith("hello") for message in backend.requests[-1].messages] == [True, False, False]
    marked = chat.page.locator("#chatbot .ds-left-out")
    expect(marked).to_contain_text("Left out of the context: book.txt.")
    expect(chat.page.locator("#chatbot .ds-file.is-left-out .ds-file-name")).to_have_text("book.txt")
    chat.page.reload()
    chat.finish(2)
    marked.get_by_role("button", name="Take it in again").click()
    expect(marked).to_have_count(0)
    expect(chat.page.locator("#context-meter .ds-meter")).to_have_class(re.compile("is-over"))


def test_a_document_is_not_sent_to_the_page(chat, chips):
    attach(chat, secret_txt="SECRET-WORD " * 10)
    expect(chips).to_have_count(1)
    chat.ask("hello")
    chat.finish()
    assert "SECRET-WORD" not in chat.page.content()


def test_a_document_is_there_after_a_reload_in_mid_answer_though_it_is_sent_once(chat, chips, backend):
    attach(chat, book_txt="SECRET-WORD " * 1000)
    expect(chips).to_have_count(1)
    chat.ask("half")
    answer = chat.page.locator("#chatbot .bot.message .md", has_text="1 2 3 4").last
    expect(answer).to_contain_text(" 20 ")
    chat.page.reload()
    expect(answer).to_contain_text(" 20 ")
    backend.go_on.set()
    expect(answer).to_contain_text(" 600")
    chat.finish()
    chat.page.reload()
    chat.finish()
    chat.ask("And now?")
    chat.finish(2)
    assert "SECRET-WORD SECRET-WORD" in backend.requests[-1].messages[0].content


def test_a_model_that_comes_is_counted_for(page_at):
    backend = ScriptedBackend(SCENES, change_s=0.5)
    with served(backend) as url:
        chat = page_at(url)
        meter = chat.page.locator(".ds-meter-text")
        chat.input.fill("one two three")
        expect(meter).to_have_text("11 of 131,072 tokens")
        backend.unload()
        expect(meter).to_have_count(0)
        backend.load("r1-tiny")
        expect(meter).to_have_text("11 of 131,072 tokens")
