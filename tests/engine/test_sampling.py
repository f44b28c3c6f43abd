"""Logits to ids for all rows at once: each row gets what it would get by itself from transformers' processors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from deepseek_space.engine.sampling import Sampler, choose
from deepseek_space.types import Penalties, Sampling

VOCABULARY = 3000
PROMPT, SAID = (5, 6, 7, 7, 8), (7, 8)
SAMPLINGS = [
    {"temperature": 0.7, "top_p": 0.95},
    {"temperature": 0.2, "top_p": 0.9, "repetition_penalty": 1.1},
    {"temperature": 1.0, "top_p": 0.9, "top_k": 40},
    {"temperature": 1.3, "top_p": 1.0},
    {"temperature": 1.0, "top_p": 1.0, "min_p": 0.05, "repetition_penalty": 0.8},
    {"temperature": 0},
    {"temperature": 0, "repetition_penalty": 1.3},
]
PENALTIES = [
    Penalties(),
    Penalties(presence=0.5, frequency=0.25),
    Penalties(presence=-1.0, bias=((3, 6.0), (9, -100.0), (3, 1.0))),
]


def logits_of(seed, rows=1, spread=3.0):
    return torch.randn(rows, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread


class Alone:
    """One row, by transformers' processors over the whole vocabulary: the plain reference."""

    def __init__(self, sampling, penalties):
        self.sampling, self.penalties = sampling, penalties
        self.prompt, self.reply = list(PROMPT), list(SAID)
        self.random = np.random.Generator(np.random.PCG64(sampling.seed))

    def choose(self, logits):
        sampling, penalties = self.sampling, self.penalties
        history = torch.tensor([self.prompt + self.reply[len(SAID) :]])
        scores = RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)(history, logits[None].clone())
        counts = torch.bincount(torch.tensor(self.reply), minlength=VOCABULARY).float()
        bias = torch.zeros(VOCABULARY)
        for token, value in penalties.bias:
            bias[token] += value
        scores = scores - penalties.presence * (counts > 0) - penalties.frequency * counts + bias
        if sampling.temperature == 0:
            return int(scores.argmax())
        chain = LogitsProcessorList([TemperatureLogitsWarper(float(sampling.temperature))])
        if sampling.top_k:
            chain.append(TopKLogitsWarper(sampling.top_k))
        if sampling.top_p < 1:
            chain.append(TopPLogitsWarper(sampling.top_p))
        if sampling.min_p:
            chain.append(MinPLogitsWarper(sampling.min_p))
        left = chain(None, scores)[0].softmax(-1).double().numpy()
        order = np.argsort(-left, kind="stable")
        sums = left[order].cumsum()
        return int(order[sums.searchsorted(self.random.random() * sums[-1], side="right")])


def sampler(sampling, penalties):
    return Sampler(sampling, penalties, prompt=PROMPT, said=SAID)


@settings(max_examples=40)
@given(
    asked=st.lists(st.tuples(st.sampled_from(SAMPLINGS), st.sampled_from(PENALTIES)), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_each_row_gets_what_it_would_get_alone(asked, seed):
    wanted = [(Sampling(**its, seed=seed + row), penalties) for row, (its, penalties) in enumerate(asked)]
    together, alone = [sampler(*its) for its in wanted], [Alone(*its) for its in wanted]
    for step in range(4):
        logits = logits_of(4 * seed + step, len(wanted))
        before = logits.clone()
        tokens = choose(together, logits)
        assert torch.equal(logits, before)  # others read them as they are
        assert tokens == [row.choose(its) for row, its in zip(alone, logits, strict=True)]
        for row, token in enumerate(tokens):
            together[row].accept(token)
            alone[row].reply.append(token)


def test_logits_may_lie_in_any_order():
    rows = [Sampler(Sampling(seed=row, repetition_penalty=1.5), prompt=PROMPT) for row in range(4)]
    again = [Sampler(Sampling(seed=row, repetition_penalty=1.5), prompt=PROMPT) for row in range(4)]
    logits = logits_of(2, 4)
    assert choose(rows, logits.T.contiguous().T) == choose(again, logits)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**63 - 1), beside=st.integers(0, 6))
def test_the_same_seed_gives_the_same_tokens_whoever_is_beside(seed, beside):
    def draw(others):
        mine = Sampler(Sampling(temperature=1.0, top_p=0.9, seed=seed))
        rows = [Sampler(Sampling(temperature=1.5, seed=other)) for other in range(others)] + [mine]
        return [choose(rows, torch.cat([logits_of(9, others), logits_of(i)]))[-1] for i in range(5)]

    assert draw(beside) == draw(0)


def test_different_seeds_and_no_seed_differ():
    def draw(seed):
        rows = [Sampler(Sampling(temperature=2.0, top_p=1.0, seed=seed))]
        return tuple(choose(rows, logits_of(i, spread=0.1))[0] for i in range(8))

    assert len({draw(seed) for seed in (1, 2, None, None)}) == 4


def test_a_guide_that_cannot_go_on_fails_its_own_row_alone():
    class Guide:
        def __init__(self, token):
            self.token = token

        def hold(self, scores):
            if self.token is None:
                raise ValueError("no way on")
            return torch.full_like(scores, -torch.inf).index_fill(0, torch.tensor([self.token]), 0.0)

    rows = [Sampler(Sampling(seed=1), guide=Guide(None)), Sampler(Sampling(seed=1), guide=Guide(77))]
    rows += [Sampler(Sampling(temperature=0), guide=Guide(78)), Sampler(Sampling(temperature=0))]
    logits = logits_of(1, 4)
    failed, *tokens = choose(rows, logits)
    assert str(failed) == "no way on"
    assert tokens == [77, 78, int(logits[3].argmax())]


def test_logits_that_are_no_numbers_fail_their_own_row_alone():
    logits = logits_of(1, 2)
    logits[0, 4] = torch.nan
    failed, token = choose([Sampler(Sampling(seed=1)), Sampler(Sampling(seed=1))], logits)
    assert isinstance(failed, ValueError)
    assert token == choose([Sampler(Sampling(seed=1))], logits[1:])[0]


@pytest.mark.parametrize(
    ("sampling", "takes"),
    [({"temperature": 0}, True), ({"temperature": 0, "repetition_penalty": 1.1}, False), ({"temperature": 0.5}, False)],
)
def test_only_greedy_without_penalty_takes_the_argmax_of_the_batch(sampling, takes):
    assert Sampler(Sampling(**sampling)).takes_argmax is takes
