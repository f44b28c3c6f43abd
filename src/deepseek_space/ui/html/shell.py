"""What stands on the page before its scripts are there: the field to write in, and what is said where they do not come.

It is sent first and needs nothing else; ``assets/shell/shell.js`` runs it, ``assets/page/sending.js`` takes over what
was written. Pure functions.
"""

from dataclasses import dataclass
from html import escape

from deepseek_space.sentences import Sentence
from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.words.language import say_in

_OPENING = Sentence("Opening …")
_SLOW = Sentence("This takes longer than usual.")
_FAILED = Sentence("A part of this page could not be loaded.")
_OFFLINE = Sentence("No connection. The page is opened when it is back.")
_RELOAD = Sentence("Load again")
_WRITE = Sentence("Write a message")
_LABEL = Sentence("Message")
_WAITS = Sentence("Will be sent when the page is ready.")


@dataclass(frozen=True, kw_only=True)
class Shell:
    """HTML for the head and for the beginning of the body."""

    style: str
    body: str


def shell(language: str, *, keeps: bool = True) -> Shell:
    """Return the shell in ``language``; where nothing may be kept, what is written does not stay through a reload."""

    def said(sentence: Sentence) -> str:
        return escape(say_in(sentence, language))

    style, script = ((ASSETS / "shell" / f"shell.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return Shell(
        style=f"<style>{style}</style>",
        body=(
            f'<div id="shell"{" data-keeps" if keeps else ""} data-say-slow="{said(_SLOW)}" '
            f'data-say-failed="{said(_FAILED)}" data-say-offline="{said(_OFFLINE)}" data-say-waits="{said(_WAITS)}">'
            f'<p id="shell-news" role="status"><span>{said(_OPENING)}</span> '
            f'<button type="button" id="shell-reload" hidden>{said(_RELOAD)}</button></p>'
            '<div id="shell-composer"><div id="shell-outbox"></div>'
            f'<textarea id="shell-input" rows="1" placeholder="{said(_WRITE)}" aria-label="{said(_LABEL)}" autofocus>'
            f"</textarea></div></div><script>{script}</script>"
        ),
    )
