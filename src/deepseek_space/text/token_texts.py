"""What single tokens are as text. Knows no reply: a character of which a token is a part is not put together here."""

from collections.abc import Iterable
from typing import Any


class TokenTexts:
    """The texts of one tokenizer's tokens, control tokens by their names."""

    def __init__(self, tokenizer: Any) -> None:
        self._decode = tokenizer.backend_tokenizer.decode
        self._texts: dict[int, str] = {}

    def of(self, token: int) -> str:
        """Return the text of the token ``token``."""
        if token not in self._texts:
            self._texts[token] = self._decode([token], skip_special_tokens=False)
        return self._texts[token]

    def named(self, top: Iterable[tuple[int, float]]) -> tuple[tuple[str, float], ...]:
        """Return pairs of a token and a figure with its text in its place."""
        return tuple((self.of(token), figure) for token, figure in top)
