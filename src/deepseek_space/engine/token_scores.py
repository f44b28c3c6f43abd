"""How likely tokens were, and which were likeliest in their places, from the scores that the model gave.

Before penalties, temperature and truncation: the model's own distribution, as OpenAI and vLLM tell it.
"""

from collections.abc import Sequence

import torch

from deepseek_space.engine.reply import TokenScore


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
