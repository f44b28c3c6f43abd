"""What is drawn from is what transformers' warpers leave of the whole vocabulary, however few tokens are looked at."""

import numpy as np
import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from deepseek_space.engine.drawing import draw, kept
from deepseek_space.types import Sampling

VOCABULARY = 6000


def logits_of(seed, spread):
    return torch.randn(VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread


def support(logits, sampling):
    """Return the distribution that transformers' warpers leave, as ``generate`` chains them."""
    chain = LogitsProcessorList([TemperatureLogitsWarper(float(sampling.temperature))])
    if sampling.top_k:
        chain.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        chain.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p:
        chain.append(MinPLogitsWarper(sampling.min_p))
    return chain(None, logits[None].clone())[0].softmax(-1).numpy()


@pytest.mark.parametrize("spread", [0.5, 3.0, 8.0, 30.0])
@pytest.mark.parametrize(
    "parameters",
    [
        {"top_p": 0.95},
        {"top_p": 0.5, "min_p": 0.02},
        {"top_p": 1.0, "min_p": 0.1},
        {"top_p": 0.9, "top_k": 40},
        {"top_p": 0.8, "top_k": 200, "min_p": 0.05},
        {"top_p": 1.0, "top_k": 5},
        {"top_p": 1.0},
        {"top_p": 0.999},
    ],
    ids=str,
)
def test_the_distribution_is_that_of_transformers(parameters, spread):
    for temperature in (0.6, 1.3):
        sampling = Sampling(temperature=temperature, **parameters)
        logits = logits_of(3, spread)
        ids, weights = kept((logits / temperature).softmax(-1).numpy(), sampling)
        ours = np.zeros(VOCABULARY)
        ours[ids] = weights / weights.sum()
        np.testing.assert_allclose(
            ours, support(logits, sampling), rtol=2e-4, atol=1e-5
        )  # sums in another order move the edge of top-p by a token


def test_tokens_are_drawn_as_often_as_they_are_likely():
    probabilities = np.array([0.05, 0.5, 0.15, 0.3], dtype=np.float32)
    chances = (np.arange(1000) + 0.5) / 1000
    draws = [draw(probabilities, Sampling(top_p=0.9), chance) for chance in chances]
    shares = np.bincount(draws, minlength=4) / 1000
    np.testing.assert_allclose(shares, np.array([0, 0.5, 0.15, 0.3]) / 0.95, atol=2e-3)
    assert draws == sorted(draws, key=[1, 3, 2].index)  # the likeliest first


def test_equal_tokens_stand_in_the_order_of_their_ids_and_top_k_keeps_all_of_them():
    probabilities = np.array([0.2, 0.4, 0.2, 0.2], dtype=np.float32)
    assert kept(probabilities, Sampling(top_k=2, top_p=1.0))[0].tolist() == [1, 0, 2, 3]


@pytest.mark.parametrize("chance", [0.0, 1 - 2**-53])
def test_what_has_no_probability_is_not_drawn(chance):
    probabilities = np.array([0, 0, 1, 0], dtype=np.float32)
    assert draw(probabilities, Sampling(top_p=1.0), chance) == 2
    with pytest.raises(ValueError, match="no token"):
        draw(np.full(4, np.nan, dtype=np.float32), Sampling(), chance)
