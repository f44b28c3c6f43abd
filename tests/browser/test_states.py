"""Every state of the page: axe-core finds nothing serious, dark or light, and in Chinese no English is left."""

import re

import pytest
from playwright.sync_api import expect

from browser_page import findings
from page_states import STATES, leave

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


@pytest.fixture
def page(window, fake_app_url):
    """The page as somebody new finds it."""
    window.goto("about:blank")
    everything = {"origin": fake_app_url.rstrip("/"), "storageTypes": "all"}
    window.context.new_cdp_session(window).send("Storage.clearDataForOrigin", everything)
    window.goto(fake_app_url)
    expect(window.locator("#chat-input textarea")).to_be_editable()
    return window


@pytest.mark.parametrize("state", STATES)
def test_a_state_in_both_themes_and_in_chinese(page, state):
    try:
        STATES[state](page)
        assert findings(page) == []
        assert [text for text in english(page) if text not in _NAMES] == []
        page.evaluate("document.querySelectorAll('.dark').forEach((one) => one.classList.remove('dark'))")
        assert findings(page, colours_only=True) == []
    finally:
        leave(page)
