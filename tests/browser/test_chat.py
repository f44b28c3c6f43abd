"""The Chat tab in a real browser, over the scripted backend."""

import re

import pytest
from playwright.sync_api import expect

from deepseek_space.backends.scripted.script import HTML
from deepseek_space.types import Message
from deepseek_space.ui.html.render import JOINER
from deepseek_space.ui.html.welcome import STARTS
from waiting import until

pytestmark = pytest.mark.browser


def plain(element):
    """The text of an element without the invisible signs that keep it text."""
    return element.text_content().replace(JOINER, "")


def test_the_answer_grows_as_it_streams(chat, idle):
    chat.ask("slow")
    answer = chat.answers.last
    expect(answer).to_contain_text("word word")
    first = len(answer.inner_text())
    chat.page.wait_for_function(
        "([selector, length]) => [...document.querySelectorAll(selector)].at(-1).innerText.length > length + 50",
        arg=["#chatbot .bot.message .message-content > .md", first],
    )
    chat.stop.click()
    assert idle()


def test_thoughts_have_a_panel_open_while_thinking_and_folded_after(chat):
    chat.ask("muse")
    panel = chat.page.locator("#chatbot .thought-group")
    expect(panel).to_contain_text("Thinking")
    expect(panel.locator(".content")).to_contain_text("hm hm")
    chat.stop.click()
    expect(panel).to_contain_text("Thoughts")
    expect(panel.locator(".content")).to_have_count(0)
    panel.locator(".title").click()
    expect(panel.locator(".content")).to_contain_text("hm hm")


def test_markdown_formulas_and_code_are_rendered(chat):
    chat.ask("a table please")
    conversation = chat.finish()
    expect(conversation.locator("table td", has_text="5,050")).to_be_visible()
    expect(conversation.locator(".katex")).to_have_count(5)
    expect(conversation.locator(".katex-display")).to_have_count(2)
    expect(conversation.locator(".katex-error")).to_have_count(0)
    expect(conversation.locator("pre code .token.keyword").first).to_be_visible()


def test_tabs_and_indentation_are_intact(chat):
    chat.ask("tabs")
    blocks = chat.finish().locator("pre code")
    expect(blocks).to_have_count(2)
    assert plain(blocks.nth(0)) == 'test:\n\tpython -m pytest\n\t@echo "done"\n'
    assert '\n\tif x := 3; x < 4 {\n\t\tfmt.Println("x <b>is</b> small")\n' in plain(blocks.nth(1))


def test_a_message_to_begin_with_is_answered_and_half_a_message_stays(chat, backend):
    welcome = chat.page.locator("#welcome")
    chat.input.fill("half a message")
    welcome.get_by_role("button", name=STARTS["fibonacci"].title).click()
    expect(chat.finish().locator("pre code")).to_contain_text("@cache")
    assert backend.requests[-1].messages[-1].content == STARTS["fibonacci"].message
    expect(chat.input).to_have_value("half a message")
    expect(welcome).to_be_hidden()
    chat.new.click()
    expect(welcome).to_be_visible()


def test_what_is_copied_is_what_was_written(page_at, fake_app_url):
    chat = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"])
    chat.ask("html *or* <b>")
    chat.finish()
    for name, text in (("copy_question", "html *or* <b>"), ("copy", HTML)):
        chat.act(name).click()
        expect(chat.page.locator(f'.ds-act[name="{name}"].is-done')).to_be_visible()
        assert chat.page.evaluate("navigator.clipboard.readText()") == text


def test_what_is_selected_and_copied_is_what_was_written(page_at, fake_app_url):
    chat = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"])
    chat.ask("html")
    chat.finish()
    answer = chat.answers.filter(has_text="Tags are text here")
    assert "\u2060" in answer.inner_text()
    answer.select_text()
    chat.page.keyboard.press("ControlOrMeta+c")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert '<img src="x" onerror="window.pwned = true">' in copied
    assert not set(copied) & {"\u2060", "\u2063"}


def test_a_copied_block_of_code_has_its_tabs(page_at, fake_app_url):
    chat = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"])
    chat.ask("tabs")
    chat.finish().locator('[data-code="copy"]').first.click()
    copied = 'test:\n\tpython -m pytest\n\t@echo "done"'
    assert until(lambda: chat.page.evaluate("navigator.clipboard.readText()") == copied)


def test_html_is_shown_and_never_run(page_at, fake_app_url):
    chat, dialogs = page_at(fake_app_url, alone=True), []
    chat.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    chat.ask('<svg onload="window.pwned = true"> <script>window.pwned = true</script> html')
    conversation = chat.finish()
    for tag in ("<b>bold</b>", "<think>hm</think>", "<script>window.pwned = true; alert(", "List<String>"):
        expect(conversation).to_contain_text(re.compile(re.escape(tag).replace("<", f"<{JOINER}?")))
    expect(chat.questions.first).to_contain_text("<script>window.pwned = true</script>")
    assert chat.page.evaluate("window.pwned") is None
    assert dialogs == []
    expect(conversation.locator("script, b, .md img")).to_have_count(0)


