"""Lost connections, tabs that never come back, and browsers that keep less than others."""

from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from page_server import served
from relay import relay_to
from waiting import until

NUMBERS = [str(number) for number in range(1, 601)]
REFUSING = {
    "indexedDB": "indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };",
    "localStorage": """
        const set = Storage.prototype.setItem;
        Storage.prototype.setItem = function (name, value) {
          const isOurs = this === localStorage && name.startsWith("deepseek-space");
          if (isOurs) throw new DOMException("refused", "SecurityError");
          set.call(this, name, value);
        };""",
}
BLOCKED = """
    for (const name of ["indexedDB", "localStorage", "sessionStorage"])
      Object.defineProperty(window, name, {
        configurable: true,
        get() { throw new DOMException(`${name} is blocked`, "SecurityError"); },
      });"""


@pytest.fixture
def relay(fake_app_url):
    with relay_to(fake_app_url) as relay:
        yield relay


@pytest.fixture
def relayed(relay, page_at):
    """A page behind the relay, with a clock that can be set forward."""
    handle = page_at(relay.url, alone=True)
    handle.page.clock.install()
    handle.page.reload()
    expect(handle.page.locator("#shell")).to_have_count(0)
    expect(handle.input).to_be_editable()
    return handle


def counted(handle):
    return handle.page.locator("#chatbot .bot.message .md", has_text="1 2 3 4").last


@pytest.mark.parametrize("break_off", ["cut", "hush"])
def test_a_connection_that_ends_with_or_without_a_word_is_made_again_and_nothing_is_missing(
    relayed, relay, backend, break_off
):
    asked = len(backend.requests)
    relayed.ask("half")
    expect(counted(relayed)).to_contain_text(" 20 ")
    relayed.input.fill("half a message")
    # After a word the page is loaded anew, or Gradio takes the stream up again: whoever is first.
    with nullcontext() if break_off == "cut" else relayed.page.expect_event("load"):
        getattr(relay, break_off)()
        relayed.page.clock.run_for(20_000)
    backend.go_on.set()
    expect(counted(relayed)).to_contain_text(" 600")
    relayed.finish()
    assert counted(relayed).inner_text().split() == NUMBERS
    assert len(backend.requests) == asked + 1
    expect(relayed.input).to_have_value("half a message")


def test_a_message_that_was_sent_is_no_draft(chat):
    chat.ask("table")
    chat.finish()
    chat.page.reload()
    chat.finish()
    expect(chat.input).to_have_value("")


@pytest.fixture
def hasty():
    """The page's address and backend where a reply is stopped as soon as nobody reads it."""
    backend = ScriptedBackend([Scene(cue="", answer="word " * 100_000)], delay_s=0.004)
    with served(backend, "--grace", "0") as url:
        yield url, backend
    backend.close()


def test_a_reply_is_stopped_whose_tab_never_comes_back(page_at, hasty):
    url, backend = hasty
    handle = page_at(url)
    handle.ask("anything")
    expect(handle.page.locator("#chatbot")).to_contain_text("word word")
    assert backend.status().active_requests == 1
    handle.page.close()
    assert until(lambda: backend.status().active_requests == 0)
    assert backend.closed_early == 1


@pytest.mark.parametrize(("refused", "kept"), [(["indexedDB"], 1), (["indexedDB", "localStorage"], 0)])
def test_what_one_store_refuses_another_keeps_and_without_any_the_reader_is_told(page_at, fake_app_url, refused, kept):
    handle = page_at(fake_app_url, alone=True)
    handle.page.add_init_script("".join(REFUSING[store] for store in refused))
    handle.page.reload()
    toast = handle.page.locator("#chats-toast")
    if not kept:
        expect(toast).to_contain_text("This browser keeps nothing for this page")
    handle.ask("A table, please")
    handle.finish()
    names = handle.page.locator("#chats .ds-chat-name")
    expect(names).to_have_text(["A table, please"])
    handle.page.reload()
    expect(handle.input).to_be_editable()
    expect(names).to_have_count(kept)
    expect(handle.questions).to_have_count(kept)


def test_a_browser_that_forbids_to_keep_anything_shows_the_whole_page_without_an_error(page_at, fake_app_url):
    handle = page_at(fake_app_url, alone=True)
    errors = []
    handle.page.on("pageerror", lambda error: errors.append(str(error)))
    handle.page.add_init_script(BLOCKED)
    handle.page.reload()
    expect(handle.page.locator("#chats-toast")).to_contain_text("This browser keeps nothing for this page")
    handle.ask("A table, please")
    handle.finish()
    expect(handle.page.locator("#chats .ds-chat-name")).to_have_text(["A table, please"])
    handle.page.locator("#help-open").click()
    handle.page.locator("#single-keys").uncheck()
    handle.page.reload()
    expect(handle.input).to_be_editable()
    expect(handle.page.locator("#single-keys")).to_be_checked()
    assert errors == []
