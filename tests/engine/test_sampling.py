"""Logits to ids: the parameters mean what transformers' processors mean, and seeds are honoured."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList, MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper
from transformers import TopPLogitsWarper as TopP

from deepseek_space.engine.sampling import SHORTLIST, Sampler
from deepseek_space.types import Sampling

VOCABULARY = 4 * SHORTLIST


def logits_of(seed, spread):
    return torch.randn(VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread


def support(logits, **parameters):
    """Ids that transformers' warpers leave over the whole vocabulary, as ``generate`` chains them."""
    sampling = Sampling(**parameters)
    chain = LogitsProcessorList([TemperatureLogitsWarper(float(sampling.temperature))])
    if sampling.top_k:
        chain.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        chain.append(TopP(sampling.top_p))
    if sampling.min_p:
        chain.append(MinPLogitsWarper(sampling.min_p))
    return chain(None, logits[None].clone())[0].softmax(-1)


def drawn_from(monkeypatch, logits, **parameters):
    """The distribution over the whole vocabulary that the sampler draws from."""
    seen = {}

    def record(probabilities, count, generator):
        seen["probabilities"] = probabilities
        return probabilities.argmax(-1, keepdim=True)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "multinomial", record)
        Sampler(Sampling(seed=1, **parameters)).choose(logits, [])
    values = seen["probabilities"][0]
    full = torch.zeros(VOCABULARY)
    order = (logits / parameters["temperature"]).topk(len(values)).indices if len(values) < VOCABULARY else slice(None)
    full[order] = values
    return full


@pytest.mark.parametrize("spread", [0.5, 3.0, 8.0])
@pytest.mark.parametrize(
    "parameters",
    [
        {"top_p": 0.95},
        {"top_p": 0.5, "min_p": 0.02},
        {"top_p": 1.0, "min_p": 0.1},
        {"top_p": 0.9, "top_k": 40},
        {"top_p": 1.0, "top_k": 5},
        {"top_p": 1.0},
        {"top_p": 0.999},
    ],
)
def test_the_distribution_is_that_of_transformers(monkeypatch, parameters, spread):
    for temperature in (0.6, 1.3):
        chosen = {"temperature": temperature, **parameters}
        logits = logits_of(3, spread)
        torch.testing.assert_close(
            drawn_from(monkeypatch, logits, **chosen), support(logits, **chosen), rtol=2e-4, atol=1e-7
        )


@given(seed=st.integers(0, 1000))
def test_temperature_zero_is_greedy_whatever_else_is_set(seed):
    logits = logits_of(seed, 3.0)
    assert Sampler(Sampling(temperature=0, top_p=0.1, top_k=3)).choose(logits, []) == int(logits.argmax())


@given(seed=st.integers(0, 2**63 - 1))
def test_the_same_seed_gives_the_same_tokens(seed):
    def draw():
        sampler = Sampler(Sampling(temperature=1.0, top_p=0.9, seed=seed))
        return [sampler.choose(logits_of(i, 2.0), []) for i in range(5)]

    assert draw() == draw()


def test_different_seeds_and_no_seed_differ():
    def draw(seed):
        sampler = Sampler(Sampling(temperature=2.0, top_p=1.0, seed=seed))
        return [sampler.choose(logits_of(i, 0.1), []) for i in range(8)]

    assert len({tuple(draw(seed)) for seed in (1, 2, None, None)}) == 4


def test_the_repetition_penalty_pushes_down_what_was_said():
    logits = torch.tensor([1.0, 2.0, 1.9])
    assert Sampler(Sampling(temperature=0, repetition_penalty=1.0)).choose(logits, [1]) == 1
    assert Sampler(Sampling(temperature=0, repetition_penalty=1.5)).choose(logits, [1]) == 2


def test_only_greedy_without_penalty_takes_the_argmax_of_the_batch():
    assert Sampler(Sampling(temperature=0)).takes_argmax
    assert not Sampler(Sampling(temperature=0, repetition_penalty=1.1)).takes_argmax
    assert not Sampler(Sampling(temperature=0.5)).takes_argmax
