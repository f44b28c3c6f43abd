"""Whether a JSON text holds more things than its reader is to make, told without making any.

Three bytes of text can be an object of 64 bytes and a reference to it, so a bound on bytes alone is none on memory or
time. Knows no JSON beyond where its strings end.
"""

import re

# Possessive: what is not closed must not be tried in every other way.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_IN_TEXT, _IN_BYTES = re.compile(_STRING, re.DOTALL), re.compile(_STRING.encode(), re.DOTALL)


def holds_more(text: str | bytes, most: int) -> bool:
    """Return whether there are more than ``most`` strings, or more than ``most`` lists, objects and commas."""
    if isinstance(text, str):
        bare, strings = _IN_TEXT.subn("", text, count=most + 1)
        signs = sum(bare.count(sign) for sign in "[{,")
    else:
        bare, strings = _IN_BYTES.subn(b"", text, count=most + 1)
        signs = sum(bare.count(sign) for sign in (b"[", b"{", b","))
    return strings > most or signs > most
