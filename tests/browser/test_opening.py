"""The page as it opens: something to write in within a moment, whatever else is late, fails once, or never comes."""

import pytest
from playwright.sync_api import expect

from browser_page import PageHandle

ENTRY = "**/assets/index-*.js"


@pytest.fixture
def window(browser):
    """A window with nothing in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_what_is_written_before_the_page_is_there_goes_on_in_it_and_what_was_sent_is_sent(
    window, fake_app_url, backend
):
    held = []
    window.route(ENTRY, lambda route: held.append(route))
    window.goto(fake_app_url, wait_until="commit")
    expect(window.get_by_role("textbox", name="Message")).to_be_focused()
    window.keyboard.type("hello")
    window.keyboard.press("Enter")
    window.keyboard.type("next messge")
    window.keyboard.press("ArrowLeft")
    window.keyboard.press("ArrowLeft")
    expect(window.locator("#shell-outbox")).to_contain_text("Will be sent when the page is ready.")
    for route in held:
        route.continue_()
    chat = PageHandle(window)
    expect(window.locator("#shell")).to_have_count(0)
    window.keyboard.type("a")
    expect(chat.input).to_have_value("next message")
    chat.finish()
    expect(chat.questions).to_have_text("hello")


def test_a_part_that_fails_is_loaded_again_and_what_was_written_stays(window, fake_app_url, backend):
    failures = []

    def fail_once(route):
        failures.append(route.request.url)
        route.abort() if len(failures) == 1 else route.continue_()

    window.route("**/assets/Index-*.js", fail_once)
    window.goto(fake_app_url, wait_until="commit")
    window.locator("#shell-input").fill("a draft")
    expect(window.locator("#chat-input textarea")).to_have_value("a draft")
    assert len(failures) > 1
    expect(window.locator("#shell")).to_have_count(0)
    window.evaluate("dispatchEvent(new CustomEvent('ds-part-failed'))")  # as the shell's script does from now on
    expect(window.locator("#page-note")).to_contain_text("A part of this page could not be loaded.")


def test_a_part_that_never_comes_is_told_with_a_way_to_try_again(window, fake_app_url, backend):
    window.route(ENTRY, lambda route: route.abort())
    window.goto(fake_app_url, wait_until="commit")
    expect(window.locator("#shell-news")).to_contain_text("A part of this page could not be loaded.")
    window.unroute(ENTRY)
    window.get_by_role("button", name="Load again").click()
    expect(window.locator("#chat-input textarea")).to_be_editable()
