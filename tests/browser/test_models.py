"""The model bar in a real browser, over the scripted backend: pick, load, cancel, unload, or only look."""

from contextlib import ExitStack
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from browser_page import PHONE, contrast
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.model_host import CHOICES
from deepseek_space.backends.scripted.script import Scene
from page_server import served

pytestmark = pytest.mark.browser

LONG_S = 600.0
SCRIPT = (Scene(cue="", answer="I am here."),)
EVIL = "<img src=x onerror='window.pwned = true'>"


@pytest.fixture
def serve():
    """Return a function that serves the page over a backend and returns its address."""
    with ExitStack() as ending:
        yield lambda backend, *flags: ending.enter_context(served(backend, *flags))


@pytest.fixture
def open_models(serve, page_at):
    """Return a function that opens the page and the panel over a new backend."""

    def open_models(*, change_s=LONG_S, choices=CHOICES, **context):
        chat = page_at(serve(ScriptedBackend(SCRIPT, delay_s=0.001, change_s=change_s, choices=choices)), **context)
        chat.page.locator("#models-open").click()
        expect(chat.page.locator(".ds-choice").first).to_be_visible()
        return chat

    return open_models


def load(chat, name, *, at_once=True):
    chat.page.locator(".ds-choice", has=chat.page.locator(f'input[value="{name}"]')).click()
    expect(chat.page.locator("#model-name :is(input, textarea)")).to_have_value(name)
    if at_once:
        chat.page.locator("#model-load").click()


def test_a_model_is_picked_and_answers_when_it_has_come(open_models):
    chat = open_models(change_s=3)
    load(chat, "r1-tiny")
    expect(chat.page.locator("#model-coming progress")).to_be_visible()
    expect(chat.page.locator("#model-coming")).to_contain_text("of 3.6 GB")
    expect(chat.page.locator("#status-line")).to_contain_text("R1 in name only, tiny")
    expect(chat.page.locator("#model-now")).to_contain_text("int8")
    expect(chat.page.locator("#model-coming progress")).to_have_count(0)
    chat.ask("hello")
    chat.finish()
    expect(chat.figures.locator("summary")).to_contain_text("R1 in name only, tiny")


def test_the_old_model_answers_meanwhile_and_the_new_one_can_be_cancelled(open_models):
    chat = open_models()
    load(chat, "r1-tiny")
    expect(chat.page.locator("#model-coming")).to_contain_text("/s,")
    expect(chat.page.locator("#model-coming")).to_contain_text("fake goes on answering meanwhile")
    expect(chat.page.locator("#model-load")).to_be_disabled()
    chat.ask("hello")
    chat.finish()
    expect(chat.figures.locator("summary")).to_contain_text("fake")
    chat.page.locator("#model-cancel").click()
    expect(chat.page.locator("#model-coming progress")).to_have_count(0)
    expect(chat.page.locator("#model-load")).to_be_enabled()
    expect(chat.page.locator("#status-line .ds-name")).to_have_text("fake")


def test_why_a_load_failed_stays_until_the_next_try(open_models):
    chat = open_models()
    name = chat.page.locator("#model-name :is(input, textarea)")
    name.fill("r1-large")
    name.press("Enter")  # the button is soon disabled, as the model does not fit
    for place in ("#model-coming", "#status-line"):
        expect(chat.page.locator(place)).to_contain_text("does not fit here")
    chat.ask("hello")
    chat.finish()
    load(chat, "r1-tiny")
    for place in ("#model-coming", "#status-line"):
        expect(chat.page.locator(place)).not_to_contain_text("does not fit here")


def test_after_unloading_the_chat_says_what_to_do(open_models):
    chat = open_models()
    chat.page.locator("#model-unload").click()
    expect(chat.page.locator("#status-line")).to_contain_text("No model")
    chat.ask("hello")
    expect(chat.input).to_have_value("hello")
    expect(chat.page.locator("#model-unload")).to_be_hidden()
    chat.page.locator("#models .toggle-button").click()
    chat.page.locator('.toast-body [name="open_models"]').click()
    expect(chat.page.locator("#models.open")).to_be_visible()
    expect(chat.page.locator("#model-load")).to_be_disabled()


def test_the_list_is_searched_and_filtered(open_models):
    chat = open_models()
    for card in range(4):
        expect(chat.page.locator(".ds-choice").nth(card)).to_be_in_viewport(ratio=1)
    titles = chat.page.locator(".ds-choice .ds-title")
    expect(titles).to_have_count(8)
    chat.page.locator("#model-shown").get_by_text("All 9").click()
    expect(titles).to_have_count(9)
    chat.page.locator("#model-search :is(input, textarea)").fill("coder small")
    expect(titles).to_have_text(["Coder in name only, small"])


def test_the_list_works_by_keyboard(open_models):
    chat = open_models()
    chat.page.locator(".ds-choice input").first.focus()
    chat.page.keyboard.press("ArrowDown")
    expect(chat.page.locator("#model-name :is(input, textarea)")).to_have_value("r1-tiny")
    expect(chat.page.locator("#model-precision input")).to_have_value("Automatic: int8 here")
    chat.page.locator("#model-name :is(input, textarea)").press("Enter")
    expect(chat.page.locator("#model-coming progress")).to_be_visible()


