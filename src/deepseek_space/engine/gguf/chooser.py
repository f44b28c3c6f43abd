"""Logits to the next token id, by the same parameters in the same order as ``engine.sampling`` has them, on numpy.

Repetition penalty, OpenAI's penalties, guide, temperature, top-k, top-p, min-p. A seed draws other numbers here than
there; what it draws from is the same distribution.
"""

from collections.abc import Sequence

import numpy as np

from deepseek_space.engine.reply import Job, TokenScore

SHORTLIST = 1024


class Chooser:
    """Chooses one reply's tokens. The same seed and the same logits give the same tokens, whoever else is served."""

    def __init__(self, job: Job) -> None:
        self._sampling, self._penalties, self._guide = job.sampling, job.penalties, job.guide
        self._is_greedy = job.sampling.temperature == 0
        self._random = np.random.Generator(np.random.PCG64(job.sampling.seed))
        self._prompt, self._seen = job.prompt, np.zeros(0, dtype=bool)  # [vocabulary], when that is known
        self._counts: dict[int, int] = {}
        # Kept from step to step: an array as large as a vocabulary has pages of its own, to be cleared anew each time.
        self._scores, self._weights = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)
        for token in job.said:
            self._counts[token] = self._counts.get(token, 0) + 1

    def take(self, token: int) -> None:
        """Take notice of the token that the reply takes."""
        if len(self._seen):
            self._seen[token] = True
        self._counts[token] = self._counts.get(token, 0) + 1
        if self._guide is not None:
            self._guide.take(token)

    def choose(self, logits: np.ndarray) -> int:
        """Return the next id for ``logits`` [vocabulary], which stay as they are. Raises ValueError for no choice."""
        scores = self._held(self._penalised(logits))
        return int(scores.argmax()) if self._is_greedy else self._sample(scores)

    def _penalised(self, logits: np.ndarray) -> np.ndarray:
        penalties, scores = self._penalties, logits
        if (factor := self._sampling.repetition_penalty) != 1:
            scores = self._copied(logits)
            if not len(self._seen):
                self._seen = np.zeros(len(scores), dtype=bool)
                self._seen[list(self._prompt)] = True
            seen = np.flatnonzero(self._seen)
            theirs = scores[seen]
            scores[seen] = np.where(theirs < 0, theirs * factor, theirs / factor)
        if penalties:
            scores = self._copied(logits) if scores is logits else scores
            if penalties.presence or penalties.frequency:
                for token, count in self._counts.items():
                    scores[token] -= penalties.presence + penalties.frequency * count
            for token, bias in penalties.bias:
                scores[token] += bias
        return scores

    def _copied(self, logits: np.ndarray) -> np.ndarray:
        if len(self._scores) != len(logits):
            self._scores = np.empty_like(logits)
        np.copyto(self._scores, logits)
        return self._scores

    def _held(self, scores: np.ndarray) -> np.ndarray:
        allowed = self._guide.allowed(len(scores)) if self._guide is not None else None
        return scores if allowed is None else np.where(allowed, scores, np.float32(-np.inf))

    def _sample(self, scores: np.ndarray) -> int:
        values, ids = self.candidates(scores)
        weights = np.exp(values - values[0], dtype=np.float64).cumsum()
        return int(ids[int(weights.searchsorted(self._random.random() * weights[-1], side="right"))])

    def candidates(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return those of ``scores`` that may be drawn, over the temperature, the highest first, and their ids."""
        values, ids, mass = self._shortlist(scores)
        kept = truncated(values, self._sampling.top_k, min(1.0, self._sampling.top_p / mass), self._sampling.min_p)
        return values[:kept], ids[:kept]

    def _shortlist(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return the scores that may be drawn, the highest first, their ids and the probability they hold together.

        After top-k the probability that top-p looks at is that of what top-k leaves: all of it.
        """
        sampling = self._sampling
        size = min(sampling.top_k or SHORTLIST, len(scores))
        values, ids = _highest(scores, size)
        if sampling.top_k:
            return values / sampling.temperature, ids, 1.0
        mass = self._mass(scores, values)
        least_over_best = np.exp((values[-1] - values[0]) / sampling.temperature)
        is_enough = (sampling.top_p < 1 and sampling.top_p <= mass) or least_over_best < sampling.min_p
        if not is_enough and size < len(scores):
            (values, ids), mass = _highest(scores, len(scores)), 1.0
        return values / sampling.temperature, ids, mass

    def _mass(self, scores: np.ndarray, values: np.ndarray) -> float:
        """Return which share of the probability ``values``, the highest of ``scores``, hold together."""
        if len(self._weights) != len(scores):
            self._weights = np.empty_like(scores)
        temperature, highest = self._sampling.temperature, values[0]
        weights = np.subtract(scores, highest, out=self._weights)
        weights /= temperature
        return float(np.exp((values - highest) / temperature).sum() / np.exp(weights, out=weights).sum())


def _highest(scores: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.argpartition(scores, -size)[-size:] if size < len(scores) else np.arange(len(scores))
    ids = ids[np.argsort(-scores[ids], kind="stable")]
    return scores[ids], ids


def truncated(values: np.ndarray, top_k: int, top_p: float, min_p: float) -> int:
    """Return how many of ``values``, scores from the highest down, may be drawn."""
    count = min(top_k, len(values)) if top_k else len(values)
    weights = np.exp(values[:count] - values[0])
    if top_p < 1:
        before = weights.cumsum() - weights  # what lies above each
        count = int((before < top_p * weights.sum()).sum())
    if min_p:
        count = min(count, int((weights[:count] >= min_p).sum()))
    return max(1, count)


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
