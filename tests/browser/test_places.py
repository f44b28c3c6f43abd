"""Every tab and every chat has an address and a title: Back, Forward, a reload, an address from elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from page_server import served

pytestmark = pytest.mark.browser


def test_back_forward_and_a_reload_lead_where_the_reader_was(chat):
    page = chat.page
    expect(page).to_have_title("DeepSeek Space")
    chat.ask("hello there")
    chat.finish()
    expect(page).to_have_title("hello there · DeepSeek Space")
    first = page.url
    assert re.search(r"/#chat/[\w-]{20,}$", first)
    chat.new.click()
    expect(page).to_have_url(re.compile("/#chat$"))
    chat.ask("maths")
    chat.finish()
    page.get_by_role("tab", name="Code").click()
    expect(page).to_have_title("Code · DeepSeek Space")
    page.reload()
    expect(page.locator(".ds-work-head")).to_be_visible()
    expect(page).to_have_url(re.compile("/#code$"))
    page.go_back()
    expect(page).to_have_title("maths · DeepSeek Space")
    expect(chat.input).to_be_visible()
    page.go_back()
    expect(page).to_have_url(first)
    expect(chat.questions).to_have_text(["hello there"])
    page.go_forward()
    expect(chat.questions).to_have_text(["maths"])
    page.goto("about:blank")
    page.goto(first)
    expect(chat.questions).to_have_text(["hello there"])
    expect(page.locator('#chats-list [aria-current="true"]')).to_have_text("hello there")


def test_an_address_of_a_chat_that_is_kept_elsewhere_says_so(page_at, fake_app_url):
    page = page_at(f"{fake_app_url}#chat/of-another-browser").page
    expect(page.locator("#chats-toast")).to_contain_text("not in this browser")
    expect(page).to_have_url(re.compile("/#chat$"))
    expect(page.locator("#welcome .ds-start").first).to_be_visible()


def test_a_tab_is_a_link_that_a_new_window_follows(page_at, fake_app_url):
    page = page_at(fake_app_url, alone=True).page
    with page.context.expect_page() as opened:
        page.get_by_role("tab", name="Compare").click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url(f"{fake_app_url}**", wait_until="commit")
    address = opened.value.url
    opened.value.close()  # headless Chromium brings down one in fifteen of those that a link opens
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("#compare-input textarea")).to_be_visible()
    expect(page.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true")


def test_without_a_list_of_chats_tabs_have_addresses_all_the_same(page_at, backend):
    with served(backend, "--no-history") as url:
        page = page_at(url).page
        page.get_by_role("tab", name="Code").click()
        expect(page).to_have_url(re.compile("/#code$"))
        page.go_back()
        expect(page.locator("#chat-input textarea")).to_be_visible()
