"""Guesses from a row's own text: what they are, and that whatever is guessed, the text stays the same."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_space.engine import engine as engine_module
from deepseek_space.engine.drafter import GROWTH, LARGEST_REACH, Drafter
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Job
from deepseek_space.engine.step import prepare
from deepseek_space.errors import EngineError
from deepseek_space.types import Sampling
from tiny_models import greedy_reference, prompt_of, tiny_model

NEW_TOKENS = 20


def draft(ids, at_most=LARGEST_REACH):
    return tuple(Drafter().draft(ids, at_most=at_most))


def test_what_followed_the_same_tokens_is_expected_again():
    assert draft([1, 2, 3, 4, 5, 6, 7, 1, 2, 3]) == (4, 5)


def test_where_they_stood_more_than_once_the_last_time_counts():
    assert draft([1, 2, 3, 4, 4, 1, 2, 3, 5, 5, 1, 2, 3]) == (5, 5)


def test_more_tokens_that_are_the_same_count_before_later_ones():
    assert draft([1, 2, 3, 4, 4, 9, 2, 3, 5, 5, 1, 2, 3]) == (4, 4)
    assert draft([9, 2, 3, 5, 5, 1, 2, 3]) == (5, 5)


@pytest.mark.parametrize("ids", [[], [1, 1], [1, 2, 3], [1, 2, 3, 4, 9, 3]])
def test_nothing_is_expected_after_tokens_that_are_new(ids):
    assert draft(ids) == ()


def test_a_text_that_goes_round_in_circles_goes_on_so():
    assert draft([7] * 9) == (7,)
    assert draft([1, 2] * 4) == (1, 2)


def test_no_more_is_guessed_than_there_is_room_for():
    assert draft([1, 2, 3, 4, 5, 6, 1, 2, 3], at_most=1) == (4,)
    assert draft([1, 2, 3, 4, 5, 6, 1, 2, 3], at_most=0) == ()


def test_guesses_grow_while_they_come_true_and_shrink_when_they_do_not():
    drafter, ids = Drafter(), [*range(50), 0, 1, 2]
    reaches = []
    for accepted in (2, 4, 6, LARGEST_REACH, 1, 0):
        guessed = len(drafter.draft(ids, at_most=LARGEST_REACH))
        reaches.append(guessed)
        drafter.judge(drafted=guessed, accepted=accepted)
    assert reaches == [GROWTH, 4, 6, LARGEST_REACH, LARGEST_REACH, 3]
    drafter.judge(drafted=0, accepted=5)  # where nothing was guessed there is nothing to learn
    assert len(drafter.draft(ids, at_most=LARGEST_REACH)) == GROWTH


@given(ids=st.lists(st.integers(0, 3), max_size=40), steps=st.lists(st.integers(1, 5)))
def test_a_text_that_grew_is_known_as_one_that_was_always_there(ids, steps):
    drafter, length = Drafter(), 0
    for step in steps:
        length += step
        assert tuple(drafter.draft(ids[:length], at_most=LARGEST_REACH)) == draft(ids[:length])


class Oracle:
    """Knows the answer and foretells as much of it as it is told to, with mistakes where it is told to."""

    def __init__(self, prompt, answer, *, reaches, is_wrong):
        self._prompt, self._answer = prompt, answer
        self._reaches, self._is_wrong = reaches, is_wrong

    def draft(self, ids, *, at_most):
        done = len(ids) - len(self._prompt)
        ahead = self._answer[done : done + min(next(self._reaches), at_most)]
        return [1 + token % 50 if next(self._is_wrong) else token for token in ahead]

    def judge(self, *, drafted, accepted):
        assert accepted <= drafted


def engine_of(model, **limits):
    return Engine(prepare(model), limits=EngineLimits(context_tokens=512, kv_bytes=1 << 28, **limits))


def run(engine, row):
    while not row.is_finished:
        engine.step()
    return tuple(row.ids[len(row.job.prompt) :])


def job(prompt, **parameters):
    sampling = Sampling(**{"temperature": 0, "max_new_tokens": NEW_TOKENS} | parameters)
    return Job(prompt=prompt, sampling=sampling)


@pytest.mark.parametrize("name", ["llama-mqa", "qwen3-gqa", "v2-lite", "v3"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_whatever_is_guessed_the_tokens_are_those_of_generate_and_the_cache_holds_just_them(name, data):
    engine, prompt = engine_of(tiny_model(name)), prompt_of(30, seed=data.draw(st.integers(0, 3)))
    row = engine.submit(job(prompt))
    row.drafter = Oracle(
        prompt,
        greedy_reference(name, prompt, NEW_TOKENS),
        reaches=iter(lambda: data.draw(st.integers(0, LARGEST_REACH)), None),
        is_wrong=iter(lambda: data.draw(st.booleans()), None),
    )
    answer = run(engine, row)
    assert answer == greedy_reference(name, prompt, NEW_TOKENS)
    assert row.num_generated == engine.counters.generated_tokens == NEW_TOKENS
    assert row.cache.length == len(row.ids) - 1
    # What was kept of it serves the next turn.
    longer = prompt + answer + prompt_of(5, seed=9)
    again = engine.submit(job(longer))
    assert run(engine, again) == greedy_reference(name, longer, NEW_TOKENS)
    assert again.cached_tokens == len(row.ids) - 1


@pytest.mark.parametrize("name", ["qwen2-gqa", "v3"])
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_whoever_comes_and_goes_beside_a_row_that_guesses_both_get_their_own_tokens(name, data):
    engine, prompt = engine_of(tiny_model(name)), prompt_of(30, seed=0)
    row = engine.submit(job(prompt, max_new_tokens=60))
    row.drafter = Oracle(
        prompt,
        greedy_reference(name, prompt, 60),
        reaches=iter(lambda: data.draw(st.integers(0, 4)), None),
        is_wrong=iter(lambda: data.draw(st.booleans()), None),
    )
    for seed in (1, 2):
        for _ in range(data.draw(st.integers(1, 6))):
            engine.step()
        guest = engine.submit(job(prompt_of(25, seed=seed), max_new_tokens=6))
        assert run(engine, guest) == greedy_reference(name, guest.job.prompt, 6)
    assert run(engine, row) == greedy_reference(name, prompt, 60)


def repeating(prompt):
    """Return a text of which ``prompt`` is a part several times."""
    return prompt * 4


def test_a_text_that_repeats_takes_fewer_steps():
    # Once it goes round in circles, which a tiny model soon does.
    engine = engine_of(tiny_model("qwen2-gqa"))
    prompt = repeating(prompt_of(7, seed=1))
    answer = run(engine, engine.submit(job(prompt, max_new_tokens=100)))
    assert answer == greedy_reference("qwen2-gqa", prompt, 100)
    counters = engine.counters
    assert 0 < counters.accepted_tokens <= counters.drafted_tokens
    assert counters.steps == 100 - counters.accepted_tokens


@pytest.mark.parametrize(
    "parameters",
    [
        {"repetition_penalty": 1.02, "max_new_tokens": 80},
        {"temperature": 0.3, "seed": 7, "top_p": 0.9, "max_new_tokens": 100},
    ],
)
def test_a_penalty_and_a_seed_give_the_same_text_with_guesses_as_without(parameters):
    answers, drafted = [], []
    for drafts in (False, True):
        engine = engine_of(tiny_model("qwen2-gqa"), drafts=drafts)
        answers.append(run(engine, engine.submit(job(repeating(prompt_of(7, seed=1)), **parameters))))
        drafted.append(engine.counters.drafted_tokens)
    assert answers[0] == answers[1]
    assert drafted[0] == 0 < drafted[1]


def test_a_retry_guesses_as_the_first_try_did_and_writes_the_same_text_in_bf16_too():
    engine, prompt = engine_of(tiny_model("qwen2-gqa").bfloat16()), repeating(prompt_of(7, seed=1))
    tries = [run(engine, engine.submit(job(prompt, temperature=0.1, seed=5, max_new_tokens=100))) for _ in range(3)]
    assert tries[0] == tries[1] == tries[2]
    assert engine.counters.drafted_tokens > 0


def foretold(engine, prompt, **of_the_job):
    """Submit a job whose whole answer is guessed rightly."""
    parameters = {"temperature": 0, "max_new_tokens": NEW_TOKENS}
    row = engine.submit(Job(prompt=prompt, sampling=Sampling(**parameters), **of_the_job))
    answer = greedy_reference("qwen2-gqa", prompt, NEW_TOKENS)
    row.drafter = Oracle(prompt, answer, reaches=iter(lambda: 7, None), is_wrong=iter(lambda: False, None))
    return row, answer


def test_an_answer_ends_at_its_stop_token_in_the_midst_of_a_guess():
    engine, prompt = engine_of(tiny_model("qwen2-gqa")), prompt_of(20, seed=8)
    end = greedy_reference("qwen2-gqa", prompt, NEW_TOKENS)[5]
    row, answer = foretold(engine, prompt, stop_ids=frozenset({end}))
    assert run(engine, row) == answer[: answer.index(end)]
    assert list(row.events(wait_s=0))[-1] == Finished(reason="stop")
    assert row.cache.length == len(row.ids)


def test_the_context_is_never_overstepped():
    engine, prompt = engine_of(tiny_model("qwen2-gqa")), prompt_of(512 - 6, seed=8)
    row = engine.submit(job(prompt))
    row.drafter = Oracle(prompt, (3,) * 20, reaches=iter(lambda: 99, None), is_wrong=iter(lambda: False, None))
    lengths = []
    real = engine_module.step
    with pytest.MonkeyPatch.context() as patch:

        def watched(model, chunks, **options):
            lengths.extend(chunk.cache.length + chunk.num_tokens for chunk in chunks)
            return real(model, chunks, **options)

        patch.setattr(engine_module, "step", watched)
        assert len(run(engine, row)) == 6
    assert max(lengths) < 512


def test_rows_side_by_side_do_not_guess():
    engine = engine_of(tiny_model("qwen2-gqa"))
    rows = [engine.submit(job(repeating(prompt_of(7, seed=seed)))) for seed in (1, 2)]
    for row in rows:
        assert run(engine, row) == greedy_reference("qwen2-gqa", row.job.prompt, NEW_TOKENS)
    assert engine.counters.drafted_tokens == 0


def test_numbers_that_are_none_matter_only_where_the_text_gets_to(monkeypatch):
    engine, prompt = engine_of(tiny_model("qwen2-gqa")), prompt_of(20, seed=8)
    row, answer = foretold(engine, prompt)
    engine.step()
    real = engine_module.step
    monkeypatch.setattr(
        engine_module, "step", lambda *a, **k: real(*a, **k).index_fill(0, torch.tensor(4), float("nan"))
    )
    engine.step()
    assert tuple(row.ids[len(prompt) :]) == answer[: 1 + 4]
    with pytest.raises(EngineError, match="NaN or infinity"):
        list(row.events(wait_s=0))
