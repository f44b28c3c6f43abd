"""How likely tokens were, and which were likeliest in their places, from the scores that the model gave.

Before penalties, temperature and truncation: the model's own distribution, as OpenAI and vLLM tell it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch


@dataclass(frozen=True, kw_only=True)
class TokenScore:
    """``logprob`` of the token ``id``, and ``top``: pairs (id, logprob) of the likeliest, most likely first.

    Where ``id`` is among them, its value there is the same float.
    """

    id: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of tokens that are not handed out: those of the prompt from its second on, or the one that ended."""

    kind: ClassVar[str] = "scores"
    tokens: tuple[TokenScore, ...]
    of_prompt: bool = False


def score_of(token: int, scores: torch.Tensor, *, top: int) -> TokenScore:
    """Return the score of ``token`` among ``scores`` [vocabulary], with the ``top`` likeliest."""
    return scores_of([token], scores[None], top=top)[0]


def scores_of(ids: Sequence[int], scores: torch.Tensor, *, top: int) -> tuple[TokenScore, ...]:
    """Return the score of each of ``ids`` among its row of ``scores`` [their number, vocabulary]."""
    logprobs = scores.float().log_softmax(-1)
    own = logprobs.gather(-1, torch.tensor(ids, device=scores.device)[:, None])[:, 0].tolist()
    values, places = (column.tolist() for column in logprobs.topk(top))
    return tuple(
        TokenScore(id=token, logprob=logprob, top=tuple(zip(likeliest, heights, strict=True)))
        for token, logprob, likeliest, heights in zip(ids, own, places, values, strict=True)
    )
