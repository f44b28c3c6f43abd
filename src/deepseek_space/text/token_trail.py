"""Which tokens a piece of shown text was made of, though tags, blanks and stop strings were dropped on the way.

Knows no tokenizer: it is told what text each token settled, and finds the shown pieces in it again.
"""

from collections import deque

from deepseek_space.events import TokenLogprob


class TokenTrail:
    """The tokens of one reply, each until the text that it belongs to is shown, or passed over."""

    def __init__(self) -> None:
        self._text = ""  # settled and not yet shown
        self._begin = 0  # where it begins in the whole text
        self._waiting: list[TokenLogprob] = []  # parts of a character that is not whole yet
        self._spans: deque[tuple[int, int, TokenLogprob]] = deque()

    def push(self, token: TokenLogprob | None, text: str) -> None:
        """Take in ``token`` and the ``text`` that it settles; None where text comes of what was held back."""
        self._waiting += [token] if token else []
        if text:
            start = self._begin + len(self._text)
            self._text += text
            self._spans += [(start, start + len(text), token) for token in self._waiting]
            self._waiting = []

    def rest(self) -> tuple[TokenLogprob, ...]:
        """Return the tokens of a character that stays a half, and forget them."""
        tokens, self._waiting = tuple(self._waiting), []
        return tokens

    def take(self, shown: str) -> tuple[TokenLogprob, ...]:
        """Return the tokens of the next ``shown`` text; those before it belong to nothing that is shown."""
        at = self._text.find(shown)
        if not shown or at < 0:
            return ()
        start, end = self._begin + at, self._begin + at + len(shown)
        self._text, self._begin = self._text[at + len(shown) :], end
        taken = []
        while self._spans and self._spans[0][0] < end:
            _, its_end, token = self._spans.popleft()
            taken += [token] if its_end > start else []
        return tuple(taken)
