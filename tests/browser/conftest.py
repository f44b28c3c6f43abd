"""A headless Chromium on the page.

Fixtures: ``page_at(url, **context)`` opens an address in a window of its own; ``fake_app_url`` and ``backend`` are the
page over the scripted backend, served in this process, and ``chat`` is that page, opened.

Elements have stable ids: #chat-input (a textarea in it), #chat-send, #chat-stop, #chat-think, #chat-maths, #chatbot,
#code-task (a textarea in it), #code-language, #code-run, #code-stop, #code-output, #code-explanation, #status-line,
#parameters (with .toggle-button), #system-prompt, #temperature, #top-p, #top-k, #min-p, #repetition-penalty,
#max-new-tokens, #seed, #stop-strings, #parameters-reset, #models-open, #models (with .toggle-button), #model-now,
#model-coming, #model-search, #model-shown, #model-list, #model-name, #model-precision, #model-load, #model-cancel,
#model-unload. ``PageHandle`` has locators for the commonest.
"""

import threading
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

import headless
from browser_page import WATCH_POLICY, PageHandle
from deepseek_space.backends.heartbeat import HEARTBEAT_S
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from deepseek_space.errors import EngineStopped
from deepseek_space.events import Answer, Reasoning
from page_server import served
from rich_answer import RICH_ANSWER
from waiting import until

TIMEOUT_MS = 60_000
SIZE = {"width": 1280, "height": 800}
WINDOW = {"viewport": SIZE, "reduced_motion": "reduce"}  # motion costs what tests wait for
FORGET = "self === top && sessionStorage.clear()"
SET_LATER = ("viewport", "color_scheme", "permissions")  # what a window that is there can be told too
HOLD = "⏸"  # here a reply stands still until the test lets it go on, however slow the machine is
# Gradio builds some parts later than others; the chat's own tab, which is the first, is what most tests touch at once.
BUILT = ("#chatbot", "#composer", "#attached", "#page-events", ".ds-model")
SCRIPT = (
    Scene(cue="patience", answer=f"word word {HOLD} word"),
    Scene(cue="half", answer=" ".join(map(str, [*range(1, 301), HOLD, *range(301, 601)]))),
    Scene(cue="slow", reasoning="I take my time.", answer="word " * 900 + HOLD),  # within the tokens of a reply
    Scene(cue="all kinds", reasoning="Many.", answer=RICH_ANSWER),
    Scene(cue="count", answer=" ".join(map(str, range(1, 601)))),
    Scene(cue="diagram", answer=f"```mermaid\ngraph TD\n  A --> B\n{HOLD}\n  B --> C\n```"),
    Scene(cue="muse", reasoning="hm " * 600 + HOLD, answer="late"),
    *(replace(scene, reasoning=f"{scene.reasoning[:800]} {HOLD}") for scene in SCENES if scene.cue == "endless"),
    *SCENES,
)


@pytest.fixture(scope="session")
def browser():
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        chromium = headless.launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared_windows(browser):
    """What tests share of a browser, by how it is set: a page in which the app was open opens it in half the time."""
    return {}


