"""The same parameters and the same seed choose the same tokens on both engines."""

import numpy as np
import pytest
import torch

from deepseek_space.engine.gguf.chooser import Chooser, scores_of
from deepseek_space.engine.reply import Job
from deepseek_space.engine.sampling import Sampler, choose
from deepseek_space.engine.token_scores import scores_of as torch_scores_of
from deepseek_space.types import Penalties, Sampling

VOCAB = 5000
PROMPT, SAID = (1, 2, 3, 3), (7, 7, 8)
SAMPLINGS = [
    {"temperature": 1.3, "top_p": 1.0},
    {"temperature": 0.7, "top_p": 0.9},
    {"temperature": 2.0, "top_p": 0.99},  # more than a shortlist
    {"temperature": 0.2, "top_p": 0.9, "repetition_penalty": 1.1},
    {"temperature": 1.0, "top_p": 0.8, "top_k": 40},
    {"temperature": 1.0, "top_p": 1.0, "min_p": 0.05},
    {"temperature": 1.5, "top_p": 0.95, "top_k": 200, "min_p": 0.02, "repetition_penalty": 0.8},
]


def logits(seed=0, scale=3.0):
    return (np.random.default_rng(seed).standard_normal(VOCAB) * scale).astype(np.float32)


def job(penalties=None, **sampling):
    return Job(prompt=(*PROMPT, *SAID), said=SAID, sampling=Sampling(**sampling), penalties=penalties or Penalties())


@pytest.mark.parametrize("scale", [0.5, 3.0])
@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
def test_the_tokens_are_those_of_the_other_engine(sampling, scale):
    penalties = Penalties(presence=0.5, frequency=0.25, bias=((9, 4.0), (10, -100.0)))
    asked = job(penalties, seed=3, **sampling)
    chooser = Chooser(asked)
    other = Sampler(asked.sampling, asked.penalties, prompt=asked.prompt, said=asked.said)
    for step in range(6):
        scores = logits(step, scale=scale)
        token = chooser.choose(scores)
        assert choose([other], torch.from_numpy(scores)[None]) == [token]
        chooser.accept(token)
        other.accept(token)


def test_draws_follow_the_probabilities_and_the_seed():
    scores = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    sampling = {"temperature": 1.0, "top_p": 0.9, "seed": 7}
    chooser = Chooser(Job(prompt=(), sampling=Sampling(**sampling)))
    draws = [chooser.choose(scores) for _ in range(4000)]
    shares = np.bincount(draws, minlength=4) / 4000
    np.testing.assert_allclose(shares, np.array([0.5, 0.3, 0.15, 0]) / 0.95, atol=0.03)
    again = Chooser(Job(prompt=(), sampling=Sampling(**sampling)))
    assert draws[:50] == [again.choose(scores) for _ in range(50)]
    other = Chooser(Job(prompt=(), sampling=Sampling(**sampling | {"seed": 8})))
    assert draws[:50] != [other.choose(scores) for _ in range(50)]


def test_greedy_takes_the_best_after_the_penalties():
    scores = logits()
    best = int(scores.argmax())
    assert Chooser(job(temperature=0)).choose(scores) == best
    assert Chooser(job(Penalties(bias=((best, -100.0),)), temperature=0)).choose(scores) != best
    held = Chooser(Job(prompt=(best,), sampling=Sampling(temperature=0, repetition_penalty=2.0)))
    assert held.choose(scores) != best
    assert scores[best] == logits()[best]  # what others choose from stays as it is


def test_scores_are_those_of_the_other_engine():
    rows = np.stack([logits(1), logits(2)])
    ours, theirs = scores_of([5, 6], rows, top=3), torch_scores_of([5, 6], torch.from_numpy(rows), top=3)
    for one, other in zip(ours, theirs, strict=True):
        assert [token for token, _ in one.top] == [token for token, _ in other.top]
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
