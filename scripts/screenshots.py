"""Take the README's pictures from the running app: ``python scripts/screenshots.py [URL]``.

Without a URL it starts ``app.py --model fake`` on a free port for the time it takes.
"""

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

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "screenshots"
SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
START_TIMEOUT_S = 60
ANSWER_TIMEOUT_MS = 180_000
MAX_BYTES = 200_000
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_app(sys.argv[1:]) as url, sync_playwright() as playwright:
        executable = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])

        def take(name: str, viewport: ViewportSize, scheme: str, play: Callable[[Page], None]) -> None:
            context = browser.new_context(viewport=viewport, color_scheme=scheme, device_scale_factor=2)
            page = context.new_page()
            page.goto(url)
            expect(page.locator("#chat-input textarea")).to_be_editable(timeout=ANSWER_TIMEOUT_MS)
            play(page)
            save(FOLDER / f"{name}.png", page.screenshot(animations="disabled"))
            context.close()

        take("chat", DESK, "light", chat("Explain the sum of the first n numbers with a table, a formula and code."))
        take(
            "chat-dark",
            DESK,
            "dark",
            chat("Write a Python function to find the nth Fibonacci number using memoization."),
        )
        take("code", DESK, "light", code)
        take("models", DESK, "light", models)
        take(
            "phone", PHONE, "light", chat("Write a Python function to find the nth Fibonacci number using memoization.")
        )
        browser.close()


@contextmanager
def running_app(arguments: list[str]) -> Iterator[str]:
    """Give the URL from the command line, or that of an app started for the purpose."""
    if arguments:
        yield arguments[0]
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


def chat(message: str) -> Callable[[Page], None]:
    def play(page: Page) -> None:
        page.locator("#chat-input textarea").fill(message)
        page.locator("#chat-input textarea").press("Enter")
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


def save(path: Path, png: bytes) -> None:
    """Write the picture with a palette, as small as it goes without being seen."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(colors=256, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes; the README's pictures keep below {MAX_BYTES:,}.")


if __name__ == "__main__":
    main()
