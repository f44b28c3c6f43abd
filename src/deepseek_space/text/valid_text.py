"""Text that others have sent, made valid before it goes on.

JSON can hold half of a character that UTF-16 writes in two ("\\ud83d"), and a server may cut there. Python keeps such
a half, and whatever writes UTF-8 later fails on it. Knows no server.
"""

UNKNOWN = "\ufffd"


def valid(text: str) -> str:
    """Return ``text`` with two halves that belong together joined, and U+FFFD for each that stands alone."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class HalfCharacters:
    """Joins characters that were cut in two between the pieces of one text."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> str:
        """Return valid text; a first half at the end is held back until its second comes."""
        text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return valid(text)

    def flush(self) -> str:
        """Return what was held back: a character of which nobody has sent the rest."""
        text, self._held = self._held, ""
        return UNKNOWN if text else ""
