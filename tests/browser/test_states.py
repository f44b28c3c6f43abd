"""Every state of the page: axe-core finds nothing serious, dark or light, and in Chinese no English is left.

What ``assets/gradio.css`` styles of Gradio is there in some state: after an upgrade this tells what Gradio calls
otherwise now.
"""

import re

import pytest
from playwright.sync_api import expect

from browser_page import findings, open_code_form
from gradio_sheet import missing, selectors
from page_states import STATES, chat, leave

pytestmark = pytest.mark.browser

# What is said by people, models and programs is in their own words; what the page says of it is not.
_SHOWN = """() => {
  const ours = ".ds-acts, .ds-figures, .ds-note, .ds-error, .ds-going-on, .ds-editor";
  const theirs = "script, style, noscript, .cm-editor, .ds-chat-name, .ds-file-name, .ds-title, .message .prose";
  const isThere = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest("[inert]");
  const isOurs = (element) => isThere(element) && (element.closest(ours) || !element.closest(theirs));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const shown = [];
  while (texts.nextNode()) if (isOurs(texts.currentNode.parentElement)) shown.push(texts.currentNode.data);
  for (const element of [...document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")].filter(isThere))
    for (const name of ["aria-label", "title", "placeholder", "alt"]) shown.push(element.getAttribute(name) ?? "");
  return [...new Set(shown.map((text) => text.trim()))];
}"""
_NAMES = {"DeepSeek Space", "English", "fake", "cpu", "Top-p", "Top-k", "Min-p", "Coder", "Math", "r1-tiny", "notes.md"}
_NAMES |= {"sales.csv", "book.txt", "Enter", "Shift", "Esc", "Alt", "R1 in name only, tiny"}
_NAMES |= {"Apache-2.0", "MIT", "int8", "main.py", "Ctrl"}


def english(page):
    """Return what stands on the page, seen or spoken, without a Chinese sign in it, and is no name."""
    words = [text.strip(" ·") for text in page.evaluate(_SHOWN)]
    return [text for text in words if re.search("[A-Za-z]{3}", text) and not re.search("[\u4e00-\u9fff]", text)]


@pytest.fixture(scope="module")
def window(browser):
    """One window for all states, as a page that was compiled already opens with a third less work."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", color_scheme="dark", locale="zh-CN"
    )
    context.add_init_script("sessionStorage.clear()")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def unseen():
    """The selectors by which nothing was found so far."""
    return selectors()


@pytest.fixture
def opened(window, fake_app_url):
    """Return a function that returns the page as somebody new finds it."""

    def open_page():
        window.goto("about:blank")
        everything = {"origin": fake_app_url.rstrip("/"), "storageTypes": "all"}
        window.context.new_cdp_session(window).send("Storage.clearDataForOrigin", everything)
        window.goto(fake_app_url)
        expect(window.locator("#chat-input textarea")).to_be_editable()
        return window

    return open_page


@pytest.mark.parametrize("state", STATES)
def test_a_state_in_both_themes_and_in_chinese(opened, unseen, state):
    page = opened()
    try:
        STATES[state](page)
        unseen &= missing(page, unseen)
        assert findings(page) == []
        assert [text for text in english(page) if text not in _NAMES] == []
        page.evaluate("document.querySelectorAll('.dark').forEach((one) => one.classList.remove('dark'))")
        assert findings(page, colours_only=True) == []
    finally:
        leave(page)


def test_each_selector_of_gradio_matches_something(opened, unseen):
    for play in (chat("all kinds"), with_a_file, far_up, before_anything, *STATES.values()):
        if not unseen:
            break
        page = opened()
        play(page)
        unseen &= missing(page, unseen)
        leave(page)
    assert not unseen, "\n".join(sorted(unseen))


def with_a_file(page):
    """A question that was sent with a file."""
    STATES["documents"](page)
    chat("hello there")(page)


def far_up(page):
    """The beginning of a long answer."""
    chat("long")(page)
    # Gradio scrolls down once more a little after the last update.
    page.wait_for_function("""() => {
      const wrap = document.querySelector("#chatbot .bubble-wrap");
      wrap.onscroll = () => { wrap.scrollTop = 0; };
      wrap.scrollTop = 0;
      return document.querySelector(".scroll-down-button-container");
    }""")


def before_anything(page):
    """The other tabs before anything is asked there, in the dark."""
    page.emulate_media(color_scheme="dark")
    page.reload()
    open_code_form(page)
    expect(page.locator("#code-task textarea")).to_be_visible()
    STATES["comparing"](page)
    page.locator("#compare-left-own > button").click()
    expect(page.locator("#compare-left-temperature")).to_be_visible()
