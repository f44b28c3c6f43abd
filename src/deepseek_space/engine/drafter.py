"""Guesses at a row's next tokens: what followed the same few tokens before in its own text.

Answers repeat: code that is changed, a name, the question taken up in thinking. Reading some guesses beside the last
token costs a step little, as the weights are fetched once, and each one that turns out right saves a step. The tokens
are chosen as ever, so a guess decides when a token comes and never which. Known as prompt lookup decoding (Saxena
2023), a form of speculative decoding (Leviathan et al., arXiv:2211.17192). Knows nothing about models or batches.
"""

from collections.abc import Sequence

# How many tokens have to be the same. After one alone, guesses fail so often that models with experts get slower.
CONTEXT_TOKENS = (3, 2)
LARGEST_REACH = 7  # with the last token eight rows of a product, which take hardly longer than one
GROWTH = 2  # how many more are guessed than came true last time


class Drafter:
    """One row's guesses: longer ones while they come true, shorter ones when they do not."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, ...], int] = {}  # where that which followed these tokens last stands
        self._num_indexed = 0
        self._reach = GROWTH

    def draft(self, ids: Sequence[int], *, at_most: int) -> Sequence[int]:
        """Return up to ``at_most`` ids that may follow ``ids``; none if their last few are new.

        ``ids`` only ever grow from call to call.
        """
        for place in range(self._num_indexed, len(ids)):
            self._places.update(dict.fromkeys(_contexts(ids, place), place))
        self._num_indexed = max(self._num_indexed, len(ids))
        place = next((self._places[context] for context in _contexts(ids, len(ids)) if context in self._places), None)
        return ids[place : place + min(self._reach, at_most)] if place is not None else ()

    def judge(self, *, drafted: int, accepted: int) -> None:
        """Learn how many of the ids of the last draft were the ones chosen."""
        if drafted:
            self._reach = min(accepted + GROWTH, LARGEST_REACH)


def _contexts(ids: Sequence[int], place: int) -> list[tuple[int, ...]]:
    """Return the last tokens before ``place``, more of them first."""
    return [tuple(ids[place - size : place]) for size in CONTEXT_TOKENS if place >= size]
