"""What is not sent yet and how things are set, through a reload of the page."""

import pytest
from playwright.sync_api import expect

from browser_page import PageHandle, open_code_form
from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served

pytestmark = pytest.mark.browser

KEPT = "sessionStorage.getItem('deepseek-space-{what}')"


def attach(chat, name, text):
    chat.page.locator("#composer input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": text.encode()}]
    )
    expect(chat.page.locator("#attached .ds-file-remove")).to_have_count(1)


def set_all(chat):
    """Change parameters, write a message, attach a document and have code written."""
    chat.open_parameters()
    chat.page.locator("#temperature input[type=number]").fill("0.35")
    chat.page.locator("#seed input").fill("42")
    chat.page.locator("#system-prompt textarea").fill("Be brief.")
    chat.page.locator("#system-prompt textarea").blur()
    chat.page.keyboard.press("Escape")
    chat.page.locator("#chat-think label").click()
    attach(chat, "notes.txt", "SECRET-WORD here")
    open_code_form(chat.page)
    chat.page.locator("#code-task textarea").fill("fibonacci please")
    chat.page.locator("#code-run").click()
    expect(chat.page.locator("#code-explanation .ds-figures")).to_have_count(1)


def wait_for_kept(chat, what, part):
    chat.page.wait_for_function(f"{KEPT.format(what=what)}?.includes({part!r})")


def test_it_is_all_there_after_a_reload(chat, backend):
    set_all(chat)
    wait_for_kept(chat, "parameters", "Be brief.")
    wait_for_kept(chat, "code", '"state":"done"')
    chat.page.reload()
    expect(chat.page.locator("#attached .ds-file-name")).to_have_text("notes.txt")
    chat.open_parameters()
    expect(chat.page.locator("#temperature input[type=number]")).to_have_value("0.35")
    expect(chat.page.locator("#seed input")).to_have_value("42")
    expect(chat.page.locator("#system-prompt textarea")).to_have_value("Be brief.")
    expect(chat.page.locator("#chat-think input")).not_to_be_checked()
    expect(chat.page.locator("#max-new-tokens input")).to_have_value("1024")
    open_code_form(chat.page)
    expect(chat.page.locator("#code-task textarea")).to_have_value("fibonacci please")
    expect(chat.page.locator("#code-output")).to_contain_text("return fibonacci(n - 1) + fibonacci(n - 2)")
    expect(chat.page.locator("#code-explanation")).to_contain_text("remembers each result")
    chat.page.get_by_role("tab", name="Chat").click()
    chat.ask("hello")
    chat.finish()
    request = backend.requests[-1]
    assert (request.sampling.temperature, request.sampling.seed, request.thinking) == (0.35, 42, False)
    assert "SECRET-WORD here" in request.messages[-1].content
    chat.page.reload()
    chat.finish()
    chat.open_parameters()
    expect(chat.page.locator("#temperature input[type=number]")).to_have_value("0.35")
    expect(chat.page.locator("#attached .ds-file")).to_have_count(0)


def test_another_tab_begins_with_what_the_model_recommends(chat, fake_app_url):
    set_all(chat)
    wait_for_kept(chat, "parameters", "Be brief.")
    other = PageHandle(chat.page.context.new_page())
    other.page.goto(fake_app_url)
    expect(other.page.locator("#chat-think input")).to_be_checked()
    other.open_parameters()
    expect(other.page.locator("#system-prompt textarea")).to_have_value("")
    expect(other.page.locator("#attached .ds-file")).to_have_count(0)


def test_what_the_reader_wrote_into_the_code_is_there_after_a_reload(chat):
    page = chat.page
    open_code_form(page)
    page.locator("#code-task textarea").fill("fibonacci please")
    page.locator("#code-run").click()
    expect(page.locator("#code-explanation .ds-figures")).to_have_count(1)
    page.locator("#code-output .cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("# mine")
    wait_for_kept(chat, "code", "# mine")
    page.reload()
    open_code_form(page)
    expect(page.locator("#code-output")).to_contain_text("# mine")
    expect(page.locator("#code-output")).to_contain_text("return fibonacci(n - 1) + fibonacci(n - 2)")


def test_nothing_is_kept_where_no_history_is(page_at):
    with served(ScriptedBackend(delay_s=0.004), "--no-history") as url:
        chat = page_at(url)
        set_all(chat)
        chat.page.reload()
        expect(chat.page.locator("#chat-think input")).to_be_checked()
        chat.open_parameters()
        expect(chat.page.locator("#temperature input[type=number]")).to_have_value("0.7")
        expect(chat.page.locator("#attached .ds-file")).to_have_count(0)
        stored = "Object.values(sessionStorage).concat(Object.values(localStorage)).join()"
        assert "Be brief." not in chat.page.evaluate(stored)
        assert chat.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
