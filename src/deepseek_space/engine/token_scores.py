"""How likely a chosen token was, and which were likeliest, from the scores that the model gave.

Before penalties, temperature and truncation: the model's own distribution, as OpenAI and vLLM tell it.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True, kw_only=True)
class TokenScore:
    """``logprob`` of the token itself, and ``top``: pairs (id, logprob) of the likeliest, most likely first."""

    logprob: float
    top: tuple[tuple[int, float], ...] = ()


def score_of(token: int, scores: torch.Tensor, *, top: int) -> TokenScore:
    """Return the score of ``token`` among ``scores`` [vocabulary], with the ``top`` likeliest."""
    logprobs = scores.log_softmax(-1)
    values, ids = (column.tolist() for column in logprobs.topk(top))
    return TokenScore(logprob=logprobs[token].item(), top=tuple(zip(ids, values, strict=True)))
