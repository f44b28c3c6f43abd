"""What is filled in at a cursor, and where it ends: at a line that leaves the block, or when time is up.

Knows no route and no format.
"""

import time


class InfillText:
    """Takes in the pieces of one answer. ``indent`` is how many blanks its further lines begin with at least.

    With ``longest_s`` above 0 it ends so long after its first piece, once a line is whole.
    """

    def __init__(self, *, indent: int = 0, longest_s: float = 0.0) -> None:
        self.text = ""
        self.is_over = False
        self._indent = indent
        self._longest_s = longest_s
        self._begun_s = 0.0
        self._line = 0  # where the last line begins

    def push(self, piece: str) -> str:
        """Return what of ``piece`` belongs to the answer."""
        self._begun_s = self._begun_s or time.monotonic()
        before = len(self.text)
        for letter in piece:
            if self._leaves_block(letter):
                self.text, self.is_over = self.text[: self._line], True
                return self.text[before:]
            self.text += letter
            if letter == "\n":
                self._line = len(self.text)
        if self._longest_s and self._line and time.monotonic() - self._begun_s > self._longest_s:
            self.is_over = True
        return self.text[before:]

    def _leaves_block(self, letter: str) -> bool:
        """Tell whether ``letter`` is the first of a line and stands too far to the left."""
        if not self._indent or not self._line or letter.isspace():
            return False
        blanks = self.text[self._line :]
        return not blanks.strip() and len(blanks) < self._indent
