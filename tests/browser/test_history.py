"""Chats that stay: in the reader's own browser, through reloads and restarts of the server, and in files."""

import io
import json
import socket
import zipfile

import pytest
from playwright.sync_api import expect

from app_process import running_app
from browser_page import PHONE, Chats, PageHandle
from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served

NUMBERS = [str(number) for number in range(1, 601)]


@pytest.fixture
def chats(chat):
    return Chats(chat)


@pytest.fixture
def two_chats(chat, chats):
    """A page with a chat about a table and a newer one, shown, about Fibonacci numbers."""
    chat.ask("A table, please")
    chat.finish()
    chats.new()
    chat.ask("Fibonacci with memoization")
    chat.finish()
    expect(chats.names).to_have_text(["Fibonacci with memoization", "A table, please"])
    return chats


def numbers(handle):
    """The answer to "count" or "half": one can tell whether anything is missing or there twice."""
    return handle.page.locator("#chatbot .bot.message .md", has_text="1 2 3 4").last


def words(handle):
    return numbers(handle).inner_text().split()


def test_a_reload_in_mid_answer_goes_on_and_misses_and_doubles_nothing(chat, backend):
    asked = len(backend.requests)
    chat.ask("half")
    expect(numbers(chat)).to_contain_text(" 20 ")
    chat.page.reload()
    expect(numbers(chat)).to_contain_text(" 20 ")
    expect(chat.stop).to_be_visible()
    backend.go_on.set()
    chat.finish()
    assert words(chat) == NUMBERS
    assert len(backend.requests) == asked + 1
    chat.page.reload()
    chat.finish()
    assert words(chat) == NUMBERS


def test_a_reload_before_the_store_is_done_misses_nothing(chat, backend):
    never = (
        "const never = { get: () => ({}) }; IDBDatabase.prototype.transaction = () => ({ objectStore: () => never });"
    )
    chat.page.evaluate(f"() => {{ {never} }}")
    chat.ask("half")
    expect(numbers(chat)).to_contain_text(" 20 ")
    chat.page.reload()
    expect(numbers(chat)).to_contain_text(" 20 ")
    backend.go_on.set()
    chat.finish()
    assert words(chat) == NUMBERS


def test_a_store_that_takes_nothing_more_leaves_nothing_behind_that_would_come_back(chat):
    chat.page.evaluate("() => { IDBObjectStore.prototype.put = () => { throw new Error('full'); }; }")
    chat.ask("patience")
    expect(chat.page.locator("#chats-toast")).to_contain_text("no room left")
    chat.page.wait_for_function("!sessionStorage.getItem('deepseek-space-ahead')")


