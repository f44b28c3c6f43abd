"""What ``assets/page/gradio.js`` says of Gradio is so in the Gradio that is installed. Where it is not,
docs/gradio-upgrade.md says what to do."""

import pytest
from playwright.sync_api import expect

from browser_page import open_code_form
from deepseek_space.ui import page_scripts
from waiting import until

pytestmark = pytest.mark.browser

ROOM = page_scripts.address("gradio.js")
SELECTORS = f"async () => {{ const {{ GRADIO, FIELDS }} = await import('{ROOM}'); return {{ ...GRADIO, ...FIELDS }} }}"


class Search:
    """The names that have not been seen on the page so far."""

    def __init__(self, page):
        self.page = page
        self.missing = page.evaluate(SELECTORS)

    def look(self):
        there = "names => Object.keys(names).filter((name) => document.querySelector(names[name]))"
        for name in self.page.evaluate(there, self.missing):
            del self.missing[name]


def test_everything_that_it_names_is_drawn_by_gradio(page_at, fake_app_url):
    chat = page_at(fake_app_url, color_scheme="dark")
    page, search = chat.page, Search(chat.page)
    chat.ask("hello")
    chat.finish()
    chat.ask("fibonacci")
    chat.finish(2)
    search.look()
    page.locator("#models-open").click()
    expect(page.locator("#models.open")).to_be_visible()
    search.look()
    chat.open_parameters()
    expect(page.locator("#parameters input[type=number]").first).to_be_visible()
    search.look()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare-input")).to_be_visible()
    search.look()
    open_code_form(page)
    page.locator("#code-run").click()
    expect(page.get_by_text("Describe the task first.")).to_be_visible()
    search.look()
    page.locator("#code-language input").click()
    expect(page.get_by_role("option", name="Rust")).to_be_visible()
    search.look()
    assert search.missing == {}


def in_room(page, script):
    return page.evaluate(f"async () => {{ const room = await import('{ROOM}'); return await ({script})(room); }}")


def test_rows_stand_where_it_says(chat):
    chat.ask("hello")
    chat.finish()
    log = "document.querySelector('#chatbot ' + room.GRADIO.conversation)"
    assert in_room(chat.page, f"(room) => room.rowsOf({log}).matches(':has(> ' + room.GRADIO.messageRow + ')')")
    edit = "document.querySelector('.ds-act[name=edit]').closest(room.GRADIO.messageRow)"
    assert in_room(chat.page, f"(room) => room.rowAbove({edit}).textContent.includes('hello')")


def test_a_sidebar_is_opened_by_its_button(chat):
    panel = "document.querySelector('#parameters')"
    chat.open_parameters()
    assert in_room(chat.page, f"({{ sidebar }}) => sidebar.isRight({panel}) && sidebar.isOpen({panel})")
    in_room(chat.page, f"({{ sidebar }}) => sidebar.button({panel}).click()")
    expect(chat.page.locator("#parameters.open")).to_have_count(0)
    assert not in_room(chat.page, f"({{ sidebar }}) => sidebar.isOpen({panel})")


def test_files_are_laid_down_and_their_size_is_bounded(chat):
    assert in_room(chat.page, "(room) => room.mostFileBytes()") == 32 * 2**20
    path = in_room(chat.page, "(room) => room.upload(new Blob(['x']))")
    assert path.endswith("text")


def test_its_editor_is_coloured_by_rules_that_are_found_and_copies_by_the_built_in_that_is_replaced(
    page_at, fake_app_url
):
    page = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"]).page
    in_room(page, "(room) => room.mendCopies((text) => { window.copied = text; return text; })")
    open_code_form(page)
    page.locator("#code-task textarea").fill("fibonacci")
    page.locator("#code-run").click()
    expect(page.locator("#code-explanation .ds-figures")).to_be_visible()
    assert in_room(page, "(room) => [...room.editorRules()].some(({ style }) => style.color)")
    page.locator("#code-output").get_by_role("button", name="Copy").click()
    page.wait_for_function("window.copied?.includes('def fibonacci')")


COUNTED = """async () => {
  const frame = requestAnimationFrame;
  let asked = 0;
  window.requestAnimationFrame = (react) => { asked += 1; return frame(react); };
  for (let drawn = 0; drawn < 40; drawn += 1) await new Promise(frame);
  window.requestAnimationFrame = frame;
  return asked;
}"""


def test_a_page_that_waits_draws_nothing_though_gradio_would_count_at_each_frame(chat):
    chat.ask("hello")
    chat.finish()
    assert until(lambda: chat.page.evaluate(COUNTED) < 10, within_s=20)


def test_gradio_asks_for_the_store_and_the_language_after_the_page_s_scripts(page_at, fake_app_url):
    chat = page_at(fake_app_url, locale="zh-CN")
    assert chat.page.evaluate("navigator.language") == "zh-CN"
    order = """() => {
      const started = (part) => performance.getEntriesByType("resource").findIndex(({ name }) => name.includes(part));
      const scripts = [...document.querySelectorAll("script[type=module]")].map(({ src }) => src);
      return [scripts[0].includes("page.js"), scripts[1].includes("/assets/index"), started("page.js") >= 0];
    }"""
    assert chat.page.evaluate(order) == [True, True, True]
