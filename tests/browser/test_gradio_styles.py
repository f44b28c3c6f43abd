"""What is styled of Gradio is there: each selector of ``assets/gradio.css`` matches something in some state.

After an upgrade of Gradio this tells what it calls otherwise now.
"""

import re
from itertools import product

import pytest
from playwright.sync_api import expect

from browser_page import open_code_form
from deepseek_space.ui.assets import ASSETS
from page_states import STATES, chat, leave

pytestmark = pytest.mark.browser

PLAYED = ("thinking", "editing", "documents", "notice", "chats", "parameters", "models", "code", "compare")
# What comes and goes too fast, or is on no page of the scripted backend.
ELSEWHERE = {
    '.gradio-container:not(:has(#models-open)) .toast-body [name="open_models"]': "where no model can be chosen",
    ".toast-body .ds-act": "a refusal that offers something",
    ".toast-separator": "two notices of a kind",
    "#compare-stop": "while two answers are written",
    ".thought-group .content:not(:has(.md > *))": "a model that is loading",
}
# States of an element, and parts of it that are no elements.
PASSING = re.compile(r"::?(before|after|hover|focus-visible|focus-within|focus|-(webkit|moz)-[\w-]+)(?![\w-])")
MISSING = "selectors => selectors.filter((one) => !document.querySelector(one))"


def selectors():
    """Return the selectors of the sheet, each by itself, without the states that an element may be in."""
    source = re.sub(r"/\*.*?\*/", "", (ASSETS / "gradio.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    lists = [found.strip() for found in re.findall(r"([^{};]+)\{", source) if not found.strip().startswith("@")]
    alone = {one for each in lists for part in split(each) for one in expanded(part)}
    return {re.sub(r":(is|not)\([\s,]*\)", "", PASSING.sub("", one)) for one in alone}


def split(selectors):
    """Return what stands between the commas that are in no brackets."""
    parts = re.split(r",(?=(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*$)", selectors)
    return [re.sub(r"\s+", " ", part).strip() for part in parts]


def expanded(selector):
    """Return every selector that one with :is() stands for; of words of code and of what is within, any does."""
    if selector.startswith(".token"):
        return [selector]
    parts = re.split(r"(?<!:has\():is\(([^()]*)\)", selector)
    ways = [split(part) if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(pick) for pick in product(*ways)]


def test_a_list_is_taken_apart():
    assert split("a, b:has(c, :is(d, e)), f") == ["a", "b:has(c, :is(d, e))", "f"]
    assert expanded("a :is(b, c) + d") == ["a b + d", "a c + d"]
    assert {".toast-wrap", ".sidebar"} <= selectors()


def test_each_selector_of_gradio_matches_something(page_at, fake_app_url):
    missing = selectors() - set(ELSEWHERE)
    for play in (chat("all kinds"), *(STATES[name] for name in PLAYED), with_a_file, far_up, before_anything):
        page = page_at(fake_app_url, alone=True).page
        play(page)
        missing = set(page.evaluate(MISSING, sorted(missing)))
        leave(page)
        page.context.close()
        if not missing:
            break
    assert not missing, "\n".join(sorted(missing))


def with_a_file(page):
    """A question that was sent with a file."""
    STATES["documents"](page)
    chat("hello there")(page)


def far_up(page):
    """The beginning of a long answer."""
    chat("long")(page)
    # Gradio scrolls down once more a little after the last update.
    page.wait_for_function("""() => {
      const wrap = document.querySelector("#chatbot .bubble-wrap");
      wrap.onscroll = () => { wrap.scrollTop = 0; };
      wrap.scrollTop = 0;
      return document.querySelector(".scroll-down-button-container");
    }""")


def before_anything(page):
    """The other tabs before anything is asked there, in the dark."""
    page.emulate_media(color_scheme="dark")
    page.reload()
    open_code_form(page)
    expect(page.locator("#code-task textarea")).to_be_visible()
    STATES["comparing"](page)
    page.locator("#compare-left-own > button").click()
    expect(page.locator("#compare-left-temperature")).to_be_visible()
