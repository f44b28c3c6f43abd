"""Chats found again: searched from one field, pinned, reached by the keys that other chats have."""

import pytest
from playwright.sync_api import expect

from browser_page import Chats, findings

pytestmark = pytest.mark.browser

HITS = "#search-hits [role=option]"
MARKED = "() => [...(CSS.highlights.get('ds-found') ?? [])].map(String)"


@pytest.fixture
def chats(chat):
    """A page with a chat of all kinds and two newer ones, the last of them shown."""
    chats = Chats(chat)
    for question in ("all kinds", "A table, please", "中文"):
        chats.new()
        chat.ask(question)
        chat.finish()
    expect(chats.names).to_have_text(["中文", "A table, please", "all kinds"])
    return chats


def test_words_of_any_chat_lead_to_the_message_that_has_them(chats, chat):
    page = chat.page
    page.locator("#search-open").click()
    field = page.locator("#search-field")
    expect(field).to_be_focused()
    expect(page.locator(HITS)).to_have_count(3)
    field.fill("pairing TERM")
    expect(page.locator(HITS)).to_have_count(1)
    assert [text.lower() for text in page.locator("#search-hits mark").all_inner_texts()][:2] == ["pairing", "term"]
    assert findings(page) == []
    field.fill("many.")  # a thought
    expect(page.locator(HITS)).to_contain_text("Thoughts")
    expect(page.locator(HITS)).to_have_count(1)
    field.press("Enter")
    expect(page.locator("#search-sheet")).to_be_hidden()
    expect(chats.current).to_have_text("all kinds")
    expect(page.locator("#chatbot .thought-group .content")).to_contain_text("Many.")
    page.wait_for_function(f"({MARKED})().join() === 'Many.'")
    page.keyboard.press("Control+K")
    field.fill("")
    expect(page.locator(HITS)).to_have_count(3)
    field.press("ArrowDown")
    expect(page.locator(HITS).nth(1)).to_have_attribute("aria-selected", "true")
    field.fill("no such words")
    expect(page.locator("#search-count")).to_have_text("No chat has all of these words.")
    field.fill("文")
    expect(page.locator(HITS)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#search-sheet")).to_be_hidden()


def test_a_pinned_chat_stays_on_top_and_the_known_keys_are_heard(chats, chat):
    page = chat.page
    chats.do("pin", chat="all kinds")
    order = ["all kinds", "中文", "A table, please"]
    expect(chats.names).to_have_text(order)
    expect(page.locator("#chats-list h3").first).to_have_text("Pinned")
    page.reload()
    expect(chats.names).to_have_text(order)
    chats.names.first.click()
    chat.finish()
    chat.ask("count to ten")  # what is written on stays pinned
    chat.finish(2)
    expect(page.locator("#chats-list h3").first).to_have_text("Pinned")
    chats.do("unpin", chat="all kinds")
    expect(page.locator("#chats-list h3")).to_have_text(["Today"])
    page.keyboard.press("Control+Shift+O")
    expect(page.locator("#chatbot .message-row")).to_have_count(0)
    page.locator("#chats-list").click()
    page.keyboard.press("Shift+Escape")
    expect(chat.input).to_be_focused()
    page.keyboard.press("Control+B")
    expect(page.locator("#chats")).to_be_hidden()
    page.keyboard.press("Control+B")
    expect(page.locator("#chats")).to_be_visible()
