"""Linear layers that read the same input, made into one.

One call costs less than several, and where activations are rounded, they are rounded once. Every output is computed
from the same weights as before. Knows nothing about what the outputs are for.
"""

from collections.abc import Sequence

import torch
from torch import nn


class Separate(nn.Module):
    """Layers that have to stay as they are, called one after the other."""

    def __init__(self, linears: Sequence[nn.Module]) -> None:
        super().__init__()
        self.linears = nn.ModuleList(linears)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return all outputs behind each other (…, features)."""
        return torch.cat([linear(x) for linear in self.linears], dim=-1)


def join(linears: Sequence[nn.Module]) -> nn.Module:
    """Return a layer that gives the outputs of ``linears`` behind each other, at their precision.

    A kind of layer that is not torch's own says by a method ``joined`` that several can become one.
    """
    kind = type(linears[0])
    # A layer with a hook is offloaded: its weight comes and goes.
    is_fixed = all(type(linear) is kind and not hasattr(linear, "_hf_hook") for linear in linears)
    has_bias = {getattr(linear, "bias", None) is not None for linear in linears}
    if is_fixed and len(has_bias) == 1:
        if kind is nn.Linear:
            return _joined(linears)
        if hasattr(kind, "joined"):
            return kind.joined(linears)
    return Separate(linears)


def _joined(linears: Sequence[nn.Linear]) -> nn.Linear:
    weight = torch.cat([linear.weight.detach() for linear in linears])
    joint = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    joint.weight = nn.Parameter(weight, requires_grad=False)
    if linears[0].bias is not None:
        joint.bias = nn.Parameter(torch.cat([linear.bias.detach() for linear in linears]), requires_grad=False)
    return joint
