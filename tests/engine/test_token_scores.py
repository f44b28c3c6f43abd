"""What the model thought of each token: as the plain model's own, however the prompt was read."""

import pytest
import torch

from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job, Scores, Token
from deepseek_space.engine.scheduler import SCORED_TOKENS
from deepseek_space.engine.step import prepare
from deepseek_space.types import Sampling
from tiny_models import prompt_of, tiny_model


def make_engine(name):
    return Engine(prepare(tiny_model(name)), limits=EngineLimits(context_tokens=512, kv_bytes=1 << 28))


def collect(engine, prompt, *, new_tokens=3, top=2, scores_prompt=True):
    sampling = Sampling(temperature=0, max_new_tokens=new_tokens)
    row = engine.submit(Job(prompt=prompt, sampling=sampling, top_logprobs=top, scores_prompt=scores_prompt))
    return [event for event in row.events(wait_s=0, drive=engine.step) if event is not None]


def scored(events, *, of_prompt):
    if of_prompt:
        return [token for event in events if isinstance(event, Scores) and event.of_prompt for token in event.tokens]
    return [event.score for event in events if isinstance(event, Token)]


@pytest.mark.parametrize("name", ["qwen2-gqa", "v2-lite"])
@pytest.mark.parametrize("length", [1, 2, SCORED_TOKENS, SCORED_TOKENS + 1, 2 * SCORED_TOKENS + 7])
def test_the_scores_are_those_of_the_plain_model(name, length):
    prompt = prompt_of(length, seed=3)
    events = collect(make_engine(name), prompt)
    written = tuple(event.id for event in events if isinstance(event, Token))
    ids = prompt + written
    with torch.inference_mode():
        expected = tiny_model(name)(torch.tensor([ids])).logits[0].float().log_softmax(-1)
    told = scored(events, of_prompt=True) + scored(events, of_prompt=False)
    assert tuple(token.id for token in told) == ids[1:]
    for place, token in enumerate(told):
        assert token.logprob == pytest.approx(expected[place, token.id].item(), abs=1e-4)
        best = expected[place].max().item()
        assert token.top[0][1] == pytest.approx(best, abs=1e-4)


def test_a_greedy_token_s_value_is_the_very_float_of_the_likeliest():
    events = collect(make_engine("qwen2-gqa"), prompt_of(20, seed=4), new_tokens=8, top=1)
    for token in scored(events, of_prompt=False):
        assert token.top == ((token.id, token.logprob),)


def test_what_was_read_before_is_scored_all_the_same():
    engine, prompt = make_engine("qwen2-gqa"), prompt_of(90, seed=6)
    first, again = (scored(collect(engine, prompt), of_prompt=True) for _ in range(2))
    assert len(first) == len(again) == 89
    assert not scored(collect(engine, prompt, scores_prompt=False), of_prompt=True)


def test_beside_others_each_row_has_its_own():
    engine, prompt = make_engine("qwen2-gqa"), prompt_of(90, seed=7)
    sampling = Sampling(temperature=0, max_new_tokens=20)
    other = engine.submit(Job(prompt=prompt_of(50, seed=8), sampling=sampling))
    engine.step()
    told = scored(collect(engine, prompt), of_prompt=True)
    alone = scored(collect(make_engine("qwen2-gqa"), prompt), of_prompt=True)
    assert [token.id for token in told] == [token.id for token in alone]
    assert [token.logprob for token in told] == pytest.approx([token.logprob for token in alone], abs=1e-4)
    tokens = [event.id for event in other.events(wait_s=0, drive=engine.step) if isinstance(event, Token)]
    quiet = make_engine("qwen2-gqa")
    row = quiet.submit(Job(prompt=prompt_of(50, seed=8), sampling=sampling))
    assert tokens == [event.id for event in row.events(wait_s=0, drive=quiet.step) if isinstance(event, Token)]
