"""The page over a model that cannot chat: the Code tab continues code and fills gaps, the Chat tab says so.

What it fills in at the cursor of a file is in ``test_workbench.py``.
"""

import re

import pytest
from playwright.sync_api import expect

from browser_page import open_code_form
from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served

pytestmark = pytest.mark.browser


@pytest.fixture
def base_backend():
    backend = ScriptedBackend(delay_s=0.001, change_s=0)
    backend.load("coder-base")
    return backend


@pytest.fixture
def page(base_backend, page_at):
    with served(base_backend) as url:
        yield page_at(url).page


def test_code_is_continued_then_a_gap_is_filled_and_a_chat_sent_elsewhere(page):
    open_code_form(page)
    expect(page.locator("#code-mode")).to_contain_text("A base model")
    expect(page.locator("#code-task")).to_be_hidden()
    page.locator("#code-before textarea").fill("def fibonacci(n):\n")
    page.locator("#code-run").click()
    editor = page.locator("#code-output .cm-content")
    expect(editor).to_contain_text("def fibonacci(n):")
    expect(editor).to_contain_text("print([fibonacci(n)")
    expect(page.locator("#code-run")).to_be_visible()
    page.locator("#code-take").click()
    expect(page.locator("#code-before textarea")).to_have_value(re.compile(r"print\(\[fibonacci"))

    page.locator("#code-mode").get_by_text("Fill a gap").click()
    page.locator("#code-before textarea").fill("return ")
    page.locator("#code-after textarea").fill("fibonacci(n - 2)")
    page.locator("#code-run").click()
    expect(editor).to_have_text("return fibonacci(n - 1) + fibonacci(n - 2)")

    page.get_by_role("tab", name="Chat").click()
    page.locator("#chat-input textarea").fill("hello")
    page.locator("#chat-send").click()
    expect(page.locator("#chatbot .ds-error")).to_contain_text("use the Code tab")


def test_a_model_that_chats_again_is_asked_in_words_again(page, base_backend):
    page.get_by_role("tab", name="Code").click()
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator("#chat-input")).to_be_hidden()
    base_backend.load("coder-tiny")
    expect(page.locator("#chat-input")).to_be_visible()
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator("#code-before")).to_be_hidden()
    expect(page.locator("#code-mode")).to_be_hidden()


def test_an_empty_chat_leads_to_the_code_tab_and_offers_messages_to_a_model_that_chats(page, base_backend):
    welcome = page.locator("#welcome")
    expect(welcome).to_contain_text("continues texts and does not chat.")
    welcome.get_by_role("button", name="Go to the Code tab").click()
    expect(page.locator("#workbench")).to_be_visible()
    base_backend.load("coder-tiny")
    page.get_by_role("tab", name="Chat").click()
    expect(welcome.locator(".ds-start")).to_have_count(4)
    welcome.get_by_role("button", name="Choose a DeepSeek model").click()
    expect(page.locator("#models.open")).to_be_visible()
