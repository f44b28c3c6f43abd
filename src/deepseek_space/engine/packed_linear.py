"""Linear layers whose bf16 weights lie in memory the way a CPU's product reads them.

torch arranges a plain weight anew for every product, which takes as long as the product itself where few tokens are
read. Arranged once, the results are bitwise the same. Knows nothing about models beyond the names of two layers.
"""

import torch
from torch import nn

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
        self.weight, self.bias = linear.weight, linear.bias

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


def _can_pack(layer: nn.Module) -> bool:
    # A layer with a hook is offloaded: its weight comes and goes.
    is_plain = type(layer) is nn.Linear and not hasattr(layer, "_hf_hook")
    return is_plain and layer.weight.device.type == "cpu" and layer.weight.dtype == torch.bfloat16
