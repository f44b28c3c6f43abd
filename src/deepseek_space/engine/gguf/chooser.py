"""Logits to the next token id, by the same parameters in the same order as ``engine.sampling`` has them, on numpy.

Repetition penalty, OpenAI's penalties, guide, temperature, top-k, top-p, min-p.
"""

from collections.abc import Sequence

import numpy as np

from deepseek_space.engine.drawing import draw
from deepseek_space.engine.penalties import TokenPenalties
from deepseek_space.engine.reply import Job, TokenScore


class Chooser:
    """Chooses one reply's tokens. The same seed and the same logits give the same tokens, whoever else is served."""

    def __init__(self, job: Job) -> None:
        sampling = job.sampling
        self._sampling, self._guide = sampling, job.guide
        self._penalties = TokenPenalties(
            job.penalties, repetition=sampling.repetition_penalty, prompt=job.prompt, said=job.said
        )
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))
        # Kept from step to step: an array as large as a vocabulary has pages of its own, to be cleared anew each time.
        self._scores = np.zeros(0, dtype=np.float32)

    def accept(self, token: int) -> None:
        """Take notice of the token that the reply takes."""
        self._penalties.accept(token)
        if self._guide is not None:
            self._guide.accept(token)

    def choose(self, logits: np.ndarray) -> int:
        """Return the next id for ``logits`` [vocabulary], which stay as they are. Raises ValueError for no choice."""
        if self._sampling.temperature == 0:
            return int(self._weighed(logits).argmax())
        return draw(self.probabilities(logits), self._sampling, self._random.random())

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return how likely each token is by ``logits`` before any is left out; good until the next call."""
        scores = self._weighed(logits)
        scores -= scores.max()
        scores /= np.float32(self._sampling.temperature)
        np.exp(scores, out=scores)
        scores /= scores.sum()
        return scores

    def _weighed(self, logits: np.ndarray) -> np.ndarray:
        if len(self._scores) != len(logits):
            self._scores = np.empty_like(logits)
        scores = self._scores
        np.copyto(scores, logits)
        if not self._penalties.change_nothing:
            ids = self._penalties.ids
            scores[ids] = self._penalties.apply(logits[ids])
        if self._guide is not None and (allowed := self._guide.allowed(len(scores))) is not None:
            scores[allowed == 0] = -np.inf
        return scores


def _highest(scores: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.argpartition(scores, -size)[-size:] if size < len(scores) else np.arange(len(scores))
    ids = ids[np.argsort(-scores[ids], kind="stable")]
    return scores[ids], ids


def scores_of(ids: Sequence[int], logits: np.ndarray, *, top: int) -> tuple[TokenScore, ...]:
    """Return the score of each of ``ids`` among its row of ``logits`` [their number, vocabulary]."""
    highest = logits.max(-1, keepdims=True)
    logprobs = logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True))
    return tuple(
        TokenScore(id=token, logprob=float(row[token]), top=_likeliest(row, top))
        for token, row in zip(ids, logprobs, strict=True)
    )


def _likeliest(row: np.ndarray, top: int) -> tuple[tuple[int, float], ...]:
    if not top:
        return ()
    values, ids = _highest(row, top)
    return tuple(zip(ids.tolist(), values.tolist(), strict=True))
