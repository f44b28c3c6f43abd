"""What is added to the scores of tokens for what one reply holds so far, and for what its request prefers.

    score[t] - presence * (count[t] > 0) - frequency * count[t] + bias[t]

The formula is OpenAI's; count[t] is how often the reply holds t. Knows nothing about prompts, rows or randomness.
"""

from collections.abc import Sequence

import torch

from deepseek_space.types import Penalties


class TokenPenalties:
    """``penalties`` for one reply, of which ``said`` was generated before."""

    def __init__(self, penalties: Penalties, said: Sequence[int] = ()) -> None:
        self._penalties = penalties
        self._said = list(said)
        self._counts: torch.Tensor | None = None  # [vocabulary], made when its size and device are known
        self._num_counted = 0
        self._bias: torch.Tensor | None = None

    def count(self, token: int) -> None:
        """Take notice of a token of the reply."""
        self._said.append(token)

    def apply(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores [vocabulary] with the penalties in them; ``scores`` stays as it is."""
        if self._bias is None or self._counts is None:
            self._bias, self._counts = self._sum(self._penalties.bias, scores), torch.zeros_like(scores)
        penalties = self._penalties
        if not penalties.presence and not penalties.frequency:
            return scores + self._bias
        new = self._said[self._num_counted :]
        self._num_counted = len(self._said)
        if new:
            self._counts += self._sum([(token, 1.0) for token in new], scores)
        counts = self._counts
        return scores - penalties.presence * (counts > 0) - penalties.frequency * counts + self._bias

    @staticmethod
    def _sum(pairs: Sequence[tuple[int, float]], like: torch.Tensor) -> torch.Tensor:
        """Return a vector like ``like`` with the values of ``pairs`` (index, value) added up."""
        vector = torch.zeros_like(like)
        if pairs:
            ids, values = zip(*pairs, strict=True)
            vector.index_add_(0, torch.tensor(ids, device=like.device), vector.new_tensor(values))
        return vector