def test_a_second_tab_reads_along_and_either_can_stop_it(chat):
    chat.ask("patience")
    expect(chat.page.locator("#chatbot")).to_contain_text("word word")
    other = PageHandle(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    expect(other.page.locator("#chatbot")).to_contain_text("word word")
    other.stop.click()
    for page in (chat, other):
        expect(page.stop).to_be_hidden()
    texts = [
        page.page.locator("#chatbot .bot.message .md", has_text="word word").last.inner_text() for page in (chat, other)
    ]
    assert texts[0] == texts[1]


def test_a_reply_goes_on_while_another_chat_is_read(two_chats, chat, backend, idle):
    two_chats.new()
    chat.ask("half")
    expect(numbers(chat)).to_contain_text(" 20 ")
    two_chats.names.get_by_text("A table").click()
    expect(two_chats.current).to_have_text("A table, please")
    expect(chat.page.locator("#chatbot")).to_contain_text("The same in code")
    backend.go_on.set()
    idle()
    two_chats.names.get_by_text("half").click()
    expect(numbers(chat)).to_contain_text(NUMBERS[-1])
    chat.finish()
    assert words(chat) == NUMBERS


def test_a_restart_of_the_server_loses_nothing_that_was_written(page_at):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with running_app("--model", "fake", "--port", port) as app:
        handle = page_at(app.wait_for(r"open at (http\S+)").group(1))
        handle.ask("A table, please")
        handle.finish()
        Chats(handle).new()
        handle.ask("Explain the table again")
        expect(handle.page.locator("#chatbot")).to_contain_text("Two ways")
        app.kill()
    url = handle.page.url
    handle.page.goto("about:blank")  # else the page would load itself anew at some moment
    with running_app("--model", "fake", "--port", port) as app:
        app.wait_for("open at")
        handle.page.goto(url)
        chats = Chats(handle)
        expect(chats.names).to_have_text(["Explain the table again", "A table, please"])
        expect(handle.page.locator("#chatbot")).to_contain_text("broke off")
        chats.names.nth(1).click()
        handle.finish()
        expect(handle.questions).to_have_text(["A table, please"])


def test_nobody_else_sees_any_of_it(two_chats, page_at, chat):
    stranger = page_at(chat.page.url)
    expect(stranger.page.locator("#chats-list")).to_contain_text("Your chats will be listed here")
    expect(stranger.questions).to_have_count(0)


def test_a_chat_is_renamed_in_place_and_found_by_its_title_and_its_text(two_chats, chat):
    two_chats.do("rename", chat="A table")
    field = chat.page.locator(".ds-chat-field")
    field.fill("Sums")
    field.press("Enter")
    expect(two_chats.names).to_have_text(["Fibonacci with memoization", "Sums"])
    search = chat.page.locator("#chats-search")
    for text, found in {
        "sums": ["Sums"],
        "pairing first": ["Sums"],
        "memoization": ["Fibonacci with memoization"],
    }.items():
        search.fill(text)
        expect(two_chats.names).to_have_text(found)
    search.fill("no such words")
    expect(chat.page.locator("#chats-list")).to_contain_text("No chat has all of these words")
    chat.page.reload()
    expect(two_chats.names).to_have_text(["Fibonacci with memoization", "Sums"])


def test_a_deleted_chat_can_be_brought_back_and_all_of_them_go_after_a_question(two_chats, chat):
    two_chats.do("delete", chat="Fibonacci")
    expect(two_chats.names).to_have_text(["A table, please"])
    expect(chat.questions).to_have_count(0)
    two_chats.toast.get_by_role("button").click()
    expect(two_chats.names).to_have_text(["Fibonacci with memoization", "A table, please"])
    for answer, left in {"Cancel": 2, "Delete all": 0}.items():
        two_chats.do("delete-all")
        chat.page.locator("#chats-confirm").get_by_role("button", name=answer, exact=True).click()
        expect(two_chats.names).to_have_count(left)
    chat.page.reload()
    expect(chat.page.locator("#chats-list")).to_contain_text("Your chats will be listed here")


def test_what_is_exported_comes_back_whole_after_it_was_deleted(two_chats, chat):
    text = two_chats.saved("export-all-json")
    exported = json.loads(text)["chats"]
    assert {record["title"] for record in exported} == {"Fibonacci with memoization", "A table, please"}
    two_chats.take("chats.json", text)
    expect(two_chats.toast).to_have_text("Already here: 2.")
    two_chats.do("delete-all")
    chat.page.locator("#chats-confirm").get_by_role("button", name="Delete all", exact=True).click()
    expect(two_chats.names).to_have_count(0)
    two_chats.take("chats.json", text)
    expect(two_chats.toast).to_have_text("Chats imported: 2.")
    back = json.loads(two_chats.saved("export-all-json"))["chats"]
    by_title = {record["title"]: record["turns"] for record in exported}
    assert {record["title"]: record["turns"] for record in back} == by_title
    assert not {record["id"] for record in back} & {record["id"] for record in exported}
    two_chats.names.get_by_text("A table").click()
    chat.finish()


def test_markdown_is_for_people(two_chats):
    text = two_chats.saved("export-markdown", chat="Fibonacci")
    assert text.startswith("# Fibonacci with memoization\n")
    assert "<summary>Thoughts" in text
    assert "```python" in text
    assert "tokens/s*" in text


def test_a_page_to_read_is_whole_without_the_app_or_a_network(two_chats, chat, browser, tmp_path):
    file = tmp_path / "chat.html"
    file.write_text(two_chats.saved("export-page", chat="A table"), encoding="utf-8")
    context = browser.new_context(offline=True)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator("h1")).to_have_text("A table, please")
    expect(page.locator(".question")).to_have_text("A table, please")
    expect(page.locator("math[display=block]").first).to_be_visible()
    expect(page.locator("td", has_text="5,050")).to_be_visible()
    expect(page.locator("pre .k").first).to_have_text("def")
    assert page.locator("script, link, img").count() == 0
    assert asked == [file.as_uri()]
    context.close()


