"""Linear layers in place of the loaded ones, for fewer and faster products with the same results.

Layers that read the same input become one: a call costs less than several, and rounded activations are rounded once.
What is bf16 on a CPU lies in memory the way its product reads it: torch arranges a plain weight anew for every product,
which takes as long as the product itself where few tokens are read. Knows nothing about models beyond names of layers.
"""

from collections.abc import Sequence
from typing import Any, TypeGuard, cast

import torch
from torch import nn

from deepseek_space.engine.attention import StockLayer

# One is folded into the query and the output (``engine.mla``), the other's weight is read without calling it.
KEPT_PLAIN = ("kv_b_proj", "gate")
USUAL_ROWS = 64  # what the arrangement is tuned for; any number works


class PackedLinear(nn.Module):
    """A linear layer that takes and gives bf16 of shape (…, features)."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        self.weight = nn.Buffer(torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), USUAL_ROWS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x · weightᵀ + bias."""
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")


class SharedLinear(nn.Module):
    """A linear layer whose weight something else reads as it lies, such as a tied embedding.

    As the left factor, which a product takes as it lies, it need not be arranged: the same numbers in half the time.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight
        self.bias: nn.Parameter | None = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x · weightᵀ + bias."""
        result = (self.weight @ x.flatten(0, -2).T).T.reshape(*x.shape[:-1], -1)
        return result if self.bias is None else result + self.bias


def has_product() -> bool:
    """Tell whether this CPU has a bf16 product that reads weights as they were arranged: AVX-512 has, AVX2 has not."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def pack(model: nn.Module) -> None:
    """Put packed layers in place of the plain bf16 ones of ``model`` on a CPU; one weight at a time is there twice.

    Does nothing where there is no product for them.
    """
    if not has_product():
        return
    shared = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if _can_pack(layer) and name not in KEPT_PLAIN:
                is_shared = id(layer.weight) in shared
                setattr(parent, name, SharedLinear(layer) if is_shared else PackedLinear(layer))


def _can_pack(layer: nn.Module) -> TypeGuard[nn.Linear]:
    # A layer with a hook is offloaded: its weight comes and goes.
    is_plain = type(layer) is nn.Linear and not hasattr(layer, "_hf_hook")
    return is_plain and layer.weight.device.type == "cpu" and layer.weight.dtype == torch.bfloat16


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
    kind: Any = type(linears[0])
    # A layer with a hook is offloaded: its weight comes and goes.
    is_fixed = all(type(linear) is kind and not hasattr(linear, "_hf_hook") for linear in linears)
    has_bias = {getattr(linear, "bias", None) is not None for linear in linears}
    if is_fixed and len(has_bias) == 1:
        if kind is nn.Linear:
            return _joined(cast("Sequence[nn.Linear]", linears))
        if hasattr(kind, "joined"):
            return kind.joined(linears)
    return Separate(linears)


def _joined(linears: Sequence[nn.Linear]) -> nn.Linear:
    weight = torch.cat([linear.weight.detach() for linear in linears])
    joint = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    joint.weight = nn.Parameter(weight, requires_grad=False)
    if getattr(linears[0], "bias", None) is not None:
        joint.bias = nn.Parameter(torch.cat([linear.bias.detach() for linear in linears]), requires_grad=False)
    return joint


GATED_MLP_PARTS = {"gate_proj", "up_proj", "down_proj", "act_fn"}


class GatedMLP(nn.Module):
    """down(act(gate(x)) · up(x)), in place of a layer of transformers that computes just that."""

    def __init__(self, stock: StockLayer) -> None:
        super().__init__()
        self.gate_up_proj = join([stock.gate_proj, stock.up_proj])
        self.down_proj, self.act_fn = stock.down_proj, stock.act_fn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's output, of x's shape (…, hidden)."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(self.act_fn(gate) * up)


def join_gates(model: nn.Module) -> None:
    """Put GatedMLP in place of every such layer of ``model``, dense or shared experts; one of them is there twice."""
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if {part for part, _ in layer.named_children()} == GATED_MLP_PARTS:
                setattr(parent, name, GatedMLP(layer))
