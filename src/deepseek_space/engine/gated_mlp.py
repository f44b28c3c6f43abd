"""The gated feed-forward layer that all models share, gate and up-projection as one product."""

import torch
from torch import nn

from deepseek_space.engine.joint_linear import join

PARTS = {"gate_proj", "up_proj", "down_proj", "act_fn"}


class GatedMLP(nn.Module):
    """down(act(gate(x)) · up(x)), in place of a layer of transformers that computes just that."""

    def __init__(self, stock: nn.Module) -> None:
        super().__init__()
        self.gate_up_proj = join([stock.gate_proj, stock.up_proj])
        self.down_proj, self.act_fn = stock.down_proj, stock.act_fn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's output, of x's shape (…, hidden)."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(self.act_fn(gate) * up)


def install(model: nn.Module) -> None:
    """Put it in place of every such layer of ``model``: dense ones and shared experts; one at a time is there twice."""
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if {part for part, _ in layer.named_children()} == PARTS:
                setattr(parent, name, GatedMLP(layer))