def test_what_chatgpt_exports_is_taken_over_out_of_its_archive(chats):
    said = {"root": {"children": ["q"]}}
    for name, parent, role, text in (("q", "root", "user", "Why so?"), ("a", "q", "assistant", "Therefore.")):
        content = {"content_type": "text", "parts": [text]}
        said[name] = {"parent": parent, "children": ["a"][: name == "q"], "message": {"author": {"role": role}}}
        said[name]["message"] |= {"content": content, "metadata": {"attachments": [{"name": "a.pdf"}][: name == "q"]}}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("user.json", "{}")
        packed.writestr("conversations.json", json.dumps([{"title": "From there", "id": "c", "mapping": said}]))
    chats.take("export.zip", archive.getvalue())
    expect(chats.toast).to_have_text("Chats imported: 1. Not taken over: Attached files (1).")
    chats.names.get_by_text("From there").click()
    expect(chats.page.locator("#chatbot")).to_contain_text("Therefore.")
    chats.take("export.zip", b"PK\x03\x04 and no more")
    expect(chats.toast).to_contain_text("export.zip: This archive is damaged")


def test_a_damaged_file_is_refused_with_the_line_and_changes_nothing(two_chats):
    lines = two_chats.saved("export-all-json").split("\n")
    number = next(number for number, line in enumerate(lines, 1) if '"answer"' in line)
    lines[number - 1] = ' "answer": 3,'
    two_chats.take("damaged.json", "\n".join(lines))
    expect(two_chats.toast).to_contain_text(f"damaged.json: Line {number}:")
    expect(two_chats.names).to_have_count(2)


def test_on_a_phone_the_list_is_a_drawer_that_nobody_gets_into_while_it_is_closed(page_at, fake_app_url):
    phone = page_at(fake_app_url, **PHONE)
    drawer, opener = phone.page.locator("#chats"), phone.page.locator("#chats-open")
    expect(drawer).to_be_hidden()
    assert drawer.evaluate("element => element.inert")
    phone.ask("A table, please")
    phone.finish()
    opener.click()
    drawer.get_by_role("button", name="A table, please", exact=True).click()
    expect(drawer).to_be_hidden()
    opener.click()
    expect(drawer).to_be_visible()
    phone.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert phone.scroll_width() == PHONE["viewport"]["width"]


@pytest.fixture
def forgetful_url():
    backend = ScriptedBackend(delay_s=0)
    with served(backend, "--no-history") as url:
        yield url
    backend.close()


def test_without_history_the_browser_keeps_nothing(page_at, forgetful_url):
    handle = page_at(forgetful_url)
    handle.ask("A table, please")
    handle.finish()
    expect(handle.page.locator("#chats, #chats-open")).to_have_count(0)
    kept = "async () => [await indexedDB.databases(), Object.keys(localStorage), Object.keys(sessionStorage)]"
    databases, local, session = handle.page.evaluate(kept)
    assert not [name for name in [*local, *session] if "chat" in name]
    assert databases == []
    handle.page.reload()
    expect(handle.input).to_be_editable()
    expect(handle.questions).to_have_count(0)


def test_a_file_that_begins_with_a_mark_and_a_blank_line_is_imported_all_the_same(two_chats):
    two_chats.take("chats.json", "\ufeff\n" + two_chats.saved("export-all-json"))
    expect(two_chats.toast).to_have_text("Already here: 2.")
