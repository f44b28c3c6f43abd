"""How an answer reads: tables, lists, code, text from right to left; and what a reader of the screen is told of it."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE, findings

pytestmark = pytest.mark.browser


@pytest.fixture
def answer(page_at, fake_app_url):
    """The page with an answer of all kinds, whose text is the locator that is returned."""
    chat = page_at(fake_app_url, permissions=["clipboard-read", "clipboard-write"])
    chat.ask("all kinds")
    chat.finish()
    return chat.page.locator("#chatbot .bot.message .md:has(table)")


# How much of an element is free beside its text.
FREE = """element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const [text, box] = [range, element].map((each) => each.getBoundingClientRect());
  return { left: text.left - box.left, right: box.right - text.right };
}"""


LIES_OVER = """bar => {
  const [lower, upper] = [bar, bar.parentElement.querySelector("pre")].map((each) => each.getBoundingClientRect());
  return Math.max(0, lower.bottom - upper.top);
}"""


def css(locator, name):
    return locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)


def lines(cell):
    return cell.evaluate(
        """cell => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size;
        }"""
    )


def a_wide_table_scrolls_by_itself_and_breaks_no_word(answer):
    table = answer.locator("table").first
    for size in ({"width": 1440, "height": 900}, PHONE["viewport"]):
        answer.page.set_viewport_size(size)
        assert table.evaluate("table => table.scrollWidth > table.clientWidth")
        assert answer.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert lines(table.locator("th").first) <= 2
        assert lines(table.locator("td").first) <= 4
    assert table.get_attribute("tabindex") == "0"


def lists_keep_their_size_and_a_task_has_a_box_in_place_of_a_bullet(answer):
    sizes = {css(item, "fontSize") for item in answer.locator("li").all()}
    assert len(sizes) == 1
    boxes = answer.locator("li input")
    assert boxes.evaluate_all("boxes => boxes.map(({ checked }) => checked)") == [True, False, True, False]
    fills = [css(box, "backgroundImage") != "none" for box in boxes.all()]
    assert fills == [True, False, True, False]
    assert {css(item, "listStyleType") for item in answer.locator("li:has(input)").all()} == {"none"}


def each_block_runs_as_its_letters_do(answer):
    for block, direction in {"p:text-is('مرحبا بالعالم.')": "rtl", "blockquote": "rtl", "h1": "ltr"}.items():
        assert css(answer.locator(block).last, "direction") == direction
    arabic, english = (answer.locator("li", has_text=text).evaluate(FREE) for text in ("قائمة", "and English"))
    assert arabic["right"] < 2 < arabic["left"]
    assert english["left"] < 2 < english["right"]


def test_code_has_a_bar_with_its_language_that_breaks_lines_and_copies_by_key(answer):
    page, code = answer.page, answer.locator("pre").first
    bar = page.locator(".ds-code-bar").first
    expect(bar).to_have_text("python")
    assert bar.evaluate(LIES_OVER) == 0
    wrap, copy = bar.get_by_role("button", name="Break long lines"), bar.get_by_role("button", name="Copy the code")
    wrap.focus()
    page.keyboard.press("Enter")
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert css(code.locator("code"), "whiteSpace") == "pre-wrap"
    page.keyboard.press("Tab")
    expect(bar.get_by_role("button", name="Open as a file")).to_be_focused()
    page.keyboard.press("Tab")
    expect(copy).to_be_focused()
    assert copy.get_attribute("title")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@cached\ndef total(")
    assert copied.endswith("None")
    page.reload()
    expect(page.locator("html")).to_have_class("ds-wraps-code")


def test_a_diagram_is_code_until_it_is_whole_and_one_click_away_from_it_then(chat, backend):
    chat.ask("diagram")
    block = chat.page.locator("#chatbot .is-diagram")
    expect(block.locator("code")).to_contain_text("A --> B")
    expect(block).not_to_have_attribute("data-shows", "drawing")
    backend.go_on.set()
    chat.finish()
    drawing, code = block.locator("img"), block.locator("pre")
    expect(drawing).to_be_visible()
    expect(code).to_be_hidden()
    assert findings(chat.page) == []
    block.get_by_role("button", name="Code", exact=True).click()
    expect(code).to_contain_text("B --> C")
    expect(drawing).to_be_hidden()
    block.get_by_role("button", name="Drawing").click()
    expect(drawing).to_be_visible()
    block.get_by_role("button", name="Open as a file").click()
    expect(chat.page.locator(".ds-work-file")).to_have_text(["diagram.mmd"])
    chat.page.locator(".ds-run-open").click()
    run = chat.page.frame_locator(".ds-run-frame").frame_locator("iframe")
    expect(run.locator("svg").first).to_be_visible()


def a_reader_of_the_screen_hears_who_speaks_and_no_html(answer):
    labels = answer.page.locator("#chatbot [data-testid][aria-label]").evaluate_all(
        "messages => messages.map((message) => message.ariaLabel)"
    )
    assert labels == ["Your message", "Thoughts", "Answer"]


def test_an_answer_reads_well(answer):
    for holds in (
        a_wide_table_scrolls_by_itself_and_breaks_no_word,
        lists_keep_their_size_and_a_task_has_a_box_in_place_of_a_bullet,
        each_block_runs_as_its_letters_do,
        a_reader_of_the_screen_hears_who_speaks_and_no_html,
    ):
        holds(answer)
