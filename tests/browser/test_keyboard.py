"""Everything that is done often can be done with keys, and none of them gets between a reader and the input method."""

import pytest
from playwright.sync_api import expect

from browser_page import open_code_form
from deepseek_space.ui.html.key_sheet import KEYS
from deepseek_space.ui.words.catalogue import translations

CHINESE = translations("zh-CN")

pytestmark = pytest.mark.browser


@pytest.fixture
def keys(chat):
    return chat.page.keyboard


@pytest.fixture
def answered(chat):
    chat.ask("hello")
    chat.finish()
    return chat


def test_enter_sends_and_shift_enter_breaks_the_line(chat, keys, backend):
    chat.input.press_sequentially("one")
    keys.press("Shift+Enter")
    chat.input.press_sequentially("two")
    expect(chat.input).to_have_value("one\ntwo")
    keys.press("Enter")
    chat.finish()
    assert backend.requests[-1].messages[-1].content == "one\ntwo"


def test_enter_belongs_to_the_input_method_while_a_word_is_composed(chat, keys, backend):
    served = len(backend.requests)
    chat.input.focus()
    method = chat.page.context.new_cdp_session(chat.page)
    method.send("Input.imeSetComposition", {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6})
    keys.press("Enter")
    keys.press("Escape")
    expect(chat.questions).to_have_count(0)
    assert len(backend.requests) == served
    chat.input.fill("")
    method.send("Input.insertText", {"text": "你好"})
    keys.press("Enter")
    chat.finish()
    assert backend.requests[-1].messages[-1].content == "你好"


def test_escape_stops_the_answer(chat, keys, idle):
    chat.ask("slow")
    expect(chat.answers.last).to_contain_text("word")
    keys.press("Escape")
    assert idle(within_s=2)
    expect(chat.send).to_be_visible()


def test_escape_closes_a_panel_before_it_stops_an_answer(chat, keys):
    chat.ask("slow")
    expect(chat.answers.last).to_contain_text("word")
    keys.press("Alt+p")
    expect(chat.page.locator("#parameters.open")).to_be_visible()
    keys.press("Escape")
    expect(chat.page.locator("#parameters.open")).to_have_count(0)
    expect(chat.stop).to_be_visible()
    keys.press("Escape")
    expect(chat.send).to_be_visible()


def test_arrow_up_in_an_empty_field_edits_the_last_message(answered, keys):
    answered.input.focus()
    keys.type("draft")
    keys.press("ArrowUp")
    expect(answered.page.locator(".ds-editor")).to_have_count(0)
    answered.input.fill("")
    keys.press("ArrowUp")
    expect(answered.page.locator(".ds-editor textarea")).to_have_value("hello")
    expect(answered.page.locator(".ds-editor textarea")).to_be_focused()


def test_a_new_chat_and_back_to_the_one_before(answered, keys):
    keys.press("Alt+n")
    expect(answered.questions).to_have_count(0)
    answered.ask("fibonacci")
    answered.finish()
    keys.press("Alt+ArrowDown")
    expect(answered.questions).to_have_text("hello")
    keys.press("Alt+ArrowUp")
    expect(answered.questions).to_have_text("fibonacci")


def test_the_message_field_is_one_key_away_from_everywhere(chat, keys):
    open_code_form(chat.page)
    expect(chat.page.locator("#code-task textarea")).to_be_visible()
    keys.press("Alt+i")
    expect(chat.input).to_be_focused()


def test_the_last_answer_is_copied(page_at, fake_app_url):
    chat = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"])
    chat.ask("tabs")
    chat.finish()
    chat.page.keyboard.press("Alt+c")
    expect(chat.page.locator("#announcer")).to_have_text("Copied.")
    expect(chat.page.locator('.ds-act[name="copy"].is-done')).to_be_visible()
    assert "\tpython -m pytest" in chat.page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(("key", "panel"), [("Alt+m", "models"), ("Alt+p", "parameters")])
def test_panels_open_and_close(chat, keys, key, panel):
    keys.press(key)
    expect(chat.page.locator(f"#{panel}.open")).to_be_visible()
    keys.press(key)
    expect(chat.page.locator(f"#{panel}.open")).to_have_count(0)


class TestTheSheet:
    @pytest.fixture
    def sheet(self, chat):
        return chat.page.locator("#help-sheet")

    def test_it_lists_every_key(self, chat, sheet):
        chat.page.locator("#help-open").click()
        for what in KEYS.values():
            expect(sheet.get_by_text(what, exact=True)).to_be_visible()
        chat.page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        expect(chat.page.locator("#help-open")).to_be_focused()

    def test_it_is_in_the_readers_language(self, page_at, fake_app_url):
        page = page_at(fake_app_url, locale="zh-CN").page
        page.locator("#help-open").click()
        for what in KEYS.values():
            expect(page.locator("#help-sheet").get_by_text(CHINESE[what], exact=True)).to_be_visible()

    def test_a_question_mark_opens_it_but_for_where_one_writes(self, chat, sheet, keys):
        chat.input.press_sequentially("?")
        expect(chat.input).to_have_value("?")
        expect(sheet).to_be_hidden()
        chat.input.blur()
        keys.press("?")
        expect(sheet).to_be_visible()

    def test_the_question_mark_can_be_switched_off_for_good(self, chat, sheet, keys):
        chat.page.locator("#help-open").click()
        chat.page.locator("#single-keys").uncheck()
        chat.page.reload()
        expect(chat.input).to_be_editable()
        expect(chat.page.locator("#single-keys")).not_to_be_checked()
        chat.input.blur()
        keys.press("?")
        expect(sheet).to_be_hidden()
