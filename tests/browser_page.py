"""What browser tests do on a page, in words, and how they wait for what happens behind it."""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


class PageHandle:
    """A page with words for what tests do on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.input = page.locator("#chat-input textarea")
        self.send = page.locator("#chat-send")
        self.stop = page.locator("#chat-stop")
        self.retry = page.locator("#chat-retry")
        self.clear = page.locator("#chat-clear")
        self.answers = page.locator("#chatbot .bot.message .message-content > .md")
        self.questions = page.locator("#chatbot .user.message .md")
        self.figures = page.locator("#chatbot .ds-figures")

    def ask(self, text: str) -> None:
        """Write a message and send it with Enter."""
        self.input.fill(text)
        self.input.press("Enter")

    def finish(self, count: int = 1) -> Locator:
        """Wait until so many answers are complete; returns the conversation."""
        expect(self.figures).to_have_count(count)
        return self.page.locator("#chatbot")

    def open_parameters(self) -> None:
        """Open the sidebar."""
        self.page.locator("#parameters .toggle-button").click()
        expect(self.page.locator("#parameters.open")).to_be_visible()

    def scroll_width(self) -> int:
        """Return how wide the content is, in CSS pixels."""
        return self.page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")


def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> bool:
    """Wait for something that happens in the server's threads."""
    deadline_s = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return condition()
