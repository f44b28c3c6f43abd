"""Probabilities to one token: top-k, top-p and min-p, in this order, and the draw. The same for both engines; numpy.

Each means what transformers' processor of that name means: top-k keeps all that equal the last, top-p the fewest that
reach it of what top-k leaves, min-p what is not too far below the likeliest. Knows no scores and no random numbers.
"""

import numpy as np

from deepseek_space.types import Sampling

# Sorting a whole vocabulary costs more than all else: few tokens are looked at first, more where they are not enough.
_AT_LEAST = (1e-4, 1e-7, 0.0)


def draw(probabilities: np.ndarray, sampling: Sampling, chance: float) -> int:
    """Return the token at ``chance``, from 0 to below 1, of what ``sampling`` keeps of ``probabilities`` [vocabulary].

    Raises ValueError where no token has any.
    """
    ids, weights = kept(probabilities, sampling)
    sums = weights.cumsum()
    return int(ids[min(int(sums.searchsorted(chance * sums[-1], side="right")), len(ids) - 1)])


def kept(probabilities: np.ndarray, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """Return the tokens that may be drawn, the likeliest first and equal ones by their ids, and their probabilities."""
    ids = _candidates(probabilities, sampling)
    if not len(ids):
        raise ValueError("no token has a probability")
    weights = probabilities[ids]
    order = np.argsort(-weights, kind="stable")
    ids, weights = ids[order], weights[order].astype(np.float64)
    count = _count(weights, sampling)
    return ids[:count], weights[:count]


def _candidates(probabilities: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Return the tokens, in the order of their ids, of which those outside cannot be drawn."""
    ids = np.zeros(0, dtype=np.int64)
    for least in _AT_LEAST:
        ids = np.flatnonzero(probabilities > least)
        if _are_enough(probabilities[ids], least, sampling):
            break
    return ids


def _are_enough(weights: np.ndarray, least: float, sampling: Sampling) -> bool:
    """Tell whether what has no more than ``least`` cannot be drawn beside ``weights``."""
    if sampling.top_k:
        return len(weights) >= sampling.top_k
    if sampling.top_p < 1 and weights.sum(dtype=np.float64) > sampling.top_p + 1e-5:  # beyond what rounding may do
        return True
    return bool(sampling.min_p and len(weights) and weights.max() * sampling.min_p > least)


def _count(weights: np.ndarray, sampling: Sampling) -> int:
    """Return how many of ``weights``, the largest first, may be drawn."""
    count, whole = len(weights), 1.0
    if sampling.top_k and sampling.top_k < count:
        count = int((weights >= weights[sampling.top_k - 1]).sum())
    if sampling.top_p < 1:
        if sampling.top_k:
            whole = weights[:count].sum()
        above = weights[:count].cumsum() - weights[:count]
        count = int((above < sampling.top_p * whole).sum())
    if sampling.min_p:
        count = min(count, int((weights >= sampling.min_p * weights[0]).sum()))
    return max(1, count)