@pytest.mark.parametrize("opening", [lambda field: field.press("ArrowDown"), lambda field: field.click()])
def test_who_passes_by_with_tab_opens_no_list_until_it_is_asked_for(open_models, opening):
    page = open_models().page
    precision, options = page.locator("#model-precision input[role=combobox]"), page.get_by_role("listbox")
    page.locator("#model-name :is(input, textarea)").focus()
    page.keyboard.press("Tab")
    expect(precision).to_be_focused()
    expect(options).to_have_count(0)
    opening(precision)
    expect(options).to_be_visible()


def test_a_name_that_is_written_is_judged_before_anything_is_loaded(open_models):
    chat = open_models()
    load(chat, "r1-medium", at_once=False)
    picked = chat.page.locator(".ds-choice:has(input:checked)")
    expect(picked).to_have_count(1)
    chat.page.locator("#model-name :is(input, textarea)").fill("r1-large")
    expect(picked).to_have_count(0)
    chat.page.keyboard.press("Tab")
    expect(chat.page.locator("#model-precision input")).to_have_value("Automatic")
    expect(chat.page.locator("#model-fit")).to_contain_text("does not fit here")
    expect(chat.page.locator("#model-load")).to_be_disabled()
    name = chat.page.locator("#model-name :is(input, textarea)")
    name.fill("r1-tin")
    name.press("y")
    expect(chat.page.locator("#model-load")).to_be_enabled()
    expect(chat.page.locator("#model-fit")).to_be_empty()
    name.fill("r1-tinny")
    name.blur()
    offer = chat.page.locator("#model-fit").get_by_role("button", name="r1-tiny")
    expect(offer).to_have_css("display", "inline-block")  # a word of the sentence, as far as a button can be
    offer.click()
    expect(name).to_have_value("r1-tiny")
    expect(chat.page.locator("#model-fit")).to_contain_text("Takes 2.9 GB")


def test_the_panel_closes_and_opens_again(open_models):
    chat = open_models()
    for _ in range(2):
        chat.page.locator("#models .toggle-button").click()
        expect(chat.page.locator("#models.open")).to_have_count(0)
        chat.page.locator("#models-open").click()
        expect(chat.page.locator("#models.open")).to_be_visible()


def test_warnings_unfold_with_one_click(open_models):
    chat = open_models(change_s=0.01)
    load(chat, "r1-tiny")
    chat.page.locator("#models .toggle-button").click()
    expect(chat.page.locator("#ds-warnings")).to_be_hidden()
    chat.page.locator("#model-warnings button").click()
    expect(chat.page.locator("#ds-warnings")).to_contain_text("whatever its name")


def test_another_reader_notices_a_change(serve, page_at):
    backend = ScriptedBackend(SCRIPT, change_s=LONG_S)
    chat = page_at(serve(backend))
    expect(chat.page.locator('#status-line [data-state="ready"]')).to_be_visible()
    backend.load("r1-tiny")
    expect(chat.page.locator("#status-line progress")).to_be_visible(timeout=10_000)
    expect(chat.page.locator("#status-line")).to_contain_text("answers meanwhile")


def test_a_pinned_model_is_shown_and_cannot_be_changed(serve, page_at):
    chat = page_at(serve(ScriptedBackend(SCRIPT, is_pinned=True), "--pin-model"))
    expect(chat.page.locator("#status-line")).to_contain_text("fake")
    expect(chat.page.locator("#models-open, #models, #model-load")).to_have_count(0)


def test_html_in_names_is_shown_and_never_run(open_models):
    named = replace(CHOICES[1], title=EVIL, strengths=EVIL, licence=EVIL, reason=EVIL)
    chat = open_models(change_s=0.01, choices=(CHOICES[0], named))
    load(chat, "r1-tiny")
    expect(chat.page.locator("#status-line .ds-name")).to_have_text(EVIL)
    expect(chat.page.locator("#models img, #header img")).to_have_count(0)
    assert chat.page.evaluate("window.pwned") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_stands_out_in_both_themes(open_models, scheme):
    chat = open_models(color_scheme=scheme)
    chat.page.locator("#model-shown").get_by_text("All 9").click()
    expect(chat.page.locator(".ds-choice")).to_have_count(9)
    verdicts = [f'.ds-choice[data-verdict="{verdict}"] .ds-verdict' for verdict in ("fits", "offload", "no")]
    texts = [*verdicts, ".ds-choice .ds-title", ".ds-choice .ds-sizes", ".ds-choices h3", ".ds-now dt", "#model-load"]
    ratios = {text: contrast(chat.page, text) for text in texts}
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


def test_on_a_phone_the_panel_is_as_wide_as_the_window(open_models):
    chat = open_models(**PHONE)
    assert chat.scroll_width() <= 390
    expect(chat.page.locator("#model-load")).to_be_in_viewport(ratio=1)
    box = chat.page.locator("#model-load").bounding_box()
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
