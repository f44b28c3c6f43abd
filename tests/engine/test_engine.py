"""One batch that rows join and leave: whatever happens around it, a row gets the plain model's tokens."""

import gc
import weakref
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_space.engine import engine as engine_module
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Job, Token
from deepseek_space.engine.spare_memory import SpareMemory
from deepseek_space.engine.step import prepare
from deepseek_space.errors import BusyError, EngineError, EngineStopped, OutOfMemory, PromptTooLong
from deepseek_space.events import Prefill, Queued
from deepseek_space.types import Sampling
from tiny_models import ARCHITECTURES, greedy_reference, prompt_of, tiny_model

LIMITS = EngineLimits(context_tokens=512, kv_bytes=1 << 28, max_rows=4, max_queue=4, chunk_tokens=16)


def make_engine(name="qwen2-gqa", **limits):
    values = {field: getattr(LIMITS, field) for field in LIMITS.__dataclass_fields__}
    return Engine(prepare(tiny_model(name)), limits=EngineLimits(**values | limits))


def greedy(prompt, new_tokens=12, **parameters):
    return Job(prompt=prompt, sampling=Sampling(temperature=0, max_new_tokens=new_tokens, **parameters))


def collect(engine, row):
    """Drive the engine from the reader's side; return the row's events, heartbeats left out."""
    return [event for event in row.events(wait_s=0, drive=engine.step) if event is not None]


def tokens(events):
    return tuple(event.id for event in events if isinstance(event, Token))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_greedy_output_is_that_of_generate(name):
    engine, prompt = make_engine(name), prompt_of(37, seed=5)
    events = collect(engine, engine.submit(greedy(prompt)))
    assert tokens(events) == greedy_reference(name, prompt, 12)
    assert events[-1] == Finished(reason="length")


