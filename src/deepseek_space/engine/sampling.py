"""Logits to the next token id, with one row's own parameters and random numbers.

The processors are transformers' own, in the order of its ``generate``; OpenAI's penalties come after the repetition
penalty and before the temperature. Knows nothing about batches or text.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from deepseek_space.engine.guide import Guide
from deepseek_space.engine.penalties import TokenPenalties
from deepseek_space.types import Penalties, Sampling

SHORTLIST = 1024
_NO_IDS: Any = None  # for processors that look at the scores alone


class Sampler:
    """Chooses one row's tokens. The same seed and the same logits give the same tokens, whoever else is served.

    ``said`` is what the reply held before this row went on with it: ``penalties`` count it. ``guide`` leaves nothing to
    choose from but what fits.
    """

    def __init__(
        self,
        sampling: Sampling,
        penalties: Penalties | None = None,
        *,
        said: Sequence[int] = (),
        guide: Guide | None = None,
    ) -> None:
        self._guide = guide
        self._sampling = sampling
        self._generator: torch.Generator | None = None
        self._is_greedy = sampling.temperature == 0
        self._needs_history = sampling.repetition_penalty != 1
        self._added = TokenPenalties(penalties, said) if penalties else None
        self._repetition, self._temperature = LogitsProcessorList(), LogitsProcessorList()
        if self._needs_history:
            self._repetition.append(RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty))
        if not self._is_greedy:
            self._temperature.append(TemperatureLogitsWarper(float(sampling.temperature)))

    @property
    def takes_argmax(self) -> bool:
        """Tell whether the most likely token is always the one chosen."""
        return self._is_greedy and not self._needs_history and self._added is None and self._guide is None

    def take(self, token: int) -> None:
        """Take notice of the token that the row takes."""
        if self._added is not None:
            self._added.count(token)
        if self._guide is not None:
            self._guide.take(token)

    def _random(self, device: torch.device) -> torch.Generator:
        if self._generator is None:
            self._generator = torch.Generator(device)
            if self._sampling.seed is None:
                self._generator.seed()
            else:
                self._generator.manual_seed(self._sampling.seed)
        return self._generator

    def choose(self, logits: torch.Tensor, history: list[int]) -> int:
        """Return the next id for ``logits`` [vocabulary] after the row's ids so far (prompt and reply)."""
        scores = logits[None]
        ids: Any = torch.tensor([history], device=logits.device) if self._needs_history else _NO_IDS
        scores = self._repetition(ids, scores)
        if self._added is not None:
            scores = self._added.apply(scores[0])[None]
        if self._guide is not None:
            scores = self._guide.hold(scores[0])[None]
        if self._is_greedy:
            return int(scores.argmax())
        return self._sample(self._temperature(_NO_IDS, scores))

    def _sample(self, scores: torch.Tensor) -> int:
        values, indices = scores.topk(min(SHORTLIST, scores.shape[-1]))
        mass = (values.logsumexp(-1) - scores.logsumexp(-1)).exp().item()
        if not self._shortlist_is_enough(values, mass):
            values, indices, mass = scores, None, 1.0
        kept = self._truncations(mass)(_NO_IDS, values)
        choice = torch.multinomial(kept.softmax(-1), 1, generator=self._random(scores.device))
        return int(choice if indices is None else indices.gather(1, choice))

    def _shortlist_is_enough(self, values: torch.Tensor, mass: float) -> bool:
        """Tell whether no token outside the shortlist, which holds ``mass`` of the probability, can be drawn.

        Sorting a vocabulary of 152,064 for top-p costs more than the rest of sampling together.
        """
        sampling = self._sampling
        if sampling.top_k:
            return sampling.top_k <= values.shape[-1]
        least_over_best = (values[0, -1] - values[0, 0]).exp().item()
        return (sampling.top_p < 1 and sampling.top_p <= mass) or least_over_best < sampling.min_p

    def _truncations(self, mass: float) -> LogitsProcessorList:
        sampling, chain = self._sampling, LogitsProcessorList()
        if sampling.top_k:
            chain.append(TopKLogitsWarper(sampling.top_k))
        if sampling.top_p < 1:
            # The warper normalises over what it is given: dividing by its mass keeps the nucleus the same.
            top_p = sampling.top_p if sampling.top_k else min(1.0, sampling.top_p / mass)
            chain.append(TopPLogitsWarper(top_p))
        if sampling.min_p:
            chain.append(MinPLogitsWarper(sampling.min_p))
        return chain
