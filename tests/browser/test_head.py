"""The head of the page: one row in which everything is reached, at every width; theme; the model button.

Zoomed to 200 % a window has half its width in CSS pixels, each of two pixels of the screen: that is what a window of
half the width with a scale factor of two is to the page.
"""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE
from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served
from waiting import until

pytestmark = pytest.mark.browser

# Zoomed to 200 %, windows of 640 to 1920 have those of 320 to 960.
WIDTHS = (320, 360, 390, 480, 540, 560, 640, 720, 768, 920, 960, 1024, 1061, 1100, 1280, 1440, 1920)
WITH_PANELS = (320, 540, 768, 1061, 1440)
LONG_NAME = "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"
# What stands in the row, and what is wrong with it: beyond the window, not in the row, covered, or over its neighbour.
_FAULTS = """() => {
  const seen = [...document.querySelectorAll("#header :is(button, a)")].filter((each) =>
    each.checkVisibility() && !each.closest("dialog, .ds-skip, [popover]:popover-open"));
  const boxes = seen.map((each) => [each.id || each.ariaLabel || each.textContent, each, each.getBoundingClientRect()]);
  const faults = [];
  for (const [name, each, box] of boxes) {
    const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (box.left < 0 || box.right > innerWidth) faults.push(`${name} is beyond the window`);
    if (box.top < 0 || box.bottom > 60) faults.push(`${name} is not in the row`);
    if (!each.contains(middle)) faults.push(`${name} is covered by ${middle?.outerHTML.slice(0, 80)}`);
    if (box.width < 32) faults.push(`${name} is ${box.width} wide`);
  }
  for (const [at, [name, , box]] of boxes.entries())
    for (const [other, , next] of boxes.slice(at + 1))
      if (box.left < next.right - 1 && next.left < box.right - 1) faults.push(`${name} lies over ${other}`);
  if (boxes.length < 6) faults.push(`only ${boxes.map(([name]) => name)}`);
  return faults;
}"""


def faults(page, width):
    """Return what is wrong in a window of that width with each panel, and what can be reached from the row."""
    page.set_viewport_size({"width": width, "height": 600})
    found = page.evaluate(_FAULTS)
    for panel in ("models", "parameters") if width in WITH_PANELS else ():
        page.locator(f"#{panel}-open").click()
        expect(page.locator(f"#{panel}.open")).to_be_visible()
        found += [f"{panel} open: {fault}" for fault in page.evaluate(_FAULTS)]
        page.locator(f"#{panel}-open").click()
    if page.locator("#tabs-open").is_visible():
        page.locator("#tabs-open").click()
        expect(page.locator("#page-tabs .ds-tab").last).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
    return [f"{width}: {fault}" for fault in found]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_everything_is_in_one_row_and_in_reach_at_every_width(page_at, fake_app_url, language):
    window = {"viewport": {"width": WIDTHS[0], "height": 600}, "device_scale_factor": 2}
    page = page_at(fake_app_url, **window, locale=language).page
    page.locator(".ds-name").evaluate("(place, name) => { place.textContent = name; }", LONG_NAME)
    assert [fault for width in WIDTHS for fault in faults(page, width)] == []
    page.locator("#chats-open").click()
    expect(page.locator("#chats.open")).to_be_visible()
    assert [fault for width in (1000, 1280) for fault in faults(page, width)] == []


def test_a_sign_says_its_name_to_whoever_rests_at_it(page_at, fake_app_url):
    page = page_at(fake_app_url, viewport={"width": 768, "height": 600}).page
    said = "sign => getComputedStyle(sign, '::after').visibility"
    for name in ("#help-open", "#parameters-open", '.ds-tab[href="#code"]'):
        assert page.locator(name).evaluate(said) == "hidden"
        page.locator(name).hover()
        assert until(lambda name=name: page.locator(name).evaluate(said) == "visible"), name


class TestTheme:
    def dark(self, page):
        return page.evaluate("document.body.classList.contains('dark')")

    def choose(self, page, theme):
        page.locator("#menu-open").click()
        page.locator(f"#page-menu label:has([value={theme}])").click()
        page.keyboard.press("Escape")

    def test_the_reader_s_choice_holds_against_the_system_and_over_a_reload(self, chat):
        page = chat.page
        assert not self.dark(page)
        self.choose(page, "dark")
        assert self.dark(page)
        page.emulate_media(color_scheme="dark")
        page.emulate_media(color_scheme="light")
        assert self.dark(page)
        page.reload()
        expect(chat.input).to_be_editable()
        assert self.dark(page)
        expect(page.locator("#page-menu [value=dark]")).to_be_checked()
        self.choose(page, "system")
        assert not self.dark(page)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("body.dark")).to_have_count(1)

    def test_of_gradio_s_footer_what_programs_need_is_in_the_menu(self, chat):
        expect(chat.page.locator("footer")).to_be_hidden()
        chat.page.locator("#menu-open").click()
        chat.page.get_by_role("button", name="Use from programs (API)").click()
        expect(chat.page.locator(".api-docs")).to_be_visible()


def test_what_is_known_of_a_model_that_cannot_be_changed_unfolds_from_its_name(page_at):
    with served(ScriptedBackend(is_pinned=True), "--pin-model") as url:
        page = page_at(url, **PHONE).page
        page.locator("#model-opener button").click()
        expect(page.locator("#model-about")).to_be_visible()
        expect(page.locator("#model-about")).to_contain_text("131,072 tokens")
