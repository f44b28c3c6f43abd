"""What changes the scores of single tokens for what a row holds so far, and for what its request prefers; numpy.

    s = score[t] * r if score[t] < 0 else score[t] / r, where prompt or reply hold t
    s - presence * (count[t] > 0) - frequency * count[t] + bias[t]

The first is CTRL's repetition penalty as transformers has it, the second OpenAI's formula; count[t] is how often the
reply holds t. Only these tokens are looked at, not the vocabulary. Knows no rows and no randomness.
"""

from collections.abc import Sequence

import numpy as np

from deepseek_space.types import Penalties


class TokenPenalties:
    """``repetition`` for ``prompt`` and reply, ``penalties`` for the reply, of which ``said`` was generated before."""

    def __init__(
        self,
        penalties: Penalties | None = None,
        *,
        repetition: float = 1.0,
        prompt: Sequence[int] = (),
        said: Sequence[int] = (),
    ) -> None:
        self._penalties, self._repetition = penalties or Penalties(), repetition
        self._counts_reply = bool(self._penalties.presence or self._penalties.frequency)
        seen = np.unique(np.asarray(prompt if repetition != 1 else (), dtype=np.int64)).tolist()
        bias = dict[int, float]()
        for token, value in self._penalties.bias:
            bias[token] = bias.get(token, 0.0) + value
        tokens = list(dict.fromkeys((*seen, *bias)))
        self._places = {token: place for place, token in enumerate(tokens)}
        self._ids = np.asarray(tokens, dtype=np.int64)
        self._seen = np.zeros(len(tokens), dtype=bool)
        self._seen[: len(seen)] = True
        self._counts = np.zeros(len(tokens), dtype=np.float32)
        self._bias = np.asarray([bias.get(token, 0.0) for token in tokens], dtype=np.float32)
        for token in said if self._counts_reply else ():
            self._count(token)

    @property
    def change_nothing(self) -> bool:
        """Tell whether scores stay as they are, whatever comes."""
        return self._repetition == 1 and not self._penalties

    @property
    def ids(self) -> np.ndarray:
        """Return the tokens whose scores change, each once."""
        return self._ids[: len(self._places)]

    def accept(self, token: int) -> None:
        """Take notice of a token of the reply."""
        if self._repetition != 1 or self._counts_reply:
            place = self._count(token)  # first: it may take larger arrays
            self._seen[place] = True

    def apply(self, scores: np.ndarray) -> np.ndarray:
        """Return the scores of ``ids`` with the penalties in them, for those without."""
        size, penalties = len(self._places), self._penalties
        if (factor := self._repetition) != 1:
            scores = np.where(self._seen[:size], np.where(scores < 0, scores * factor, scores / factor), scores)
        if not penalties:
            return scores
        counts = self._counts[:size]
        return scores - penalties.presence * (counts > 0) - penalties.frequency * counts + self._bias[:size]

    def _count(self, token: int) -> int:
        """Count ``token`` once more, and return its place."""
        place = self._places.setdefault(token, len(self._places))
        if place == len(self._ids):
            more = max(64, place)
            self._ids, self._seen = np.pad(self._ids, (0, more)), np.pad(self._seen, (0, more))
            self._counts, self._bias = np.pad(self._counts, (0, more)), np.pad(self._bias, (0, more))
        self._ids[place] = token
        self._counts[place] += 1
        return place