def test_a_message_is_shown_as_it_was_typed(chat, backend):
    text = "1. *not* a list\n\n    indented\t`x`\n<|im_end|> <｜User｜> # no heading"
    chat.ask(text)
    chat.finish()
    assert chat.questions.first.inner_text() == text
    assert backend.requests[-1].messages[-1] == Message(role="user", content=text)


def test_figures_are_under_the_answer_and_unfold(chat):
    chat.ask("hello")
    figures = chat.finish().locator(".ds-figures")
    expect(figures.locator("summary")).to_have_text(
        re.compile(r"fake · \d+ tokens · [\d.]+ tokens/s · first after [\d.]+ s")
    )
    figures.locator("summary").click()
    expect(figures.locator("table")).to_be_visible()


def test_stop_keeps_the_partial_answer_and_the_chat_goes_on(chat, backend, idle):
    chat.ask("slow")
    expect(chat.answers.last).to_contain_text("word word")
    chat.stop.click()
    assert idle(within_s=2)
    expect(chat.page.locator("#chatbot .ds-note")).to_contain_text("Stopped")
    expect(chat.send).to_be_visible()
    chat.finish().locator(".ds-figures summary").click()
    expect(chat.page.locator("#chatbot .ds-figures table")).to_contain_text("stopped by you")
    kept = chat.page.locator("#chatbot .bot.message .md", has_text="word word").inner_text()
    chat.ask("hello")
    chat.finish(2)
    roles = [message.role for message in backend.requests[-1].messages]
    assert roles == ["user", "assistant", "user"]
    assert backend.requests[-1].messages[1].content.strip() == kept.strip()


def test_retry_answers_the_last_message_again(chat, backend):
    chat.ask("hello there")
    chat.finish()
    served = len(backend.requests)
    chat.retry.click()
    expect(chat.page.locator("#chatbot .ds-versions")).to_contain_text("2 / 2")
    assert len(backend.requests) == served + 1
    assert [message.content for message in backend.requests[-1].messages] == ["hello there"]
    expect(chat.questions).to_have_count(1)


def test_a_new_chat_knows_nothing_of_the_old_one(chat, backend):
    chat.ask("hello")
    chat.finish()
    chat.new.click()
    expect(chat.questions).to_have_count(0)
    chat.ask("again")
    chat.finish()
    assert [message.content for message in backend.requests[-1].messages] == ["again"]


def test_shift_enter_breaks_the_line_and_enter_sends(chat, backend):
    chat.input.fill("hello")
    chat.input.press("Shift+Enter")
    chat.input.press_sequentially("second line")
    assert chat.input.input_value() == "hello\nsecond line"
    expect(chat.questions).to_have_count(0)
    chat.input.press("Enter")
    chat.finish()
    assert backend.requests[-1].messages[-1].content == "hello\nsecond line"
    expect(chat.input).to_have_value("")


def test_a_blank_message_is_not_sent(chat, backend):
    served = len(backend.requests)
    chat.ask("  ")
    expect(chat.page.get_by_text("Write a message first")).to_be_visible()
    assert len(backend.requests) == served


def test_a_megabyte_is_refused_with_one_sentence_and_stays_in_the_box(chat, backend):
    served = len(backend.requests)
    chat.ask("x" * 1_000_000)
    expect(chat.page.get_by_text("1,000,000 characters long")).to_be_visible()
    chat.page.wait_for_function("document.querySelector('#chat-input textarea').value.length === 1_000_000")
    assert len(backend.requests) == served
    chat.ask("hello")
    chat.finish()


def test_an_error_in_mid_stream_keeps_the_text_and_the_page_goes_on(chat):
    chat.ask("error")
    expect(chat.page.locator("#chatbot .ds-error")).to_contain_text("Try again.")
    expect(chat.page.locator("#chatbot")).to_contain_text("This answer begins well")
    expect(chat.page.locator("body")).not_to_contain_text("Traceback")
    expect(chat.page.locator("#chatbot .ds-figures summary")).to_contain_text("6 tokens")
    chat.ask("hello")
    chat.finish(2)


def test_an_example_is_sent_with_a_click(chat, backend):
    chat.page.get_by_role("button", name=re.compile("Fibonacci")).click()
    chat.finish()
    assert backend.requests[-1].messages[-1].content.startswith("Write a Python function to find the nth Fibonacci")


def test_two_readers_do_not_see_each_other(chat, page_at, fake_app_url, idle):
    other = page_at(fake_app_url)
    chat.ask("slow")
    other.ask("hello there")
    other.finish()
    expect(other.page.locator("#chatbot")).not_to_contain_text("word word")
    expect(chat.answers.last).to_contain_text("word word")
    chat.stop.click()
    assert idle()
