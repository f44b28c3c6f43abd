"""Where the page says what is not sent yet, and the words for it, as HTML for ``assets/page/sending.js``."""

from html import escape

from deepseek_space.sentences import Sentence

# What the scripts say, by the name that they have for it.
_WORDS = {
    "sending": Sentence("Sending …"),
    "writing": Sentence("Will be sent when the answer is complete."),
    "opening": Sentence("Will be sent when the page is ready."),
    "uploading": Sentence("Will be sent when the files are there."),
    "offline": Sentence("No connection. It will be sent when it is back."),
    "back": Sentence("Take back"),
    "empty": Sentence("Write a message first, then send it."),
    "nothing": Sentence("No connection, so nothing was done. Try again when it is back."),
    "comparing": Sentence("Both answers are still being written."),
    "failed": Sentence("A part of this page could not be loaded."),
    "reading": Sentence("Reading …"),
    "progress": Sentence("Uploading …"),
    "paused": Sentence("No connection. The upload goes on when it is back."),
    "stop-upload": Sentence("Do not upload"),
    "edit": Sentence("Edit the message"),
    "send": Sentence("Send"),
    "cancel": Sentence("Cancel"),
}


def outbox() -> str:
    """Return the place over the composer for messages that wait."""
    return '<div id="outbox" role="status"></div>'


def uploads() -> str:
    """Return the place for files on their way."""
    return '<div id="uploads"></div>'


def notes() -> str:
    """Return what tells readers of the screen and others for a moment why something did not happen."""
    words = " ".join(f'data-say-{name}="{escape(text)}"' for name, text in _WORDS.items())
    return f'<div id="page-note" class="ds-toast" popover="manual" role="status" {words}></div>'
