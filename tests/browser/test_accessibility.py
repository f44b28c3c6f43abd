"""axe-core finds nothing serious in any main state, and readers of the screen are told what happens."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE, contrast, findings, open_code_form
from waiting import until

pytestmark = pytest.mark.browser


def empty(chat):
    expect(chat.page.locator("#welcome .ds-start").first).to_be_visible()


def answered(chat):
    chat.ask("table")
    chat.finish()
    expect(chat.page.locator("#chatbot pre:not([tabindex])")).to_have_count(0)


def models(chat):
    chat.page.locator("#models-open").click()
    expect(chat.page.locator("#models.open .ds-choice").first).to_be_visible()


def parameters(chat):
    chat.open_parameters()


def test_nothing_serious_is_found_on_a_phone(page_at, fake_app_url):
    chat = page_at(fake_app_url, **PHONE, reduced_motion="reduce")
    answered(chat)
    assert findings(chat.page) == []
    models(chat)
    assert findings(chat.page) == []


def test_the_beginning_and_the_end_of_an_answer_are_told_and_its_letters_are_not(chat):
    told = chat.page.locator("#announcer")
    expect(told).to_have_role("status")
    expect(chat.page.locator("#chatbot [role=log]")).to_have_attribute("aria-live", "off")
    chat.ask("slow")
    expect(told).to_have_text("The answer is being written.")
    chat.stop.click()
    expect(told).to_have_text("The answer has ended.")


def test_the_first_stop_of_the_tab_key_leads_to_the_message_field(chat):
    expect(chat.input).to_be_focused()
    chat.page.keyboard.press("Tab")
    skip = chat.page.locator(".ds-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    chat.page.keyboard.press("Tab")
    expect(skip).not_to_be_focused()
    chat.page.keyboard.press("Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    chat.page.keyboard.press("Tab")
    expect(skip).not_to_be_focused()


def test_who_has_begun_to_write_goes_on_from_the_message_with_tab(chat):
    chat.page.keyboard.type("hello")
    chat.page.keyboard.press("Tab")
    expect(chat.page.locator("#chat-attach")).to_be_focused()
    expect(chat.input).to_have_value("hello")


@pytest.mark.parametrize("context", [{}, PHONE], ids=["wide", "phone"])
def test_the_knobs_of_sliders_are_whole(page_at, fake_app_url, context):
    chat = page_at(fake_app_url, **context)
    parameters(chat)
    for slider in ("#temperature", "#top-p", "#repetition-penalty"):
        expect(chat.page.locator(slider)).to_have_css("overflow", "visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_for_copying_is_seen_well_under_every_answer(page_at, fake_app_url, scheme):
    page = page_at(fake_app_url, color_scheme=scheme).page
    open_code_form(page)
    page.locator("#code-task textarea").fill("table")
    page.locator("#code-run").click()
    expect(page.locator("#code-explanation .ds-figures")).to_have_count(1)
    expect(page.locator("#code-explanation .message-buttons").first).to_have_css("opacity", "1")
    assert contrast(page, "#code-explanation .message-buttons .icon-button") >= 4.5


def test_everything_is_in_reach_at_twice_the_size(page_at, fake_app_url):
    # Zoom halves the page in CSS pixels.
    chat = page_at(fake_app_url, viewport={"width": 640, "height": 400})
    answered(chat)
    assert chat.scroll_width() <= 640
    for name in ("#chat-send", "#models-open", "#parameters-open"):
        expect(chat.page.locator(name)).to_be_in_viewport(ratio=1)


_SMALL = """(LEAST) =>
  [...document.querySelectorAll("button, summary, select, [role=button], a[href]")]
    .filter((each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter((each) => !each.closest("[inert]"))
    .map((each) => [each.id || each.name || each.className || each.textContent, each.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1 && (box.width < LEAST || box.height < LEAST))
    .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""


def test_a_narrow_phone_needs_no_sideways_scroll_and_a_thumb_hits_everything(page_at, fake_app_url):
    chat = page_at(fake_app_url, **{**PHONE, "viewport": {"width": 360, "height": 740}})
    for state in (empty, answered, models, parameters):
        state(chat)
        assert (state.__name__, chat.scroll_width() <= 360) == (state.__name__, True)
        assert (state.__name__, chat.page.evaluate(_SMALL, 39.5)) == (state.__name__, [])
        chat.page.keyboard.press("Escape")  # closes what is open


def test_a_thumb_hits_the_main_buttons_of_a_phone_19_pixels_beside_their_middle(page_at, fake_app_url):
    page = page_at(fake_app_url, **PHONE).page
    hits = """(button) => {
      const { left, top, width, height } = button.getBoundingClientRect();
      const at = (above) => document.elementFromPoint(left + width / 2, top + height / 2 + above);
      return [-19, 19].map((above) => button.contains(at(above)));
    }"""
    for name in ("#chat-send", "#models-open", "#parameters-open", "#chats-open"):
        expect(page.locator(name)).to_be_visible()
        assert until(lambda name=name: page.locator(name).evaluate(hits) == [True, True]), name


def test_a_keyboard_on_the_screen_leaves_the_composer_in_sight(page_at, fake_app_url):
    chat = page_at(fake_app_url, **PHONE)
    # As Safari does: what is seen becomes smaller, the window does not.
    chat.page.evaluate("""() => {
      Object.defineProperty(visualViewport, "height", { value: innerHeight - 320 });
      visualViewport.dispatchEvent(new Event("resize"));
    }""")
    expect(chat.page.locator("gradio-app")).to_have_css("height", f"{PHONE['viewport']['height'] - 320}px")
    box = chat.send.bounding_box()
    assert box["y"] + box["height"] <= PHONE["viewport"]["height"] - 320
