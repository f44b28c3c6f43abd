"""The logits of one step parted: what scores prompts goes to their rows, the rest is what tokens are chosen from.

Knows nothing about how tokens are chosen.
"""

from collections.abc import Sequence

import torch

from deepseek_space.engine.row import Row
from deepseek_space.engine.step import Chunk


def take_scores(plan: Sequence[tuple[Row, Chunk]], logits: torch.Tensor) -> torch.Tensor:
    """Have rows tell the scores of their prompts; return those ``logits`` from which tokens are chosen."""
    if not any(chunk.scores_all for _, chunk in plan):
        return logits
    chosen, start = [], 0
    for row, chunk in plan:
        own = logits[start : (start := start + chunk.num_logits)]
        if chunk.scores_all:
            row.score_prompt(own)
            own = own[-1:] if chunk.wants_logits else own[:0]
        chosen.append(own)
    return torch.cat(chosen)
