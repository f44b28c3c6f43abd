"""Every state of the page: axe-core finds nothing serious, light or dark, and in Chinese no English is left."""

import re

import pytest

from browser_page import findings
from page_states import STATES, leave

pytestmark = pytest.mark.browser

# What is said by people, models and programs is in their own words; what the page says of it is not.
_SHOWN = """() => {
  const ours = ".ds-acts, .ds-figures, .ds-note, .ds-error, .ds-going-on, .ds-editor";
  const theirs = "script, style, noscript, .cm-editor, .ds-chat-name, .ds-file-name, .ds-title, .message .prose";
  const isTheirs = (element) => element.closest(theirs) && !element.closest(ours);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const shown = [];
  while (texts.nextNode()) if (!isTheirs(texts.currentNode.parentElement)) shown.push(texts.currentNode.data);
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
    for (const name of ["aria-label", "title", "placeholder", "alt"]) shown.push(element.getAttribute(name) ?? "");
  return [...new Set(shown.map((text) => text.trim()))];
}"""
_NAMES = {"DeepSeek Space", "English", "fake", "cpu", "Top-p", "Top-k", "Min-p", "Coder", "Math", "r1-tiny", "notes.md"}
_NAMES |= {"sales.csv", "book.txt", "Enter", "Shift", "Esc", "Alt"}


def english(page):
    """Return what stands on the page, seen or spoken, without a Chinese sign in it, and is no name."""
    words = [text.strip(" ·") for text in page.evaluate(_SHOWN)]
    return [text for text in words if re.search("[A-Za-z]{3}", text) and not re.search("[\u4e00-\u9fff]", text)]


@pytest.mark.parametrize("state", STATES)
def test_in_the_light(page_at, fake_app_url, state):
    page = page_at(fake_app_url, color_scheme="light", reduced_motion="reduce").page
    STATES[state](page)
    assert findings(page) == []
    leave(page)


@pytest.mark.parametrize("state", STATES)
def test_in_the_dark_and_in_chinese(page_at, fake_app_url, state):
    page = page_at(fake_app_url, color_scheme="dark", reduced_motion="reduce", locale="zh-CN").page
    STATES[state](page)
    assert findings(page) == []
    assert [text for text in english(page) if text not in _NAMES] == []
    leave(page)
