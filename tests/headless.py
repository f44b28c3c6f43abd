"""The browser of tests, pictures and benchmarks: Chromium without a window."""

from pathlib import Path

from playwright.sync_api import Browser, Playwright

# Debian's, of which the shell takes half the processor time of the whole browser; elsewhere Playwright's own.
CHROMIUM = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def launch(playwright: Playwright) -> Browser:
    """Start the browser."""
    system = next((str(path) for path in CHROMIUM if path.exists()), None)
    return playwright.chromium.launch(executable_path=system, args=ARGUMENTS)
