"""Take pictures of the running app: ``python scripts/screenshots.py [--url URL] [--all FOLDER]``.

Those of the README by default; with ``--all`` every state into a folder, wide and on a phone, light and dark. Without a
URL it starts ``app.py --model fake`` on a free port for the time it takes.
"""

import argparse
import io
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "screenshots"
SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
START_TIMEOUT_S = 60
ANSWER_TIMEOUT_MS = 180_000
MAX_BYTES = 200_000
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]
Play = Callable[[Page], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an app that runs already")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every state, wide and on a phone, light and dark")
    options = parser.parse_args()
    with running_app(options.url) as url, sync_playwright() as playwright:
        executable = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        if options.all:
            for name, play in STATES.items():
                for device, viewport in {"wide": DESK, "phone": PHONE}.items():
                    for scheme in ("light", "dark"):
                        path = options.all / f"{name}-{device}-{scheme}.png"
                        take(browser, url, path, viewport, scheme, play)
        else:
            for name, (viewport, scheme, play) in PICTURES.items():
                take(browser, url, FOLDER / f"{name}.png", viewport, scheme, play)
        browser.close()


def take(browser: Browser, url: str, path: Path, viewport: ViewportSize, scheme: Scheme, play: Play) -> None:
    """Open the page as somebody new, play, and take the picture."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=2)
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#chat-input textarea")).to_be_editable(timeout=ANSWER_TIMEOUT_MS)
    play(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, page.screenshot(animations="disabled"))
    context.close()


@contextmanager
def running_app(url: str | None) -> Iterator[str]:
    """Give the URL from the command line, or that of an app started for the purpose."""
    if url:
        yield url
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--model", "fake", "--port", str(port)]
    with subprocess.Popen(command) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"The app did not answer at {url} within {START_TIMEOUT_S} s.")


def ask(page: Page, message: str) -> None:
    page.locator("#chat-input textarea").fill(message)
    page.locator("#chat-input textarea").press("Enter")


def chat(message: str) -> Play:
    def play(page: Page) -> None:
        ask(page, message)
        expect(page.locator("#chatbot .ds-figures")).to_be_visible(timeout=ANSWER_TIMEOUT_MS)
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(1000)  # Gradio scrolls down once more a little after the last update
        page.locator("#chatbot .bubble-wrap").evaluate("box => { box.scrollTop = 0; }")

    return play


def code(page: Page) -> None:
    page.get_by_role("tab", name="Code").click()
    page.locator("#code-task textarea").fill("Find the nth Fibonacci number using memoization.")
    page.locator("#code-run").click()
    expect(page.locator("#code-explanation .ds-figures")).to_be_visible(timeout=ANSWER_TIMEOUT_MS)
    page.mouse.move(0, 0)


def models(page: Page) -> None:
    """Open the list of models and pick one, without loading it."""
    page.locator("#models-open").click()
    page.locator(".ds-choice").nth(1).click()
    expect(page.locator("#model-name :is(input, textarea)")).not_to_have_value("")
    page.wait_for_timeout(500)  # the panel slides in


def empty(page: Page) -> None:
    page.wait_for_timeout(500)  # the list of chats comes from the browser's store


def thinking(page: Page) -> None:
    ask(page, "an endless thought")
    expect(page.locator('#chatbot .ds-act[name="answer_now"]')).to_be_visible(timeout=ANSWER_TIMEOUT_MS)
    page.wait_for_timeout(2000)  # some of the thought is to be seen


def versions(page: Page) -> None:
    chat("hello there")(page)
    page.locator('#chatbot .ds-act[name="retry"]').last.click()
    expect(page.locator("#chatbot .ds-versions")).to_contain_text("2 / 2", timeout=ANSWER_TIMEOUT_MS)


def failed(page: Page) -> None:
    ask(page, "an error")
    expect(page.locator("#chatbot .ds-error")).to_be_visible(timeout=ANSWER_TIMEOUT_MS)


def documents(page: Page) -> None:
    notes = {"name": "notes.md", "mimeType": "text/markdown", "buffer": b"# Notes\n\n" + b"A line to read. " * 400}
    table = {"name": "sales.csv", "mimeType": "text/csv", "buffer": b"month,sum\n" + b"May,12\n" * 60}
    page.locator("#composer input[type=file]").set_input_files([notes, table])
    expect(page.locator("#attached .ds-file:has(.ds-file-remove)")).to_have_count(2, timeout=ANSWER_TIMEOUT_MS)
    page.wait_for_timeout(1000)  # the meter counts after a pause


def parameters(page: Page) -> None:
    page.locator("#parameters-open").click()
    page.wait_for_timeout(500)  # the panel slides in


def compare(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    page.locator("#compare-input textarea").fill("maths")
    page.locator("#compare-send").click()
    expect(page.locator("#compare-sides .ds-figures")).to_have_count(2, timeout=ANSWER_TIMEOUT_MS)


def keys(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.wait_for_timeout(500)


def save(path: Path, png: bytes) -> None:
    """Write the picture with a palette, as small as it goes without being seen."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(colors=256, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes; the README's pictures keep below {MAX_BYTES:,}.")


SUM = "Explain the sum of the first n numbers with a table, a formula and code."
FIBONACCI = "Write a Python function to find the nth Fibonacci number using memoization."
STATES: dict[str, Play] = {
    "empty": empty,
    "answered": chat(SUM),
    "thinking": thinking,
    "versions": versions,
    "failed": failed,
    "maths": chat("maths"),
    "chinese": chat("中文"),
    "documents": documents,
    "parameters": parameters,
    "models": models,
    "code": code,
    "compare": compare,
    "keys": keys,
}
PICTURES: dict[str, tuple[ViewportSize, Scheme, Play]] = {
    "chat": (DESK, "light", chat(SUM)),
    "chat-dark": (DESK, "dark", chat(FIBONACCI)),
    "code": (DESK, "light", code),
    "compare": (DESK, "light", compare),
    "documents": (DESK, "dark", documents),
    "models": (DESK, "light", models),
    "phone": (PHONE, "light", chat(FIBONACCI)),
}

if __name__ == "__main__":
    main()
