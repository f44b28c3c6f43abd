"""Take pictures of the running app: ``python scripts/screenshots.py [--url URL] [--all FOLDER [--only STATE …]]``.

Those of the README by default; with ``--all`` every state into a folder, wide and on a phone, light and dark, and in
Chinese. Without a URL it starts ``app.py`` on a free port for the time it takes, with scripted replies; for the list of
models with the starter, so that real ones stand in it. The tests go through the same states: ``tests/page_states.py``.
"""

import argparse
import io
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import headless
from page_states import FIBONACCI, STATES, SUM, TIMEOUT_MS, Play, chat, code, compare, documents, empty, leave, models

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "screenshots"
START_TIMEOUT_S = 60
SETTLE_MS = 1000  # Gradio scrolls down once more a little after the last update
MAX_BYTES = 200_000
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]
LOOKS: dict[str, tuple[ViewportSize, Scheme, str]] = {
    "wide-light": (DESK, "light", "en"),
    "wide-dark": (DESK, "dark", "en"),
    "wide-chinese": (DESK, "light", "zh-CN"),
    "phone-light": (PHONE, "light", "en"),
    "phone-dark": (PHONE, "dark", "en"),
    "phone-chinese": (PHONE, "light", "zh-CN"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an app that runs already")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every state in every look")
    parser.add_argument("--only", nargs="+", choices=STATES, default=list(STATES), help="with --all: these states")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = headless.launch(playwright)
        if options.all:
            with running_app(options.url) as url:
                for name, look in product(options.only, LOOKS):
                    take(browser, url, options.all / f"{name}-{look}.png", *LOOKS[look], STATES[name])
        else:
            for model, pictures in PICTURES.items():
                with running_app(options.url, model) as url:
                    for name, (viewport, scheme, play) in pictures.items():
                        take(browser, url, FOLDER / f"{name}.png", viewport, scheme, "en", play)
        browser.close()


def take(
    browser: Browser, url: str, path: Path, viewport: ViewportSize, scheme: Scheme, language: str, play: Play
) -> None:
    """Open the page as somebody new, play, and take the picture."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=language, device_scale_factor=2)
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#chat-input textarea")).to_be_editable(timeout=TIMEOUT_MS)
    expect(page.locator('#status-line [data-state="ready"]')).to_be_visible(timeout=TIMEOUT_MS)
    play(page)
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#chatbot .bubble-wrap").evaluate("box => { box.scrollTop = 0; }")
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, page.screenshot(animations="disabled"))
    leave(page)
    context.close()


@contextmanager
def running_app(url: str | None, model: str = "fake") -> Iterator[str]:
    """Give the URL from the command line, or that of an app started for the purpose."""
    if url:
        yield url
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--model", model, "--port", str(port)]
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


def save(path: Path, png: bytes) -> None:
    """Write the picture with a palette, as small as it goes without being seen."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(colors=256, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes; the README's pictures keep below {MAX_BYTES:,}.")


PICTURES: dict[str, dict[str, tuple[ViewportSize, Scheme, Play]]] = {
    "fake": {
        "chat": (DESK, "light", chat(SUM)),
        "chat-dark": (DESK, "dark", chat(FIBONACCI)),
        "code": (DESK, "light", code),
        "compare": (DESK, "light", compare),
        "documents": (DESK, "dark", documents),
        "phone": (PHONE, "light", chat(FIBONACCI)),
    },
    "starter": {
        "models": (DESK, "light", models),
        "phone-new": (PHONE, "light", empty),
    },
}

if __name__ == "__main__":
    main()