class Window:
    """A browser's window with ``violations``: what pages of the current test did against their policy."""

    def __init__(self, browser: Browser, **context: object) -> None:
        self.context = browser.new_context(**{**WINDOW, **context})
        self.context.expose_function("tellBlocked", lambda text: self.violations.append(text))
        self.context.add_init_script(WATCH_POLICY)
        self.violations: list[str] = []
        self.urls: set[str] = set()

    def page(self, *, viewport: dict[str, int] = SIZE, color_scheme: str = "light", permissions: tuple[str, ...] = ()):
        """Return an empty page set so: the one that was there, which has compiled the page's scripts, or a new one."""
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        if permissions:
            self.context.grant_permissions(permissions)
        return page

    def open(self, page: Page, url: str) -> None:
        """Open an address in an empty page as in a new one."""
        self.urls.add("{0.scheme}://{0.netloc}".format(urlsplit(url)))
        session = self.context.new_cdp_session(page)
        session.send("Page.enable")
        clear = session.send("Page.addScriptToEvaluateOnNewDocument", {"source": FORGET})
        page.goto(url)
        session.send("Page.removeScriptToEvaluateOnNewDocument", clear)
        session.detach()

    def clear(self) -> None:
        """Close all pages but one, empty that, and forget what they kept."""
        page, *others = self.context.pages or [self.context.new_page()]
        for other in others:
            other.close()
        page.unroute_all()
        try:
            page.goto("about:blank")
        except Error:  # it crashed: the next test has a new one
            page.close()
            page = self.context.new_page()
        page.mouse.move(-1, -1)
        session = self.context.new_cdp_session(page)
        session.send("Page.resetNavigationHistory")
        for url in self.urls:
            session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
        session.detach()
        self.context.clear_cookies()
        self.context.set_offline(False)
        self.context.clear_permissions()
        self.violations.clear()
        self.urls.clear()


@pytest.fixture
def page_at(browser, shared_windows):
    """Return a function that opens a URL in a window of its own; keywords are those of a browser context.

    The window is one of ``within``, if that is given, in place of the browser that tests share. The first page of a
    kind is opened in a window that tests share, unless it is to be ``alone``, as where something stays with it for
    good: a clock, a listener, a script that comes before the page's own.

    At the end none of the pages has done what its content security policy forbids.
    """
    windows, handles = [], []

    def window_for(within: Browser | None, alone: bool, context: dict[str, object]) -> Window:
        kind = repr(sorted({**WINDOW, **context}.items()))
        if within or alone or shared_windows.get(kind) in windows:
            return Window(within or browser, **context)
        return shared_windows.get(kind) or shared_windows.setdefault(kind, Window(browser, **context))

    def open_page(url: str, *, within: Browser | None = None, alone: bool = False, **context: object) -> PageHandle:
        as_set = {name: context.pop(name) for name in SET_LATER if name in context}
        window = window_for(within, alone, context)
        windows.append(window)
        page = window.page(**as_set)
        page.set_default_timeout(TIMEOUT_MS)
        window.open(page, url)
        expect(page.locator("#parameters-open")).to_be_visible()
        expect(page.locator("#shell")).to_have_count(0)
        expect(page.locator("#chat-input textarea")).to_be_editable()
        for part in BUILT:
            expect(page.locator(part)).to_be_attached()
        handles.append(PageHandle(page, window.violations))
        return handles[-1]

    yield open_page
    violations = [text for each in windows for text in each.violations]
    for each in windows:
        if each in shared_windows.values():
            each.clear()
        else:
            each.context.close()
    assert violations == []


class SharedBackend(ScriptedBackend):
    """Stands still at ``HOLD`` until ``go_on`` is set. Ends what a test leaves going on: others would be slow."""

    test: object = None
    go_on = threading.Event()

    def stream(self, request):
        test = self.test
        for event in super().stream(request):
            is_held = isinstance(event, Reasoning | Answer) and event.text.strip() == HOLD
            while is_held and not self.go_on.wait(HEARTBEAT_S) and self.test is test:
                yield type(event)(text="")
            if self.test is not test:
                raise EngineStopped("The test is over.")
            if not is_held:
                yield event


@pytest.fixture(scope="session")
def shared_backend():
    return SharedBackend(SCRIPT, delay_s=0.001)


@pytest.fixture
def backend(shared_backend):
    shared_backend.go_on.clear()
    shared_backend.requests.clear()
    yield shared_backend
    shared_backend.test = object()


@pytest.fixture(scope="session")
def served_url(shared_backend):
    with served(shared_backend) as url:
        yield url


@pytest.fixture
def fake_app_url(served_url, backend):
    return served_url


@pytest.fixture
def chat(page_at, fake_app_url):
    return page_at(fake_app_url)


@pytest.fixture
def idle(backend):
    """Return a function that waits until the backend serves nobody."""
    return lambda **limits: until(lambda: backend.status().active_requests == 0, **limits)
