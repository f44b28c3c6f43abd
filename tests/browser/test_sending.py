"""What is sent is seen at once, once, and not lost: on a slow line, on none, in two windows."""

import json

import pytest
from playwright.sync_api import expect

from browser_page import PageHandle
from waiting import until


@pytest.fixture
def line(chat):
    """The page's line to the server: ``hold`` what is asked over it, let it ``go``, or ``cut`` and ``mend`` it."""
    return Line(chat.page)


class Line:
    """What the browser asks of the server, which gets it late or never."""

    def __init__(self, page):
        self.page = page
        self.held = None
        page.route("**/queue/join*", lambda route: route.continue_() if self.held is None else self.held.append(route))

    def hold(self):
        self.held = []

    def go(self):
        held, self.held = self.held, None
        for route in held:
            route.continue_()

    def cut(self):
        self.page.context.set_offline(True)

    def mend(self):
        self.page.context.set_offline(False)


def questions(chat):
    return chat.page.locator("#chatbot .user.message .md:not(:has(.ds-acts))")


def unsent(chat):
    return chat.page.locator("#outbox .ds-unsent")


def test_enter_shows_the_message_empties_the_field_and_offers_stop_before_the_server_knows(chat, backend, line):
    line.hold()
    asked = len(backend.requests)
    chat.ask("slow *one*\n1. <b>")
    expect(questions(chat)).to_have_text("slow *one*\n1. <b>")
    expect(chat.stop).to_be_visible()
    expect(chat.input).to_have_value("")
    assert len(backend.requests) == asked
    chat.input.press("Enter")
    expect(chat.page.locator("#page-note")).to_contain_text("Write a message first")
    chat.ask("count, please")
    chat.input.fill("typed ahead")
    expect(unsent(chat)).to_contain_text("count, please")
    expect(unsent(chat)).to_contain_text("Will be sent when the answer is complete.")
    line.go()
    expect(chat.page.locator("#chatbot")).to_contain_text("word word")
    expect(chat.input).to_have_value("typed ahead")
    assert len(backend.requests) == asked + 1
    backend.go_on.set()
    chat.finish(2)
    expect(unsent(chat)).to_have_count(0)
    assert [each.messages[-1].content for each in [*backend.requests][asked:]] == [
        "slow *one*\n1. <b>",
        "count, please",
    ]
    expect(chat.input).to_have_value("typed ahead")


def test_other_versions_edits_and_maths_are_there_at_once_and_nothing_is_sent_twice(chat, backend, line):
    chat.ask("a table")
    chat.finish()
    asked = len(backend.requests)
    line.hold()
    chat.input.fill("2 + 2?")
    chat.page.locator("#chat-maths").click()
    expect(chat.input).to_have_value(
        "2 + 2?\n\nPlease reason step by step, and put your final answer within \\boxed{}."
    )
    chat.input.fill("")
    chat.retry.dblclick()
    expect(chat.stop).to_be_visible()
    expect(chat.page.locator("#chatbot")).to_contain_text("Sending …")
    expect(chat.figures).to_have_count(0)
    chat.ask("patience")
    unsent(chat).get_by_role("button").click()
    expect(chat.input).to_have_value("patience")
    line.go()
    chat.finish()
    assert len(backend.requests) == asked + 1
    line.hold()
    chat.act("edit").click()
    chat.page.locator(".ds-editor textarea").fill("patience")
    chat.page.locator(".ds-editor").get_by_role("button", name="Send").click()
    expect(questions(chat)).to_have_text("patience")
    chat.stop.click()
    line.go()
    expect(chat.page.locator("#chatbot .ds-note")).to_contain_text("Stopped")


def test_without_a_line_nothing_is_lost_and_all_goes_when_it_is_back(chat, backend, line):
    chat.ask("a table")
    chat.finish()
    line.cut()
    chat.act("edit").click()
    editor = chat.page.locator(".ds-editor textarea")
    editor.fill("another table")
    chat.retry.click()
    expect(chat.page.locator("#page-note")).to_contain_text("nothing was done")
    chat.page.locator(".ds-editor").get_by_role("button", name="Send").click()
    chat.ask("hello")
    expect(unsent(chat)).to_have_count(2)
    expect(unsent(chat).first).to_contain_text("No connection.")
    line.mend()
    chat.finish(2)
    expect(questions(chat)).to_have_text(["another table", "hello"])
    expect(unsent(chat)).to_have_count(0)


def test_what_waits_and_what_is_edited_is_there_after_a_reload(chat, backend):
    chat.ask("a table")
    chat.finish()
    chat.act("edit").click()
    chat.page.locator(".ds-editor textarea").fill("half a thought")
    chat.ask("patience")
    expect(chat.page.locator("#chatbot")).to_contain_text("word word")
    chat.ask("hello")
    chat.input.fill("a draft")
    chat.page.reload()
    expect(unsent(chat)).to_contain_text("hello")
    expect(chat.page.locator(".ds-editor textarea")).to_have_value("half a thought")
    expect(chat.input).to_have_value("a draft")
    backend.go_on.set()
    chat.finish(3)
    expect(questions(chat).last).to_have_text("hello")


def test_a_second_window_of_a_chat_can_write_too_and_its_message_waits_for_the_answer(chat, fake_app_url, backend):
    chat.ask("a table")
    chat.finish()
    kept = chat.page.evaluate("sessionStorage.getItem('deepseek-space-chat')")
    other = PageHandle(chat.page.context.new_page())
    other.page.add_init_script(f"sessionStorage.setItem('deepseek-space-chat', {json.dumps(kept)})")
    other.page.goto(fake_app_url)
    other.finish()
    chat.ask("patience")
    expect(chat.page.locator("#chatbot")).to_contain_text("word word")
    other.ask("hello")
    expect(unsent(other)).to_contain_text("Will be sent when the answer is complete.")
    backend.go_on.set()
    other.finish(3)
    chat.finish(3)
    for page in (chat, other):
        expect(questions(page)).to_have_text(["a table", "patience", "hello"])


def test_files_show_how_far_they_are_and_the_message_waits_for_them(chat, backend):
    arrived = []
    chat.page.route("**/gradio_api/upload*", lambda route: arrived.append(route))
    chat.page.locator("#composer input[type=file]").set_input_files(
        [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"SECRET-WORD here"}]
    )
    expect(chat.page.locator("#uploads .ds-file")).to_contain_text("notes.txt")
    expect(chat.page.locator("#uploads")).to_contain_text("%")
    asked = len(backend.requests)
    chat.ask("hello")
    expect(unsent(chat)).to_contain_text("Will be sent when the files are there.")
    chat.page.unroute("**/gradio_api/upload*")
    chat.page.reload()
    chat.finish()
    assert until(lambda: len(backend.requests) == asked + 1)
    assert "SECRET-WORD here" in backend.requests[-1].messages[-1].content
    expect(chat.page.locator("#uploads .ds-file")).to_have_count(0)
