"""The routed experts of one layer as linear layers of their own, of whatever kind.

transformers keeps the experts of V2, V3 and R1 as two 3-D parameters, which quantisers of linear layers pass by.
Knows nothing about files, and of precisions only that eight-bit layers can share rounded rows.
"""

import torch
from torch import Tensor, nn

from deepseek_space.models.quantised.int8 import Int8Linear, RoundedRows


def is_fused_experts(module: nn.Module) -> bool:
    """Return whether ``module`` holds gated experts as 3-D ``gate_up_proj`` and ``down_proj``."""
    weights = dict(module.named_parameters(recurse=False))
    return all(name in weights and weights[name].dim() == 3 for name in ("gate_up_proj", "down_proj"))


class SplitExperts(nn.Module):
    """Experts with a ``gate_up`` and a ``down`` linear layer each, called as the fused module they stand for."""

    def __init__(self, fused: nn.Module) -> None:
        super().__init__()
        num_experts, twice_width, hidden = fused.gate_up_proj.shape
        like = {"bias": False, "device": "meta", "dtype": fused.gate_up_proj.dtype}
        self.gate_up = nn.ModuleList(nn.Linear(hidden, twice_width, **like) for _ in range(num_experts))
        self.down = nn.ModuleList(nn.Linear(twice_width // 2, hidden, **like) for _ in range(num_experts))
        self.act_fn = fused.act_fn

    def forward(self, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
        """Return the weighted sum of the chosen experts' outputs, of ``hidden_states``' shape (tokens, hidden).

        ``top_k_index`` and ``top_k_weights`` are (tokens, k). Only experts that some token chose are visited.
        """
        if not len(hidden_states):
            return hidden_states
        tokens, chosen = top_k_index.shape
        expert, order = top_k_index.flatten().sort()
        outputs = self._visit(hidden_states[order // chosen], *torch.unique_consecutive(expert, return_counts=True))
        # Back to one token after the other; added in float32, each token's in its own order whatever its neighbours.
        by_token = torch.empty_like(outputs).index_copy_(0, order, outputs).view(tokens, chosen, -1)
        return (by_token * top_k_weights[..., None].float()).sum(dim=1).to(hidden_states.dtype)

    def _visit(self, states: Tensor, experts: Tensor, counts: Tensor) -> Tensor:
        """Return the outputs for ``states``, of which ``counts`` in a row go to each of ``experts``."""
        visits = experts.tolist(), counts.tolist()
        gate, up = _through(self.gate_up, states, *visits).chunk(2, dim=-1)
        return _through(self.down, self.act_fn(gate) * up, *visits)


def _through(layers: nn.ModuleList, states: Tensor, experts: list[int], counts: list[int]) -> Tensor:
    """Return what the layers of ``experts`` make of ``states``, of which ``counts`` in a row go to each."""
    # All rows at once: for single tokens, rounding takes a good part of the time of a product.
    rows = RoundedRows.of(states) if isinstance(layers[0], Int8Linear) else states
    return torch.cat([layers[expert](part) for expert, part in zip(experts, rows.split(counts), strict=True)])
