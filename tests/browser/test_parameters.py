"""Parameters in a real browser: presets and prompts, ready-made and one's own; advice; links that carry them."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from browser_page import PageHandle
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.parameters.system_prompts import SYSTEM_PROMPTS
from deepseek_space.types import Sampling
from page_server import served

pytestmark = pytest.mark.browser

SCRIPT = (Scene(cue="", answer="I am here."),)


class Reasoner(ScriptedBackend):
    """One that says of itself what R1 would."""

    def status(self):
        return replace(
            super().status(),
            is_deepseek=True,
            can_think=True,
            can_choose_thinking=False,
            takes_system_prompt=False,
            sampling=Sampling(temperature=0.6, max_new_tokens=8192),
        )


@pytest.fixture(scope="module")
def reasoner():
    return Reasoner(SCRIPT, delay_s=0.001, change_s=600)


@pytest.fixture(scope="module")
def url(reasoner):
    with served(reasoner) as url:
        yield url


@pytest.fixture
def chat(page_at, url):
    chat = page_at(url)
    chat.open_parameters()
    expect(chat.page.locator("#max-new-tokens input")).to_have_value("8192")
    return chat


def temperature(chat):
    return chat.page.locator("#temperature input[type=number]")


def pick(chat, elem_id, name):
    chat.page.locator(f"#{elem_id} input").click()
    chat.page.get_by_role("option", name=name, exact=True).click()


def test_a_preset_fits_the_model_and_says_so_where_it_does_not(chat):
    expect(chat.page.locator("#presets input")).to_have_attribute("placeholder", "Pick or write a name")
    pick(chat, "presets", "Creative")
    expect(temperature(chat)).to_have_value("0.7")
    expect(chat.page.locator("#temperature-advice p")).to_have_count(0)
    pick(chat, "presets", "Greedy")
    expect(temperature(chat)).to_have_value("0")
    expect(chat.page.locator("#temperature-advice")).to_contain_text("Never greedy")
    chat.page.locator("#parameters-reset").click()
    expect(temperature(chat)).to_have_value("0.6")
    expect(chat.page.locator("#temperature-advice p")).to_have_count(0)


def test_a_number_that_is_deleted_becomes_the_model_s_own_again(chat):
    field = chat.page.locator("#max-new-tokens input")
    field.fill("100")
    field.fill("")
    field.blur()
    expect(field).to_have_value("8192")


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [("temperature", "7", "2"), ("top-p", "0", "0.01"), ("top-k", "2.7", "3")],
)
def test_a_number_beyond_its_slider_is_brought_within_it_when_it_is_left(chat, name, written, kept):
    field = chat.page.locator(f"#{name} input[type=number]")
    field.fill(written)
    expect(field).to_have_value(written)  # it may be the beginning of another
    field.blur()
    expect(field).to_have_value(kept)


def test_one_s_own_preset_is_there_after_a_reload_until_it_is_deleted(chat):
    temperature(chat).fill("0.55")
    chat.page.locator("#thinking-budget input").fill("300")
    chat.page.locator("#presets input").fill("Mine")
    chat.page.locator("#presets-save").click()
    expect(chat.page.locator("#presets-delete")).to_be_enabled()
    chat.page.reload()
    chat.open_parameters()
    expect(temperature(chat)).to_have_value("0.55")
    chat.page.locator("#parameters-reset").click()
    expect(temperature(chat)).to_have_value("0.6")
    expect(chat.page.locator("#thinking-budget input")).to_have_value("")
    pick(chat, "presets", "Mine")
    expect(temperature(chat)).to_have_value("0.55")
    expect(chat.page.locator("#thinking-budget input")).to_have_value("300")
    chat.page.locator("#presets-delete").click()
    expect(chat.page.locator("#presets-delete")).to_be_disabled()
    chat.page.locator("#presets input").click()
    expect(chat.page.get_by_role("option", name="Mine")).to_have_count(0)


def test_a_system_prompt_is_taken_from_the_list_and_advised_against_with_this_model(chat):
    pick(chat, "system-prompts", "Translator")
    expect(chat.page.locator("#system-prompt textarea")).to_have_value(SYSTEM_PROMPTS["Translator"])
    expect(chat.page.locator("#system-prompt-advice")).to_contain_text("without a system prompt")


def test_a_thinking_budget_reaches_the_model_and_nonsense_does_not(chat, reasoner):
    budget = chat.page.locator("#thinking-budget input")
    budget.fill("40")
    budget.blur()
    chat.ask("hello")
    chat.finish()
    assert reasoner.requests[-1].thinking_budget == 40
    served = len(reasoner.requests)
    budget.fill("much")
    budget.blur()
    chat.ask("hello")
    expect(chat.page.get_by_text("Thinking budget is 'much'").first).to_be_visible()
    assert len(reasoner.requests) == served


def test_a_link_fills_the_page_and_sends_nothing(chat, page_at, reasoner):
    chat.input.fill("What is 6 × 7?")
    temperature(chat).fill("0.55")
    temperature(chat).blur()
    chat.page.locator("#share").click()
    link = chat.page.locator("#share-result input")
    expect(link).to_be_visible()
    address, served = link.input_value(), len(reasoner.requests)
    other = page_at(address)
    expect(other.input).to_have_value("What is 6 × 7?")
    other.open_parameters()
    expect(temperature(other)).to_have_value("0.55")
    expect(other.page.locator("#max-new-tokens input")).to_have_value("8192")
    assert "say=" not in other.page.url  # what it brought is not brought again
    assert len(reasoner.requests) == served


def test_a_message_is_shared_with_its_system_prompt_which_the_receiver_sees(page_at, url, reasoner):
    sender = page_at(url, permissions=["clipboard-read", "clipboard-write"])
    sender.open_parameters()
    sender.page.locator("#system-prompt textarea").fill("Answer as a pirate.")
    sender.page.locator("#system-prompt textarea").blur()
    sender.ask("Who are you?")
    sender.finish()
    sender.act("share").click()
    expect(sender.page.locator('.ds-act[name="share"].is-done')).to_be_visible()
    address, served = sender.page.evaluate("navigator.clipboard.readText()"), len(reasoner.requests)
    receiver = PageHandle(sender.page.context.new_page())  # of somebody who has chats
    receiver.page.goto(address)
    expect(receiver.input).to_have_value("Who are you?")
    news = receiver.page.locator("#shared-prompt")
    expect(news.locator("pre")).to_have_text("Answer as a pirate.")
    receiver.open_parameters()
    expect(receiver.page.locator("#system-prompt textarea")).to_have_value("Answer as a pirate.")
    expect(receiver.questions).to_have_count(0)
    assert len(reasoner.requests) == served
    news.get_by_role("button", name="Leave it out").click()
    expect(news).to_be_hidden()
    expect(receiver.page.locator("#system-prompt textarea")).to_have_value("")


def test_a_link_suggests_a_model_and_loads_it_only_when_asked(page_at, url, reasoner):
    chat = page_at(f"{url}#say=hi&model=r1-tiny")
    offer = chat.page.locator("#shared-offer")
    expect(offer).to_contain_text("This link suggests r1-tiny")
    assert not reasoner.status().loading_model
    offer.get_by_role("button", name="Stay with this one").click()
    expect(offer.locator(".ds-offer")).to_have_count(0)
    chat = page_at(f"{url}#say=hi&model=r1-tiny")
    chat.page.locator("#shared-offer").get_by_role("button", name="Load it").click()
    expect(chat.page.locator("#status-line progress")).to_be_visible()
    reasoner.cancel_load()


def test_an_offer_looks_like_one_and_only_its_buttons_do_something(page_at, url):
    chat = page_at(f"{url}#say=hi&model=r1-tiny")
    banner = chat.page.locator("#shared-offer .ds-offer")
    expect(banner).to_have_css("display", "flex")
    expect(banner).to_have_css("text-decoration-line", "none")
    box = banner.bounding_box()
    chat.page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)
    expect(banner).to_be_visible()
    chat.page.locator("#models-open").click()
    assert chat.page.locator("#model-name :is(input, textarea)").input_value() != "undefined"


def test_a_hostile_link_does_nothing(page_at, url, reasoner):
    served = len(reasoner.requests)
    evil = "<img src=x onerror='window.pwned=true'>"
    chat = page_at(f"{url}#say={evil}&model={evil}&temperature=1e9&top_p=<b>&stop={'x' * 300}")
    expect(chat.input).to_have_value(evil)
    chat.open_parameters()
    expect(temperature(chat)).to_have_value("0.6")
    expect(chat.page.locator(".ds-offer")).to_have_count(0)
    assert chat.page.evaluate("window.pwned") is None
    assert len(reasoner.requests) == served
