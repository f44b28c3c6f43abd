"""The browser of tests, pictures and benchmarks: Chromium without a window."""

from pathlib import Path

from playwright.sync_api import Browser, Playwright

# Debian's, of which the shell takes half the processor time of the whole browser; elsewhere Playwright's own.
SHELL, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def executable(*, whole: bool = False) -> str | None:
    """Return the system's browser; None for Playwright's own."""
    paths = (WHOLE, SHELL) if whole else (SHELL, WHOLE)
    return next((str(path) for path in paths if path.exists()), None)


def launch(playwright: Playwright, *, whole: bool = False) -> Browser:
    """Start the browser; the ``whole`` one, where there is one, is what readers have, and so what is to be timed."""
    return playwright.chromium.launch(executable_path=executable(whole=whole), args=ARGUMENTS)
