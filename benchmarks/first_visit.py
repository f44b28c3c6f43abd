"""How long until the page can be used, on a bad line? A first visit at 400 kbit/s with 400 ms to the server and back.

Seconds until something of the page is seen, until a composer can be typed into, and until all of it is there; and what
goes over the line: bytes as they are sent, compressed where they are, and how many of them are this project's own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
import measure
from playwright.sync_api import Browser, sync_playwright

import headless
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app, launch_options

REACH = "one Chromium on the machine that also serves the page; the line is Chromium's own throttling"
SEEN = "document.body && document.body.innerText.trim() && document.elementsFromPoint(innerWidth / 2, 20).length > 1"
TYPED = """[...document.querySelectorAll("textarea")].some(
  (field) => field.checkVisibility({ visibilityProperty: true }) && !field.disabled)"""
WHOLE = 'document.querySelector("#chat-input textarea") && document.querySelector("#page-events")'
OURS = ("page-scripts", "icons", "manifest.json", "logo")
TIMEOUT_MS = 120_000
QUIET_S = 4


def main() -> None:
    parser = measure.parser(__doc__, rounds=1)
    parser.add_argument("--kbits", type=float, default=400, help="of the line, a second")
    parser.add_argument("--latency", type=float, default=400, help="to the server and back, ms")
    options = parser.parse_args()
    if options.quick:
        options.kbits, options.latency = 20_000, 10
    settings = read_settings([], {})
    app = build_app(ScriptedBackend(), settings=settings)
    with served(app, **launch_options(settings)) as url, sync_playwright() as playwright:
        browser = headless.launch(playwright, whole=True)
        visits = [visit(browser, url, options.kbits, options.latency) for _ in range(options.rounds)]
        browser.close()
    report(measure.medians(visits))


def visit(browser: Browser, url: str, kbits: float, latency_ms: float) -> dict[str, float]:
    """Open the page in a window that has kept nothing; return its figures."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    per_second = kbits * 1000 / 8
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency_ms, "downloadThroughput": per_second, "uploadThroughput": per_second},
    )
    names: dict[str, str] = {}
    sent: dict[str, float] = {}
    line.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
    heard_s = [time.monotonic()]

    def finished(event: dict) -> None:
        sent[event["requestId"]], heard_s[0] = event["encodedDataLength"], time.monotonic()

    line.on("Network.loadingFinished", finished)
    began_s = time.monotonic()
    page.goto(url, wait_until="commit")
    figures = {}
    for name, expression in (("seen_s", SEEN), ("typed_s", TYPED), ("whole_s", WHOLE)):
        page.wait_for_function(expression, polling=50)
        figures[name] = time.monotonic() - began_s
    while time.monotonic() - heard_s[0] < QUIET_S:  # a stream stays open, so the network is never idle
        page.wait_for_timeout(200)
    by_url = {names.get(request, ""): size for request, size in sent.items()}
    context.close()
    return {**figures, **amounts(by_url, url)}


def amounts(sizes: dict[str, float], url: str) -> dict[str, float]:
    """Return how many kilobytes went over the line: all, of the page itself, of our own files."""
    own = sum(size for address, size in sizes.items() if any(f"{url}{name}" in address for name in OURS))
    page = sizes.get(url, 0)
    return {"all_kb": sum(sizes.values()) / 1000, "page_kb": page / 1000, "own_files_kb": own / 1000}


def report(figures: dict[str, float]) -> None:
    header = ["seen, s", "typed into, s", "whole, s", "all, kB", "the page itself, kB", "our own files, kB"]
    measure.table(header, [list(figures.values())])
    measure.finish(benchmark="first_visit", **figures, reach=REACH)


@contextmanager
def served(app: gr.Blocks, **options: object) -> Iterator[str]:
    _, url, _ = app.launch(server_name="127.0.0.1", prevent_thread_lock=True, **options)
    try:
        yield url
    finally:
        app.close(verbose=False)


if __name__ == "__main__":
    main()
