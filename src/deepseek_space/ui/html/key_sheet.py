"""The keys, the sheet that lists them, the way past the head of the page: HTML for ``assets/page/keyboard.js``."""

from deepseek_space.sentences import Sentence

# ``Mod`` is Alt, and Ctrl + Shift on a Mac, where Alt writes letters. None of them is taken by a browser. Those with
# ``Ctrl``, on a Mac the command key, are what other chats have too.
_NAMES = {"Mod": "Alt"}
KEYS = {
    "Enter": Sentence("Send the message"),
    "Shift Enter": Sentence("Break the line"),
    "Esc": Sentence("Stop the answer; close a panel"),
    "↑": Sentence("Edit the last message, in an empty message field"),
    "Ctrl K": Sentence("Search all chats"),
    "Mod N": Sentence("New chat"),
    "Ctrl Shift O": Sentence("New chat, as elsewhere"),
    "Ctrl B": Sentence("List of chats"),
    "Shift Esc": Sentence("Go to the message field, as elsewhere"),
    "Mod ↑": Sentence("Previous chat"),
    "Mod ↓": Sentence("Next chat"),
    "Mod I": Sentence("Go to the message field"),
    "Mod C": Sentence("Copy the last answer"),
    "Mod M": Sentence("Models"),
    "Mod P": Sentence("Parameters"),
    "?": Sentence("This sheet, outside of text fields"),
}


# What people look for by other names than those that stand on the page.
_PLACES = {
    Sentence("System prompt, temperature, max tokens, thinking budget"): Sentence("Parameters, at the top right"),
    Sentence("Other models, quantisation, VRAM"): Sentence("Models: the button with the model's name"),
    Sentence("An app of its own (PWA)"): Sentence("Install, in the menu or address bar of your browser"),
    Sentence("API"): Sentence("“Use from programs” in the menu at the top right"),
}


def skip_link() -> str:
    """Return the way past the head, to stand first on the page."""
    return '<a class="ds-skip" href="#chat-input">Go to the message field</a>'


def key_sheet() -> str:
    """Return the sheet; what has the class ds-help opens it."""
    rows = "".join(f"<div><dt>{_keys(keys)}</dt><dd>{what}</dd></div>" for keys, what in KEYS.items())
    return (
        '<dialog id="help-sheet" class="ds-sheet" aria-labelledby="help-title" closedby="any">'
        f'<h2 id="help-title">Keys</h2><dl>{rows}</dl><h2>Where is …?</h2><dl>{_places()}</dl>'
        '<label><input type="checkbox" id="single-keys" checked> <span>Open this sheet with ?</span></label>'
        '<button type="button" id="help-close" class="ds-pill" autofocus>Close</button></dialog>'
    )


def _places() -> str:
    return "".join(f"<div><dt>{sought}</dt><dd>{place}</dd></div>" for sought, place in _PLACES.items())


def _keys(keys: str) -> str:
    marks = {"Mod": " data-mod", "Ctrl": " data-main"}
    return " + ".join(f"<kbd{marks.get(key, '')}>{_NAMES.get(key, key)}</kbd>" for key in keys.split())
