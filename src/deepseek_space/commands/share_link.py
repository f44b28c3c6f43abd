"""The public link, told in the terminal: in words, and as a picture that a phone can read. Knows no page."""

import io
import shutil
from typing import TextIO

import segno

NO_PASSWORD = "Anybody who has the link can use this app: --auth NAME:PASSWORD asks for a password."
NOT_SHARED = "There is no public link: Gradio's share server could not be reached, for the reason above."
_QUIET = 2  # light modules around the code; fewer than the standard's four are read as well

_WHITE_ON_BLACK, _RESET = "\x1b[97;40m", "\x1b[0m"  # the right way round in a light terminal too


def announcement(url: str | None, *, has_password: bool, out: TextIO) -> str:
    """Return what is to be said of the public link ``url``, None where there came none, in ``out``."""
    if not url:
        return NOT_SHARED
    lines = [f"Public link: {url}"]
    if out.isatty() and (out.encoding or "").lower().startswith("utf"):
        lines.append(_picture(url))
    if not has_password:
        lines.append(NO_PASSWORD)
    return "\n".join(line for line in lines if line)


def _picture(url: str) -> str:
    """Return ``url`` as a code of half blocks; "" where the terminal is too narrow for it."""
    code = segno.make(url, error="l", micro=False)
    if code.symbol_size(border=_QUIET)[0] > shutil.get_terminal_size().columns:
        return ""
    text = io.StringIO()
    code.terminal(text, border=_QUIET, compact=True)
    return "\n".join(f"{_WHITE_ON_BLACK}{line}{_RESET}" for line in text.getvalue().splitlines())
