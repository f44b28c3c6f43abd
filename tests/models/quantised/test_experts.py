import copy

import pytest
import torch
from torch import nn

from deepseek_space.models.quantised.bnb_linear import LLMInt8Linear, NF4Linear
from deepseek_space.models.quantised.experts import SplitExperts, is_fused_experts
from deepseek_space.models.quantised.int8 import Int8Linear
from tiny_models import LATENT, tiny_model

# What rounding the activations alone may cost: 8 bits, 8 bits, bf16.
KINDS = {nn.Linear: 1e-5, Int8Linear: 0.03, LLMInt8Linear: 0.05, NF4Linear: 0.03}


def fused_of(architecture: str) -> nn.Module:
    return next(module for module in tiny_model(architecture).modules() if is_fused_experts(module))


def split(fused: nn.Module, kind: type[nn.Module]) -> SplitExperts:
    experts = SplitExperts(fused)
    for layers, weights in ((experts.gate_up, fused.gate_up_proj), (experts.down, fused.down_proj)):
        for index, weight in enumerate(weights.detach()):
            if kind is nn.Linear:
                layers[index].weight = nn.Parameter(weight)
            else:
                layers[index] = kind.like(layers[index])
                layers[index].load_weight(weight)
    return experts


def dequantised(experts: SplitExperts, like: nn.Module) -> nn.Module:
    """Return a fused module with the weights that ``experts`` has after rounding."""
    fused = copy.deepcopy(like)
    for layers, weights in ((experts.gate_up, fused.gate_up_proj), (experts.down, fused.down_proj)):
        for index, layer in enumerate(layers):
            weights.data[index] = layer(torch.eye(weights.shape[2])).T
    return fused


def routing(tokens: int, experts: int = 8, chosen: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(tokens, experts).topk(chosen).indices, torch.rand(tokens, chosen)


@pytest.mark.parametrize(("kind", "bound"), KINDS.items())
@pytest.mark.parametrize("tokens", [1, 5, 40])
@pytest.mark.parametrize("architecture", LATENT)
@torch.inference_mode()
def test_split_experts_answer_as_fused_ones_of_the_same_weights(architecture, tokens, kind, bound):
    torch.manual_seed(tokens)
    fused = fused_of(architecture)
    experts = split(fused, kind)
    states, (index, weights) = torch.randn(tokens, 64), routing(tokens)
    wanted, result = dequantised(experts, fused)(states, index, weights), experts(states, index, weights)
    assert result.dtype == wanted.dtype
    assert ((result - wanted).norm() / wanted.norm()).item() < bound


@torch.inference_mode()
def test_only_chosen_experts_are_visited():
    experts = split(fused_of("v2-lite"), Int8Linear)
    visited = []
    for index, layer in enumerate(experts.gate_up):
        layer.register_forward_pre_hook(lambda module, inputs, index=index: visited.append((index, len(inputs[0]))))
    index = torch.tensor([[6, 1], [1, 3]])
    experts(torch.randn(2, 64), index, torch.ones(2, 2))
    assert visited == [(1, 2), (3, 1), (6, 1)]


@torch.inference_mode()
def test_int8_rows_do_not_depend_on_their_neighbours():
    torch.manual_seed(1)
    experts = split(fused_of("v3"), Int8Linear)
    states, (index, weights) = torch.randn(6, 64), routing(6)
    together = experts(states, index, weights)
    alone = [experts(states[row, None], index[row, None], weights[row, None]) for row in range(6)]
    assert torch.equal(torch.cat(alone), together)


@torch.inference_mode()
def test_no_tokens_give_no_tokens():
    experts = split(fused_of("v2"), Int8Linear)
    index, weights = routing(0)
    assert experts(torch.empty(0, 64), index, weights).shape == (0, 64)


def test_only_three_dimensional_experts_count():
    assert not is_fused_experts(nn.Linear(4, 4))
    assert not any(is_fused_experts(module) for module in tiny_model("llama-mha").modules())
