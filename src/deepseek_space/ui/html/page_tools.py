"""What helps on every page: the way past its head, the keys, the languages, spoken news.

It is HTML for ``assets/page/keyboard.js``, ``language.js`` and ``gradio_words.js``; the texts in it are translated with
the page.
"""

from html import escape

from deepseek_space.ui.words.language import LANGUAGES

# ``Mod`` is Alt, and Ctrl + Shift on a Mac, where Alt writes letters. None of them is taken by a browser.
KEYS = {
    "Enter": "Send the message",
    "Shift Enter": "Break the line",
    "Esc": "Stop the answer; close a panel",
    "↑": "Edit the last message, in an empty message field",
    "Mod N": "New chat",
    "Mod ↑": "Previous chat",
    "Mod ↓": "Next chat",
    "Mod I": "Go to the message field",
    "Mod C": "Copy the last answer",
    "Mod M": "Models",
    "Mod P": "Parameters",
    "?": "This sheet, outside of text fields",
}
# What Gradio's front end says in English whatever the language.
_GRADIO_SAYS = (
    "An error occurred",
    "Close",
    "Code input container",
    "Connection errored out.",
    "Connection Lost",
    "Connection to the server was lost. Attempting reconnection...",
    "Copied",
    "Copy",
    "Copy message",
    "Download",
    "Fold line",
    "Gradio footer navigation",
    "More tabs",
    "Reset to default value",
    "Scroll down",
    "Unfold line",
    "This application is currently busy. Please try again.",
    "chatbot conversation",
    "copy",
)
_GRADIO_BEGINS = ("bot's message:", "number input for", "range slider for", "user's message:")
_SHORT = {"en": "EN", "zh-CN": "中文"}


def page_tools() -> str:
    """Return the tools as HTML, to stand first on the page."""
    return (
        '<a class="ds-skip" href="#chat-input">Go to the message field</a>'
        '<button type="button" id="help-open" class="ds-tool" aria-label="Keys" aria-haspopup="dialog">?</button>'
        f"{_languages()}{_sheet()}{_gradio_words()}"
        '<p id="announcer" class="ds-unseen" role="status" data-say-writing="The answer is being written." '
        'data-say-done="The answer has ended." data-say-copied="Copied."></p>'
    )


def _gradio_words() -> str:
    """Return a dictionary from Gradio's words to those of the page; some only begin what is said."""
    whole = "".join(f'<data value="{escape(said)}">{escape(said)}</data>' for said in _GRADIO_SAYS)
    begun = "".join(f'<data value="{escape(said)}" class="is-begun">{escape(said)}</data>' for said in _GRADIO_BEGINS)
    return f'<div id="gradio-words" hidden>{whole}{begun}</div>'


def _languages() -> str:
    # Each in its own words; the one that the page is in is hidden by the style sheet.
    return "".join(
        f'<button type="button" class="ds-tool" data-language="{code}" lang="{code}" '
        f'aria-label="{LANGUAGES[code]}">{short}</button>'
        for code, short in _SHORT.items()
    )


def _sheet() -> str:
    rows = "".join(f"<div><dt>{_keys(keys)}</dt><dd>{what}</dd></div>" for keys, what in KEYS.items())
    return (
        '<dialog id="help-sheet" class="ds-sheet" aria-labelledby="help-title" closedby="any">'
        f'<h2 id="help-title">Keys</h2><dl>{rows}</dl>'
        '<label><input type="checkbox" id="single-keys" checked> <span>Open this sheet with ?</span></label>'
        '<button type="button" id="help-close" class="ds-tool" autofocus>Close</button></dialog>'
    )


def _keys(keys: str) -> str:
    return " + ".join(f"<kbd{' data-mod' if key == 'Mod' else ''}>{key}</kbd>" for key in keys.split())
