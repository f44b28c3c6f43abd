"""Stand-ins for pieces of text, and the pieces back in their places. Knows no tokenizer."""


class Marks:
    """Stand-ins for pieces of text that a chat template and a tokenizer must not see."""

    def __init__(self, text: str) -> None:
        """Choose a private-use character that does not occur in ``text``."""
        present = set(text)
        self._fence = next(chr(code) for code in range(0xF0000, 0xFFFFE) if chr(code) not in present)
        self._pieces: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def put(self, piece: str) -> str:
        """Return the stand-in for ``piece``."""
        self._pieces.append(piece)
        return f"{self._fence}{len(self._pieces) - 1}{self._fence}"

    def restore(self, text: str) -> str:
        """Return ``text`` with the pieces back in their places."""
        parts = text.split(self._fence)
        return "".join(self._pieces[int(part)] if odd % 2 else part for odd, part in enumerate(parts))
