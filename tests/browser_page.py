"""What browser tests do on a page, in words, and how they wait for what happens behind it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

AXE = Axe()
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # axe has no others that are on by default
BLOCKED = "dsBlocked"
"""The list, on a page of a test, of what the page's content security policy has kept it from."""
WATCH_POLICY = f"""addEventListener("securitypolicyviolation", (event) => {{
  const text = `${{event.effectiveDirective}} ${{event.blockedURI}} ${{event.sourceFile}}:${{event.lineNumber}}`;
  (window.{BLOCKED} ??= []).push(text);
  window.tellBlocked?.(text);
}})"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

_CONTRAST = """(selector) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const element = [...document.querySelectorAll(selector)].at(-1);
  let behind = element, fill = [0, 0, 0, 0];
  while (behind && (fill = rgb(getComputedStyle(behind).backgroundColor)).length === 4 && fill[3] < 1)
    behind = behind.parentElement;
  const [low, high] = [luminance(rgb(getComputedStyle(element).color)), luminance(fill)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


class PageHandle:
    """A page with words for what tests do on it."""

    def __init__(self, page: Page, violations: list[str] | None = None) -> None:
        self.page = page
        self.violations = violations if violations is not None else []
        self.input = page.locator("#chat-input textarea")
        self.send = page.locator("#chat-send")
        self.stop = page.locator("#chat-stop")
        self.retry = page.locator('#chatbot .ds-act[name="retry"]').last
        self.new = page.locator('.ds-act[name="new"]:visible').first
        self.answers = page.locator("#chatbot .bot.message .message-content > .md")
        self.questions = page.locator("#chatbot .user.message .md:not(:has(.ds-acts))")
        self.figures = page.locator("#chatbot .ds-figures")

    def ask(self, text: str) -> None:
        """Write a message and send it with Enter."""
        self.input.fill(text)
        self.input.press("Enter")

    def finish(self, count: int = 1) -> Locator:
        """Wait until so many answers are complete; returns the conversation."""
        expect(self.figures).to_have_count(count)
        expect(self.stop).to_be_hidden()
        return self.page.locator("#chatbot")

    def act(self, name: str, index: int = -1) -> Locator:
        """Return one of the buttons of a name under the messages; the last unless told otherwise."""
        return self.page.locator(f'#chatbot .ds-act[name="{name}"]').nth(index)

    def open_parameters(self) -> None:
        """Open the sidebar."""
        self.page.locator("#parameters-open").click()
        expect(self.page.locator("#parameters.open")).to_be_visible()

    def scroll_width(self) -> int:
        """Return how wide the content is, in CSS pixels."""
        return self.page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")


class Chats:
    """The list beside the conversation, in words."""

    def __init__(self, handle: PageHandle) -> None:
        self.page = handle.page
        self.names = handle.page.locator("#chats .ds-chat-name")
        self.current = handle.page.locator("#chats [aria-current]")
        self.toast = handle.page.locator("#chats-toast")

    def do(self, act: str, *, chat: str = "") -> None:
        """Choose from the menu of a chat, or from that of all chats."""
        if chat:
            self.page.locator(".ds-chat", has_text=chat).locator(".ds-chat-more").click()
        else:
            self.page.locator("[data-menu]").click()
        self.page.locator(f".ds-menu:popover-open [data-do={act}]").click()

    def new(self) -> None:
        self.page.locator("#chats .ds-new").click()
        expect(self.page.locator("#chatbot .message-row")).to_have_count(0)

    def saved(self, act: str, *, chat: str = "") -> str:
        """Export; returns the text of the file."""
        with self.page.expect_download() as download:
            self.do(act, chat=chat)
        return download.value.path().read_text(encoding="utf-8")

    def take(self, name: str, content: str | bytes) -> None:
        """Import a file of this name and content."""
        data = content.encode() if isinstance(content, str) else content
        file = {"name": name, "mimeType": "application/json", "buffer": data}
        self.page.locator("#chats-file").set_input_files(file)


def open_code_form(page: Page) -> None:
    """Go to the Code page, and there to the form for a gap in code."""
    if page.locator("#tabs-open").is_visible():
        page.locator("#tabs-open").click()
    page.locator('.ds-tab[href="#code"]').click()
    page.locator(".ds-work-menu summary").click()
    page.locator("#code-form-open").click()


def contrast(page: Page, selector: str) -> float:
    """Return the contrast ratio of the last such element's text to what is behind it, as WCAG counts it."""
    return page.evaluate(_CONTRAST, selector)


def findings(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return axe's critical and serious findings, each with the first element that it is about."""
    # Not what is well, nor what only media that play by themselves would be fetched for.
    options = {"resultTypes": ["violations"], "preload": False}
    if colours_only:
        options["runOnly"] = {"type": "rule", "values": COLOUR_RULES}
    return [
        f"{found['id']}: {node['html'][:160]} ({len(found['nodes'])} in all)"
        for found in AXE.run(page, options=options).response["violations"]
        for node in found["nodes"][:1]
        if found["impact"] in ("critical", "serious")
    ]