@pytest.mark.parametrize("name", ["llama-mqa", "qwen2-gqa", "v2-lite", "v3"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_joins_cancels_and_cache_states_leave_every_row_its_own_tokens(name, data):
    engine = make_engine(name, chunk_tokens=data.draw(st.integers(1, 40)), max_rows=data.draw(st.integers(1, 4)))
    shared = prompt_of(40, seed=99)
    finished = []
    live = []
    for _ in range(data.draw(st.integers(1, 10))):
        if engine.num_waiting < 4:
            # Prompts overlap, so that caches are handed over, forked and cropped.
            prompt = shared[: data.draw(st.sampled_from([0, 20, 40]))] + prompt_of(data.draw(st.integers(1, 25)), 7)
            row = engine.submit(greedy(prompt, 10))
            live.append(row)
            finished.append(row)
        if live and data.draw(st.booleans()):
            cancelled = live.pop(data.draw(st.integers(0, len(live) - 1)))
            cancelled.cancel()
            finished.remove(cancelled)
        for _ in range(data.draw(st.integers(0, 6))):
            engine.step()
    while engine.step():
        pass
    assert engine.is_idle
    for row in finished:
        assert tuple(row.ids[len(row.job.prompt) :]) == greedy_reference(name, row.job.prompt, 10)


def test_a_sampled_stream_depends_on_its_own_seed_alone():
    prompt = prompt_of(20, seed=1)
    job = Job(prompt=prompt, sampling=Sampling(temperature=1.0, seed=7, max_new_tokens=15))
    alone = make_engine()
    expected = tokens(collect(alone, alone.submit(job)))
    crowded = make_engine()
    for seed in range(3):
        crowded.submit(Job(prompt=prompt_of(9, seed=seed), sampling=Sampling(temperature=1.5, seed=seed)))
    assert tokens(collect(crowded, crowded.submit(job))) == expected


def test_the_next_turn_reads_only_what_is_new():
    engine, first = make_engine(), prompt_of(60, seed=2)
    reply = tokens(collect(engine, engine.submit(greedy(first))))
    second = first + reply + prompt_of(8, seed=3)
    row = engine.submit(greedy(second))
    assert tokens(collect(engine, row)) == greedy_reference("qwen2-gqa", second, 12)
    # The last token of a reply is handed out without being read.
    assert row.cached_tokens == len(first) + len(reply) - 1


@pytest.mark.parametrize("name", ["qwen2-gqa", "v3"])
def test_a_retry_starts_from_the_very_numbers_of_the_first_try_and_reads_nothing(name):
    # In bf16 a prompt read in other pieces gives other numbers by a rounding, and the same seed another text.
    engine = Engine(prepare(tiny_model(name).bfloat16()), limits=LIMITS)
    prompt = prompt_of(60, seed=2)
    job = Job(prompt=prompt, sampling=Sampling(temperature=1.0, seed=7, max_new_tokens=15))
    rows, events, steps = [], [], []
    for _ in range(3):
        before = engine.counters.steps
        rows.append(engine.submit(job))
        events.append(collect(engine, rows[-1]))
        steps.append(engine.counters.steps - before)
    assert events[0][-16:] == events[1] == events[2]
    assert torch.equal(rows[0].prompt_logits, rows[2].prompt_logits)
    assert [row.cached_tokens for row in rows] == [0, 60, 60]
    assert steps == [1 + 14, 14, 14]


def test_a_reply_of_one_token_is_given_without_a_step_where_its_logits_are_known():
    engine, prompt = make_engine(), prompt_of(30, seed=2)
    expected = greedy_reference("qwen2-gqa", prompt, 1)
    for _ in range(2):
        assert tokens(collect(engine, engine.submit(greedy(prompt, 1)))) == expected
    assert engine.counters.steps == 1


def test_people_who_share_a_prefix_share_its_reading_even_while_it_is_in_use():
    engine, system = make_engine(), prompt_of(64, seed=4)
    first = engine.submit(greedy(system + prompt_of(5, seed=5), 40))
    while first.num_generated == 0:
        engine.step()
    second = engine.submit(greedy(system + prompt_of(6, seed=6)))
    assert tokens(collect(engine, second)) == greedy_reference("qwen2-gqa", second.job.prompt, 12)
    assert second.cached_tokens == len(system)
    assert not first.is_finished


def test_nobody_learns_from_the_figures_what_another_has_sent_be_it_kept_or_in_use():
    engine, secret = make_engine(), prompt_of(64, seed=4)
    collect(engine, engine.submit(replace(greedy(secret), scope="ann")))
    running = engine.submit(replace(greedy(secret + prompt_of(1, seed=5), 40), scope="ann"))
    while running.num_generated == 0:
        engine.step()
    for prompt in (secret, secret + prompt_of(9, seed=6)):
        guess = engine.submit(replace(greedy(prompt), scope="bob"))
        assert tokens(collect(engine, guess)) == greedy_reference("qwen2-gqa", prompt, 12)
        engine.prefixes.shrink(0)
        assert guess.cached_tokens == 0
    assert running.cached_tokens == len(secret)


def test_kept_prefixes_take_what_they_have_read_and_no_more():
    per_token = 2 * 2 * 2 * 16 * 4  # layers, keys and values, heads, dim, bytes
    engine = make_engine(max_rows=2)
    rows = [engine.submit(greedy(prompt_of(30, seed=seed))) for seed in range(2)]
    for row in rows:
        collect(engine, row)
    held = sum((len(row.ids) - 1) * per_token + row.prompt_logits.nbytes for row in rows)
    assert engine.prefixes.nbytes == held
    longer = tuple(rows[0].ids) + prompt_of(5, seed=9)
    row = engine.submit(greedy(longer, 300))
    assert tokens(collect(engine, row)) == greedy_reference("qwen2-gqa", longer, 300)
    assert row.cached_tokens == len(rows[0].ids) - 1


def test_kept_prefixes_are_given_up_where_the_machine_runs_short_also_while_nobody_writes():
    free, back = [1 << 30], []
    memory = SpareMemory(mark_bytes=1 << 30, free_bytes=lambda: free[0], give_back=lambda: back.append(1))
    engine = Engine(prepare(tiny_model("qwen2-gqa")), limits=LIMITS, memory=memory)
    collect(engine, engine.submit(greedy(prompt_of(30, seed=1))))
    engine.tidy()
    assert len(engine.prefixes) == 1
    free[0] = 0
    engine.tidy()
    assert engine.cache_bytes == 0
    row = engine.submit(greedy(prompt_of(30, seed=1)))
    assert tokens(collect(engine, row)) == greedy_reference("qwen2-gqa", row.job.prompt, 12)
    assert engine.cache_bytes == 0
    assert back


def test_a_long_prompt_never_holds_up_the_others_for_more_than_a_chunk():
    engine = make_engine(chunk_tokens=16)
    talker = engine.submit(greedy(prompt_of(4, seed=1), 60))
    engine.step()
    reader = engine.submit(greedy(prompt_of(200, seed=2)))
    for _ in range(10):
        before = (talker.num_generated, reader.cache.length)
        engine.step()
        assert talker.num_generated == before[0] + 1
        assert reader.cache.length == before[1] + 16


def test_reading_and_waiting_are_reported():
    engine = make_engine(chunk_tokens=16, max_rows=1)
    first = engine.submit(greedy(prompt_of(40, seed=1), 2))
    second = engine.submit(greedy(prompt_of(3, seed=2), 2))
    assert [e for e in collect(engine, first) if isinstance(e, Prefill)] == [
        Prefill(read=16, total=40),
        Prefill(read=32, total=40),
    ]
    assert collect(engine, second)[0] == Queued(position=1)


def test_stop_ids_end_the_reply_and_are_not_handed_out():
    engine, prompt = make_engine(), prompt_of(20, seed=8)
    reply = greedy_reference("qwen2-gqa", prompt, 12)
    end = reply[5]
    job = Job(prompt=prompt, sampling=Sampling(temperature=0, max_new_tokens=12), stop_ids=frozenset({end}))
    row = engine.submit(job)
    events = collect(engine, row)
    assert tokens(events) == reply[: reply.index(end)]
    assert events[-1] == Finished(reason="stop")
    # It was chosen all the same, and counts.
    assert row.num_generated == engine.counters.generated_tokens == reply.index(end) + 1


def test_the_context_bounds_prompt_and_reply_together():
    engine = make_engine(context_tokens=50)
    assert len(tokens(collect(engine, engine.submit(greedy(prompt_of(45, seed=1), 12))))) == 5
    with pytest.raises(PromptTooLong, match=r"60 tokens long, 11 more"):
        engine.submit(greedy(prompt_of(60, seed=1)))


def test_a_cancelled_row_leaves_within_one_step_also_while_reading():
    engine = make_engine(chunk_tokens=16)
    reader, talker = engine.submit(greedy(prompt_of(300, seed=1))), engine.submit(greedy(prompt_of(4, seed=2), 100))
    for _ in range(3):
        engine.step()
    reader.cancel()
    talker.cancel()
    engine.step()
    assert engine.is_idle
    assert collect(engine, reader)[-1] == collect(engine, talker)[-1] == Finished(reason="cancelled")


def test_a_row_that_is_cancelled_and_sent_again_with_more_goes_on_from_its_own_cache_at_once():
    engine = make_engine()
    first = engine.submit(greedy(prompt_of(60, seed=1), 40))
    while first.num_generated < 20:
        engine.step()
    first.cancel()
    longer = tuple(first.ids) + prompt_of(3, seed=2)
    second = engine.submit(greedy(longer))
    assert tokens(collect(engine, second)) == greedy_reference("qwen2-gqa", longer, 12)
    assert second.cache is first.cache
    assert second.cached_tokens == len(first.ids) - 1


def test_thousands_of_streams_that_are_left_early_leave_nothing_behind():
    engine = make_engine(kv_bytes=1 << 20, max_queue=64)
    rows = weakref.WeakSet()
    for seed in range(2000):
        row = engine.submit(greedy(prompt_of(20, seed=seed)))
        rows.add(row)
        if seed % 8 == 0:
            engine.step()
        row.cancel()
        if seed % 40 == 0:
            engine.step()
    engine.step()
    del row
    gc.collect()
    assert engine.is_idle
    assert not rows
    assert engine.cache_bytes <= 1 << 19


def test_a_step_that_nobody_waits_for_any_more_ends_within_a_layer():
    engine = make_engine(chunk_tokens=100)
    row = engine.submit(greedy(prompt_of(300, seed=1)))
    first, second = engine._model.model.layers
    first.register_forward_hook(lambda *_: row.cancel())
    reached = []
    second.mlp.register_forward_hook(lambda *_: reached.append("the layer's end"))
    engine.step()
    assert (row.cache.length, reached) == (0, [])
    engine.step()
    assert engine.is_idle


def test_a_full_queue_says_so_at_once():
    engine = make_engine(max_rows=1, max_queue=2)
    for _ in range(3):
        engine.submit(greedy(prompt_of(4, seed=1)))
    with pytest.raises(BusyError, match=r"2 requests are waiting already\. Try again"):
        engine.submit(greedy(prompt_of(4, seed=1)))
    assert engine.counters.rejected == 1


def test_places_that_nobody_waiting_can_take_do_not_count_as_free():
    per_token = 2 * 2 * 2 * 16 * 4
    engine = make_engine(kv_bytes=100 * per_token, max_queue=2)
    engine.submit(greedy(prompt_of(60, seed=1), 20))
    engine.step()
    for seed in range(2):
        engine.submit(greedy(prompt_of(60, seed=seed), 20))
        engine.step()
    with pytest.raises(BusyError, match="2 requests are waiting"):
        engine.submit(greedy(prompt_of(60, seed=4), 20))


def test_the_rest_of_a_request_is_not_counted_as_another():
    engine, prompt = make_engine(), prompt_of(20, seed=1)
    collect(engine, engine.submit(greedy(prompt)))
    collect(engine, engine.submit(replace(greedy(prompt + prompt_of(3, seed=2)), goes_on=True)))
    figures = engine.counters.snapshot(cache_bytes=0, kept_bytes=0, kept_limit_bytes=0, weight_bytes=0)
    assert figures.requests == sum(figures.time_to_first_token_s.counts) == 1


def test_rows_wait_until_the_cache_budget_has_room_for_their_full_length():
    per_token = 2 * 2 * 2 * 16 * 4  # layers, keys and values, heads, dim, bytes
    engine = make_engine(kv_bytes=100 * per_token)
    first = engine.submit(greedy(prompt_of(30, seed=1), 20))
    engine.step()
    fits, waits = engine.submit(greedy(prompt_of(30, seed=2), 20)), engine.submit(greedy(prompt_of(4, seed=3), 1))
    engine.step()
    assert engine.running == [first, fits]
    assert collect(engine, waits)[0] == Queued(position=1)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_end_their_own_row_alone(monkeypatch, number):
    engine = make_engine()
    healthy, broken = engine.submit(greedy(prompt_of(5, seed=1))), engine.submit(greedy(prompt_of(6, seed=2)))
    engine.step()
    real = engine_module.step
    monkeypatch.setattr(
        engine_module, "step", lambda *a, **k: real(*a, **k).index_fill(0, torch.tensor(1), float("nan"))
    )
    engine.step()
    monkeypatch.undo()
    with pytest.raises(EngineError, match="NaN or infinity"):
        collect(engine, broken)
    assert tokens(collect(engine, healthy)) == greedy_reference("qwen2-gqa", healthy.job.prompt, 12)
    assert engine.counters.errors == 1


class Memory:
    """Stands in for ``step``: runs out whenever more than ``rows`` rows or any kept prefix is held."""

    def __init__(self, engine, rows):
        self.engine, self.rows, self.real = engine, rows, engine_module.step

    def __call__(self, model, chunks, **options):
        if len(chunks) > self.rows or (self.rows < 2 and len(self.engine.prefixes)):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.real(model, chunks, **options)


def test_out_of_memory_gives_up_kept_prefixes_then_the_youngest_row_and_goes_on(monkeypatch):
    engine = make_engine()
    collect(engine, engine.submit(greedy(prompt_of(30, seed=9))))
    assert len(engine.prefixes) == 1
    rows = [engine.submit(greedy(prompt_of(5 + seed, seed=seed))) for seed in range(3)]
    for _ in range(4):
        engine.step()
    monkeypatch.setattr(engine_module, "step", Memory(engine, rows=1))
    for row in rows:
        assert tokens(collect(engine, row)) == greedy_reference("qwen2-gqa", row.job.prompt, 12)


def test_a_prefix_that_cannot_be_copied_is_read_again(monkeypatch):
    engine, shared = make_engine(), prompt_of(60, seed=2)
    collect(engine, engine.submit(greedy(shared + prompt_of(5, seed=3))))

    def no_room(cache, *_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(KVCache, "fork", no_room)
    row = engine.submit(greedy(shared + prompt_of(5, seed=4)))
    assert tokens(collect(engine, row)) == greedy_reference("qwen2-gqa", row.job.prompt, 12)
    assert row.cached_tokens == 0


def test_a_row_that_cannot_join_is_ended_with_all_others_and_its_reader_hears_of_it(monkeypatch):
    engine, shared = make_engine(), prompt_of(60, seed=2)
    collect(engine, engine.submit(greedy(shared)))
    row = engine.submit(greedy(shared[:50]))

    def fault(cache, *_, **__):
        raise RuntimeError("shapes differ")  # running out of memory is such an error too, and is gone on from

    monkeypatch.setattr(KVCache, "fork", fault)
    with pytest.raises(RuntimeError, match="shapes differ"):
        engine.step()
    engine.fail_all(EngineError("Generation broke off."))
    assert engine.is_idle
    with pytest.raises(EngineError, match="broke off"):
        collect(engine, row)


def test_out_of_memory_alone_fails_the_request_with_a_clear_word_and_the_engine_goes_on(monkeypatch):
    engine = make_engine()
    row = engine.submit(greedy(prompt_of(5, seed=1)))
    monkeypatch.setattr(engine_module, "step", Memory(engine, rows=0))
    with pytest.raises(OutOfMemory, match="Shorten"):
        collect(engine, row)
    monkeypatch.undo()
    again = engine.submit(greedy(prompt_of(5, seed=1)))
    assert tokens(collect(engine, again)) == greedy_reference("qwen2-gqa", again.job.prompt, 12)


def test_closing_ends_every_row_and_frees_every_cache():
    engine = make_engine(max_rows=1)
    collect(engine, engine.submit(greedy(prompt_of(30, seed=1))))
    rows = [engine.submit(greedy(prompt_of(5, seed=seed))) for seed in range(2)]
    engine.step()
    engine.close()
    for row in rows:
        with pytest.raises(EngineStopped):
            collect(engine, row)
    assert engine.prefixes.nbytes == 0
    assert engine.counters.errors == 0
    with pytest.raises(EngineStopped):
        engine.submit(greedy(prompt_of(5, seed=1)))


@pytest.mark.parametrize("name", ["llama-mqa", "qwen2-gqa"])
def test_rows_of_all_lengths_decode_side_by_side(name):
    engine = make_engine(name, context_tokens=2048, max_rows=6, chunk_tokens=512)
    # Two in one granule, two at its edge, one of another, one too long to be gathered with any.
    lengths = (3, 40, 250, 254, 300, 1100)
    rows = [engine.submit(greedy(prompt_of(length, seed=length))) for length in lengths]
    for row in rows:
        assert tokens(collect(engine, row)) == greedy_reference(name, row.job.prompt, 12)


def test_the_figures_of_a_row_are_measured():
    engine = make_engine()
    row = engine.submit(greedy(prompt_of(20, seed=1)))
    assert row.time_to_first_token_s == row.tokens_per_second == 0
    collect(engine, row)
    assert row.time_to_first_token_s > 0
    assert row.tokens_per_second > 0
    assert row.num_generated == 12
    assert engine.counters.generated_tokens == 12
    figures = engine.counters.snapshot(cache_bytes=0, kept_bytes=0, kept_limit_bytes=0, weight_bytes=0)
    assert sum(figures.time_to_first_token_s.counts) == 1
    assert figures.time_to_first_token_s.total == row.time_to_first_token_s
