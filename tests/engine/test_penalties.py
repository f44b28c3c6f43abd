"""Penalties are OpenAI's formula to the letter, whatever is guessed ahead and however a reply was cut in rows."""

import numpy as np
import pytest
import torch

from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.penalties import TokenPenalties
from deepseek_space.engine.reply import Job
from deepseek_space.engine.step import prepare
from deepseek_space.types import Penalties, Sampling
from tiny_models import prompt_of, tiny_model

NAME = "qwen2-gqa"
NEW_TOKENS = 24
BIASED = 77
ALL = Penalties(presence=8.0, frequency=2.5, bias=((BIASED, 9.0), (9, -100.0)))


def expected(penalties, prompt, new_tokens=NEW_TOKENS, said=()):
    """What a plain greedy loop writes that counts the tokens anew at each step."""
    model, reply = tiny_model(NAME), []
    for _ in range(new_tokens):
        with torch.inference_mode():
            scores = model(torch.tensor([[*prompt, *reply]])).logits[0, -1].tolist()
        held = [*said, *reply]
        for token in set(held):
            scores[token] -= penalties.presence + penalties.frequency * held.count(token)
        for token, bias in penalties.bias:
            scores[token] += bias
        reply.append(max(range(len(scores)), key=scores.__getitem__))
    return tuple(reply)


def written(penalties, prompt, *, drafts=True, said=(), sampling=None):
    limits = EngineLimits(context_tokens=512, kv_bytes=1 << 28, drafts=drafts)
    engine = Engine(prepare(tiny_model(NAME)), limits=limits)
    sampling = sampling or Sampling(temperature=0, max_new_tokens=NEW_TOKENS)
    row = engine.submit(Job(prompt=prompt, sampling=sampling, penalties=penalties, said=said))
    while not row.is_finished:
        engine.step()
    return tuple(row.ids[len(prompt) :]), engine


@pytest.mark.parametrize(
    "penalties",
    [
        Penalties(presence=12.0),
        Penalties(frequency=5.0),
        Penalties(frequency=-4.0),
        Penalties(bias=((BIASED, 12.0),)),
        ALL,
    ],
)
@pytest.mark.parametrize("drafts", [True, False])
def test_the_tokens_are_those_of_a_plain_loop(penalties, drafts):
    prompt = prompt_of(12, seed=1) * 2
    reply, _ = written(penalties, prompt, drafts=drafts)
    assert reply == expected(penalties, prompt)
    assert reply != expected(Penalties(), prompt)


def test_guesses_come_true_where_tokens_are_weighed_too():
    prompt = (*prompt_of(12, seed=1), *[BIASED] * 8)
    reply, engine = written(Penalties(bias=((BIASED, 100.0),)), prompt)
    assert reply == (BIASED,) * NEW_TOKENS
    assert engine.counters.accepted_tokens > 0


def test_what_was_said_before_a_thought_was_closed_counts_and_the_prompt_does_not():
    prompt, said = prompt_of(20, seed=2), prompt_of(9, seed=3)
    reply, _ = written(ALL, prompt, said=said)
    assert reply == expected(ALL, prompt, said=said)
    assert reply != expected(ALL, prompt, said=prompt)


def test_few_tokens_change_however_many_are_said():
    penalties = TokenPenalties(Penalties(presence=0.5, frequency=0.25, bias=((3, 1.0),)), said=(5, 5))
    for token in (3, *range(100, 300), 3):
        penalties.accept(token)
    assert penalties.ids.tolist() == [3, 5, *range(100, 300)]
    changed = penalties.apply(np.zeros(202, dtype=np.float32))
    np.testing.assert_allclose(changed, [1.0 - 0.5 - 2 * 0.25, -0.5 - 2 * 0.25, *[-0.75] * 200])


def test_the_repetition_penalty_looks_at_prompt_and_reply():
    penalties = TokenPenalties(repetition=2.0, prompt=(4, 4, 2))
    penalties.accept(9)
    assert penalties.ids.tolist() == [2, 4, 9]
    assert penalties.apply(np.asarray([1.0, -1.0, 3.0], dtype=np.float32)).tolist() == [0.5, -2.0, 1.5]
    assert TokenPenalties(prompt=(4,)).change_nothing


def test_a_seed_gives_the_same_text_and_a_forbidden_token_never_comes():
    sampling = Sampling(temperature=1.5, top_p=1.0, seed=4, max_new_tokens=60)
    common = written(Penalties(), prompt_of(12, seed=1), sampling=sampling)[0]
    banned = max(set(common), key=common.count)
    penalties = Penalties(presence=0.3, bias=((banned, -100.0),))
    first, second = (written(penalties, prompt_of(12, seed=1), sampling=sampling)[0] for _ in range(2))
    assert first == second
    assert banned not in first
