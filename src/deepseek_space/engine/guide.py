"""Holds one reply to a grammar, token by token, from where its thought ends.

The grammar is a matcher of llguidance, compiled elsewhere. Knows nothing about schemas and other rows. Imports no torch
by itself: there are engines without it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from llguidance import LLMatcher

from deepseek_space.types import Constraint

if TYPE_CHECKING:
    import torch

LONGEST_TAG_TOKENS = 16


@dataclass(frozen=True, kw_only=True)
class GuideRecipe:
    """What a guide is made from, here or in another process: a ``constraint``, or the grammar of ``calls``.

    ``field`` is what a program asks for it by, ``begun`` what of the answer is written already.
    """

    field: str
    constraint: Constraint | None = None
    calls: str = ""
    begun: str = ""
    is_thinking: bool = False
    opening: int | None = None


class Guide:
    """What one reply may go on with, of a vocabulary of ``size`` tokens; the reply's own, as it moves with it.

    While a thought is open everything may come. The reply begins in one if ``is_thinking``, and may open one by the
    token ``opening`` in its first place; ``closing`` ends it, wherever ``bytes_of`` some tokens show it.
    Methods raise ValueError where the grammar cannot be followed any further.
    """

    def __init__(
        self,
        matcher: LLMatcher,
        *,
        size: int,
        bytes_of: Callable[..., bytes],
        closing: bytes,
        is_thinking: bool = False,
        opening: int | None = None,
        recipe: GuideRecipe | None = None,
    ) -> None:
        self.recipe = recipe
        self._start, self._matcher = matcher, matcher.deep_copy()
        self._bytes_of, self._closing, self._opening = bytes_of, closing, opening
        self._is_thinking = is_thinking
        self._recent: deque[int] = deque(maxlen=LONGEST_TAG_TOKENS)
        self._bits = np.zeros(-(-size // 32), dtype=np.int32)

    def for_answer(self) -> "Guide":
        """Return a guide for the answer alone, after a thought that was closed from outside."""
        matcher, size = self._start, 32 * len(self._bits)
        recipe = self.recipe and replace(self.recipe, is_thinking=False, opening=None)
        return Guide(matcher, size=size, bytes_of=self._bytes_of, closing=self._closing, recipe=recipe)

    def hold(self, scores: "torch.Tensor") -> "torch.Tensor":
        """Return ``scores`` [vocabulary] with minus infinity for what may not come next."""
        import torch

        allowed = self.allowed(len(scores))
        if allowed is None:
            return scores
        return scores.masked_fill(torch.from_numpy(allowed).to(scores.device) == 0, -torch.inf)

    def allowed(self, size: int) -> np.ndarray | None:
        """Return for each of the first ``size`` tokens whether it may come next, None where all may."""
        if self._is_thinking:
            return None
        self._matcher.unsafe_compute_mask_ptr(self._bits.ctypes.data, self._bits.nbytes)
        if error := self._matcher.get_error():
            raise ValueError(f"the format asked for is too complex to go on with: {error}")
        allowed = np.unpackbits(self._bits.view(np.uint8), bitorder="little")[:size]
        if self._opening is not None:
            allowed[self._opening] = 1
        if not allowed.any():
            raise ValueError("no token of this model goes on with the format asked for")
        return allowed

    def accept(self, token: int) -> None:
        """Move on by the ``token`` that the reply takes."""
        if self._is_thinking:
            self._think(token)
            return
        opens = token == self._opening
        self._opening = None
        if opens:
            self._is_thinking = True
        elif not self._matcher.consume_token(token):
            raise ValueError(f"token {token} is none of the format asked for")

    def _think(self, token: int) -> None:
        self._recent.append(token)
        _, closed, rest = self._bytes_of(*self._recent).partition(self._closing)
        if closed:
            self._is_thinking = False
        if rest.strip():
            raise ValueError("the answer began within the token that closes the thought")

    def fitting(self, guesses: Sequence[int]) -> Sequence[int]:
        """Return as many of the first ``guesses`` as may come, or what must come where there are none."""
        if self._is_thinking or self._opening is not None:
            return guesses
        return guesses[: self._matcher.validate_tokens(list(guesses))] or self._matcher.compute_ff_tokens()
