"""The states that the page can be in, each by what a person does: for pictures, and for tests of all that is shown.

They are played on the page of the scripted backend, opened anew; ``leave`` ends what a state leaves going on there.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser_page import open_code_form

TIMEOUT_MS = 180_000
SUM = "Explain the sum of the first n numbers with a table, a formula and code."
FIBONACCI = "Write a Python function to find the nth Fibonacci number using memoization."

Play = Callable[[Page], None]


def ask(page: Page, message: str) -> None:
    """Write a message and send it."""
    page.locator("#chat-input textarea").fill(message)
    page.locator("#chat-input textarea").press("Enter")


def show_tab(page: Page, name: str) -> None:
    """Turn to a tab; on a phone they are folded into one button."""
    if page.locator("#tabs-open").is_visible():
        page.locator("#tabs-open").click()
    page.locator(f'.ds-tab[href="#{name}"]').click()


def chat(message: str) -> Play:
    """Return how a message is answered."""

    def play(page: Page) -> None:
        ask(page, message)
        expect(page.locator("#chatbot .ds-figures")).to_be_visible(timeout=TIMEOUT_MS)
        expect(page.locator("#chatbot .bot .md > *").last).to_be_visible(timeout=TIMEOUT_MS)
        expect(page.locator("#chat-send")).to_be_visible(timeout=TIMEOUT_MS)
        page.evaluate("document.activeElement.blur()")

    return play


def empty(page: Page) -> None:
    """Somebody new."""
    expect(page.locator("#welcome .ds-start").first).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("#chats-list > *").first).to_be_attached(timeout=TIMEOUT_MS)


def thinking(page: Page) -> None:
    """A thought that is being written."""
    ask(page, "an endless thought")
    expect(page.locator('#chatbot .ds-act[name="answer_now"]')).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("#chatbot .thought-group")).to_contain_text("Step 3", timeout=TIMEOUT_MS)


def stopped(page: Page) -> None:
    """A reply that was stopped in mid-thought."""
    thinking(page)
    page.locator("#chat-stop").click()
    expect(page.locator('#chatbot .ds-act[name="go_on"]')).to_be_visible(timeout=TIMEOUT_MS)


def versions(page: Page) -> None:
    """A second version of a reply."""
    chat("hello there")(page)
    page.locator('#chatbot .ds-act[name="retry"]').last.click()
    expect(page.locator("#chatbot .ds-versions")).to_contain_text("2 / 2", timeout=TIMEOUT_MS)
    expect(page.locator("#chat-send")).to_be_visible(timeout=TIMEOUT_MS)


def editing(page: Page) -> None:
    """A question that is being edited."""
    chat("hello there")(page)
    page.locator("#chatbot .user-row").last.hover()
    page.locator('#chatbot .ds-act[name="edit"]').click()
    expect(page.locator(".ds-editor textarea")).to_be_focused(timeout=TIMEOUT_MS)


def figures(page: Page) -> None:
    """The figures of a reply, unfolded."""
    chat("hello there")(page)
    page.locator("#chatbot .ds-figures summary").click()
    expect(page.locator("#chatbot .ds-figures table")).to_be_visible(timeout=TIMEOUT_MS)


def failed(page: Page) -> None:
    """A reply that broke off."""
    ask(page, "an error")
    expect(page.locator("#chatbot .ds-error")).to_be_visible(timeout=TIMEOUT_MS)


def documents(page: Page) -> None:
    """Files with a message that is not sent yet."""
    notes = {"name": "notes.md", "mimeType": "text/markdown", "buffer": b"# Notes\n\n" + b"A line to read. " * 400}
    table = {"name": "sales.csv", "mimeType": "text/csv", "buffer": b"month,sum\n" + b"May,12\n" * 60}
    page.locator("#composer input[type=file]").set_input_files([notes, table])
    expect(page.locator("#attached .ds-file:has(.ds-file-remove)")).to_have_count(2, timeout=TIMEOUT_MS)
    expect(page.locator("#context-meter .ds-meter-documents").first).to_be_attached(timeout=TIMEOUT_MS)


def too_long(page: Page) -> None:
    """The choice over what does not fit the context."""
    chat("hello there")(page)
    book = {"name": "book.txt", "mimeType": "text/plain", "buffer": b"word " * 140_000}
    page.locator("#composer input[type=file]").set_input_files([book])
    expect(page.locator("#attached .ds-file:has(.ds-file-remove)")).to_have_count(1, timeout=TIMEOUT_MS)
    ask(page, "What is it about?")
    expect(page.locator("#fit-panel .ds-way").first).to_be_visible(timeout=TIMEOUT_MS)


def notice(page: Page) -> None:
    """A word to the reader in a corner."""
    open_code_form(page)
    page.locator("#code-run").click()
    expect(page.locator(".toast-body")).to_have_css("opacity", "1", timeout=TIMEOUT_MS)  # it fades in


def chats(page: Page) -> None:
    """The list of chats with the menu of one, searched."""
    for message in ("hello there", "maths"):
        chat(message)(page)
        page.locator('.ds-act[name="new"]:visible').first.click()
        expect(page.locator("#chatbot .ds-figures")).to_have_count(0, timeout=TIMEOUT_MS)
    if not page.locator("#chats.open").is_visible():
        page.locator("#chats-open").click()
    expect(page.locator("#chats-list .ds-chat")).to_have_count(2, timeout=TIMEOUT_MS)
    page.locator("#chats-search").fill("there")
    expect(page.locator("#chats-list .ds-chat")).to_have_count(1, timeout=TIMEOUT_MS)
    page.locator("#chats-list .ds-chat").hover()
    page.locator("#chats-list .ds-chat-more").click()
    expect(page.locator("#chat-menu")).to_be_visible(timeout=TIMEOUT_MS)


def parameters(page: Page) -> None:
    """The panel of parameters."""
    page.locator("#parameters-open").click()
    _slid_in(page, "parameters")


def models(page: Page) -> None:
    """The list of models, one of them picked and not loaded."""
    page.locator("#models-open").click()
    page.locator(".ds-choice").nth(1).click()
    expect(page.locator("#model-name :is(input, textarea)")).not_to_have_value("", timeout=TIMEOUT_MS)
    expect(page.locator("#model-fit p")).to_be_visible(timeout=TIMEOUT_MS)
    _slid_in(page, "models")


def loading(page: Page) -> None:
    """A model on its way while another answers."""
    models(page)
    page.locator("#model-load").click()
    expect(page.locator("#model-coming progress")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("#status-line progress")).to_be_attached(timeout=TIMEOUT_MS)


def code(page: Page) -> None:
    """A program beside the thread that it comes from."""
    show_tab(page, "code")
    page.locator("#chat-input textarea").fill("Find the nth fibonacci number using memoization.")
    page.locator("#chat-input textarea").press("Enter")
    expect(page.locator("#chatbot .ds-figures")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator(".ds-work-file")).to_be_visible(timeout=TIMEOUT_MS)
    page.mouse.move(0, 0)


def comparing(page: Page) -> None:
    """The other tab before anything is asked there."""
    show_tab(page, "compare")
    expect(page.locator("#compare-input textarea")).to_be_visible(timeout=TIMEOUT_MS)


def compare(page: Page) -> None:
    """Two answers side by side."""
    comparing(page)
    page.locator("#compare-input textarea").fill("maths")
    page.locator("#compare-send").click()
    expect(page.locator("#compare-sides .ds-figures")).to_have_count(2, timeout=TIMEOUT_MS)
    page.mouse.move(0, 0)


def keys(page: Page) -> None:
    """The sheet of keys."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#help-sheet")).to_be_visible(timeout=TIMEOUT_MS)


def _slid_in(page: Page, panel: str) -> None:
    inside = "name => document.getElementById(name)?.getBoundingClientRect().right <= innerWidth + 1"
    page.wait_for_function(inside, arg=panel, timeout=TIMEOUT_MS)


def leave(page: Page) -> None:
    """End a reply or a load that would go on."""
    for button in ("#chat-stop", "#model-cancel"):
        if page.locator(button).is_visible():
            page.locator(button).evaluate("button => button.click()")  # it may be in a panel that is closed
            expect(page.locator(button)).to_be_hidden(timeout=TIMEOUT_MS)


STATES: dict[str, Play] = {
    "empty": empty,
    "answered": chat(SUM),
    "thinking": thinking,
    "stopped": stopped,
    "versions": versions,
    "editing": editing,
    "figures": figures,
    "failed": failed,
    "maths": chat("maths"),
    "chinese": chat("中文"),
    "documents": documents,
    "too-long": too_long,
    "notice": notice,
    "chats": chats,
    "parameters": parameters,
    "models": models,
    "loading": loading,
    "code": code,
    "comparing": comparing,
    "compare": compare,
    "keys": keys,
}
