"""The page in English and Chinese: by the browser's language, switched on the page, for labels and sentences alike."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE
from deepseek_space.ui.words.catalogue import translations

CHINESE = translations("zh-CN")

pytestmark = pytest.mark.browser


@pytest.fixture
def chinese(page_at, fake_app_url):
    return page_at(fake_app_url, locale="zh-CN")


def test_a_browser_in_chinese_gets_a_page_in_chinese(chinese):
    page = chinese.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(chinese.send).to_have_text(CHINESE["Send"])
    expect(page.locator("#parameters-open")).to_have_text(CHINESE["Parameters"])
    expect(page.locator("#page-menu legend").first).to_have_text(CHINESE["Theme"])


def test_sentences_of_events_are_in_the_language_of_the_page(chinese):
    chinese.ask("slow")
    chinese.stop.click()
    note = CHINESE["Stopped. What was written so far is kept."]
    expect(chinese.page.locator("#chatbot").get_by_text(note)).to_be_visible()


def test_the_language_is_switched_on_the_page_and_stays(page_at, fake_app_url):
    chat = page_at(fake_app_url)
    chat.page.locator("#menu-open").click()
    chat.page.locator('[data-language="zh-CN"]').click()
    expect(chat.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(chat.send).to_have_text(CHINESE["Send"])
    chat.page.reload()
    expect(chat.send).to_have_text(CHINESE["Send"])
    chat.input.press("Enter")
    expect(chat.page.get_by_text(CHINESE["Write a message first, then send it."])).to_be_visible()
    notice, head = (chat.page.locator(place).bounding_box() for place in ("#page-note", "#header"))
    assert notice["y"] >= head["y"] + head["height"]  # its buttons stay in reach
    chat.page.locator("#menu-open").click()
    chat.page.locator('[data-language="en"]').click()
    expect(chat.send).to_have_text("Send")


def test_chinese_has_room_on_a_phone(page_at, fake_app_url):
    chat = page_at(fake_app_url, **{**PHONE, "viewport": {"width": 360, "height": 740}, "locale": "zh-CN"})
    chat.ask("table")
    chat.finish()
    assert chat.scroll_width() <= 360
