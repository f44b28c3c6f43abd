"""The main job end to end: the app as its own process, the real starter model, a real browser."""

import re

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from browser_page import PHONE, open_code_form
from waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.starter]

WORDS = re.compile(r"(\w+\W+){4}")  # more than what stands there until the first token comes
FIBONACCI = "Write a Python function to find the nth Fibonacci number using memoization."


@pytest.fixture
def chat(page_at, starter_url):
    return page_at(starter_url)


@pytest.fixture(scope="module")
def engine_is_idle(starter_url):
    client = Client(starter_url, verbose=False)
    return lambda: until(lambda: client.predict(api_name="/status")["active_requests"] == 0)


def set_parameter(chat, selector, value):
    chat.page.locator(selector).fill(value)
    chat.page.locator(selector).blur()


def test_the_page_says_what_the_starter_is_and_what_it_is_not(chat):
    expect(chat.page.locator("#status-line")).to_contain_text("SmolLM2-135M-Instruct")
    expect(chat.page.locator("#status-line")).to_contain_text("Q4_1")
    expect(chat.page.locator("#status-line")).to_contain_text("Not a DeepSeek model")


def test_a_question_is_answered_in_words_that_grow(chat):
    chat.open_parameters()
    set_parameter(chat, "#temperature input[type=number]", "0")
    set_parameter(chat, "#max-new-tokens input", "120")
    chat.ask(FIBONACCI)
    answer = chat.answers.first
    expect(answer).to_be_visible()
    early = len(answer.text_content())
    chat.page.wait_for_function(
        "([selector, length]) => document.querySelector(selector).textContent.length > length + 20",
        arg=["#chatbot .bot.message .message-content > .md", early],
    )
    chat.finish()
    expect(chat.page.locator("#chatbot pre code").first).to_contain_text("def fib")
    expect(chat.figures.first).to_contain_text("tokens/s")


def test_stop_leaves_the_engine_idle_and_the_chat_goes_on(chat, engine_is_idle):
    chat.open_parameters()
    chat.ask("Write a very long story about a lighthouse keeper.")
    expect(chat.answers.first).to_contain_text(WORDS)
    chat.stop.click()
    assert engine_is_idle()
    expect(chat.send).to_be_visible()
    partial = chat.answers.first.text_content()
    assert partial
    set_parameter(chat, "#max-new-tokens input", "20")
    chat.ask("Thank you. What is 2 + 2?")
    chat.finish(2)
    assert chat.answers.first.text_content() == partial


def test_a_closed_tab_leaves_the_engine_idle(chat, engine_is_idle):
    chat.ask("Write a very long story about the sea.")
    expect(chat.answers.first).to_contain_text(WORDS)
    chat.page.close()
    assert engine_is_idle()


def test_retry_with_the_same_seed_writes_the_same_text(chat):
    chat.open_parameters()
    set_parameter(chat, "#seed input", "7")
    set_parameter(chat, "#max-new-tokens input", "30")
    chat.ask("Name three colours.")
    chat.finish()
    first = chat.answers.first.text_content()
    chat.retry.click()
    expect(chat.stop).to_be_visible()
    chat.finish()
    expect(chat.answers.first).to_have_text(first)


def test_the_code_tab_writes_code_into_the_editor(chat):
    open_code_form(chat.page)
    chat.page.locator("#code-task textarea").fill("Find the nth Fibonacci number using memoization.")
    chat.page.locator("#code-run").click()
    expect(chat.page.locator("#code-output .cm-content")).to_contain_text("fib")


def test_it_fits_a_phone_and_dark_mode(page_at, starter_url):
    chat = page_at(starter_url, color_scheme="dark", **PHONE)
    chat.ask("What is the capital of France?")
    expect(chat.answers.first).to_contain_text(" ")
    assert chat.scroll_width() <= 390
    assert chat.page.evaluate("document.body.classList.contains('dark') || !!document.querySelector('.dark')")
