"""Two at once in a real browser: both answered, one stopped with the other, one broken off alone, one gone on with."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE
from page_states import show_tab

pytestmark = pytest.mark.browser

SIDES = ("left", "right")


class Compare:
    """The tab, with words for what tests do on it."""

    def __init__(self, chat):
        self.chat, self.page = chat, chat.page
        show_tab(chat.page, "compare")
        self.input = chat.page.locator("#compare-input textarea")
        expect(self.input).to_be_editable()

    def answer(self, side):
        return self.page.locator(f"#compare-{side}-answer")

    def ask(self, text):
        self.input.fill(text)
        self.input.press("Enter")

    def finish(self):
        for side in SIDES:
            expect(self.answer(side).locator(".ds-figures, .ds-note, .ds-error").last).to_be_visible()
        expect(self.page.locator("#compare-send")).to_be_visible()


@pytest.fixture
def compare(chat):
    return Compare(chat)


def test_one_message_is_answered_by_two_settings_with_figures_for_each(compare, backend):
    served = len(backend.requests)
    compare.ask("a table please")
    compare.finish()
    first, second = sorted(list(backend.requests)[served:], key=lambda request: request.sampling.temperature)
    assert first.messages == second.messages
    assert (first.sampling.temperature, second.sampling.temperature) == (0.7, 1.05)
    assert {first.thinking, second.thinking} == {True, False}
    for side in SIDES:
        expect(compare.answer(side).locator(".ds-figures")).to_have_count(1)


def test_both_sides_go_on_through_a_reload(compare, backend):
    page = compare.page
    compare.ask("patience")
    for side in SIDES:
        expect(compare.answer(side)).to_contain_text("word word")
    page.reload()
    expect(page.locator("#chat-input textarea")).to_be_editable()
    again = Compare(compare.chat)
    for side in SIDES:
        expect(again.answer(side)).to_contain_text("word word")
    expect(page.locator("#compare-stop")).to_be_visible()
    backend.go_on.set()
    again.finish()
    expect(again.input).to_have_value("patience")
    page.locator("#compare-left-take").click()
    expect(compare.chat.questions).to_have_text("patience")


def test_a_side_has_parameters_of_its_own(compare, backend):
    own = compare.page.locator("#compare-right-own")
    own.get_by_role("button", name="Own parameters").click()
    own.locator("#compare-right-temperature :is(input, textarea)").press_sequentially("0.1")
    own.locator("#compare-right-max-new-tokens :is(input, textarea)").press_sequentially("5")
    served = len(backend.requests)
    compare.ask("a table please")
    compare.finish()
    asked = {request.sampling.temperature: request.sampling for request in list(backend.requests)[served:]}
    assert (asked[0.1].max_new_tokens, asked[0.7].max_new_tokens) == (5, 1024)
    expect(compare.answer("right").locator(".ds-figures summary")).to_contain_text("5 tokens")


def test_long_answers_are_shown_from_their_beginning(compare):
    compare.ask("count")
    compare.finish()
    for side in SIDES:
        expect(compare.answer(side).get_by_text("1 2 3 4")).to_be_in_viewport()
        expect(compare.answer(side).locator(".ds-figures")).not_to_be_in_viewport()


def test_one_can_be_gone_on_with_in_the_chat(compare, backend):
    compare.ask("a table please")
    compare.finish()
    compare.page.locator("#compare-right-take").click()
    expect(compare.chat.questions).to_have_text(["a table please"])
    compare.chat.ask("hello")
    compare.chat.finish(2)
    roles = [message.role for message in backend.requests[-1].messages]
    assert roles == ["user", "assistant", "user"]


def test_stop_ends_both(compare, idle):
    compare.ask("slow")
    for side in SIDES:
        expect(compare.answer(side)).to_contain_text("word word")
    compare.page.locator("#compare-stop").click()
    assert idle(within_s=3)
    compare.finish()
    for side in SIDES:
        expect(compare.answer(side).locator(".ds-note")).to_contain_text("Stopped")


def test_on_a_phone_one_stands_above_the_other(page_at, fake_app_url):
    compare = Compare(page_at(fake_app_url, **PHONE))
    left, right = (compare.page.locator(f"#compare-{side}").bounding_box() for side in SIDES)
    assert left["y"] + left["height"] <= right["y"]
    assert compare.chat.scroll_width() <= 390
    box = compare.page.locator("#compare-row").bounding_box()
    assert box["y"] + box["height"] <= 844
