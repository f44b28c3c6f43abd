"""Finished rows' caches, found by the longest common prefix, evicted by bytes."""

import numpy as np
import pytest
import torch

from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.prefix_cache import WORTH_TOKENS, Prefix, PrefixCache, common_length
from deepseek_space.engine.spare_memory import SpareMemory

LONG = list(range(100, 140))


def ids(values):
    return np.asarray(values, dtype=np.int32)


def cache_of(values):
    cache = KVCache()
    tensor = torch.tensor(values, dtype=torch.float32).view(1, 1, -1, 1)
    cache.append(0, tensor, tensor)
    cache.advance(len(values))
    return cache


def prefix_of(values, **known):
    return Prefix(ids=ids(values), cache=cache_of(values), **known)


def contents(cache):
    tail = torch.zeros(1, 1, 1, 1)
    return [int(value) for value in cache.append(0, tail, tail)[0][0, 0, : cache.length, 0]]


def store(*sequences, limit_bytes=1 << 30):
    prefixes = PrefixCache(limit_bytes=limit_bytes)
    for sequence in sequences:
        prefixes.put(prefix_of(sequence))
    return prefixes


@pytest.mark.parametrize(
    ("a", "b", "shared"), [([], [1], 0), ([1, 2], [1, 2], 2), ([1, 2, 3], [1, 9], 1), ([4], [5], 0)]
)
def test_common_length(a, b, shared):
    assert common_length(ids(a), ids(b)) == shared


def test_a_continued_chat_gets_its_own_cache_back_without_a_copy():
    cache = cache_of(LONG)
    prefixes = PrefixCache(limit_bytes=1 << 30)
    prefixes.put(Prefix(ids=ids(LONG), cache=cache))
    assert prefixes.take(ids([*LONG, 1, 2])).cache is cache
    assert len(prefixes) == 0


def test_a_chat_that_departs_gets_a_copy_of_the_common_part_alone():
    prefixes = store(LONG)
    found = prefixes.take(ids([*LONG[:30], 1, 2, 3])).cache
    assert contents(found) == LONG[:30]
    assert len(prefixes) == 1


def test_at_least_one_id_is_left_to_read():
    assert store(LONG).take(ids(LONG)).cache.length == len(LONG) - 1


def test_a_prompt_whose_logits_are_known_need_not_be_read_at_all_and_only_that_prompt():
    prompt, logits = LONG[:30], torch.tensor([0.0, 1.0])
    prefixes = PrefixCache(limit_bytes=1 << 30)
    prefixes.put(prefix_of(LONG, prompt_tokens=len(prompt), prompt_logits=logits))
    found = prefixes.take(ids(prompt))
    assert contents(found.cache) == prompt
    assert found.prompt_logits is logits
    assert prefixes.nbytes == cache_of(LONG).nbytes + logits.nbytes
    for other in (LONG[:29], LONG[:31], LONG):
        assert prefixes.take(ids(other)).cache.length == len(other) - 1


def test_the_longest_prefix_wins():
    prefixes = store(LONG[:20], [*LONG[:30], 7], [1, *LONG])
    assert prefixes.take(ids(LONG)).cache.length == 30


def test_short_matches_are_not_worth_it():
    assert store(LONG).take(ids([*LONG[: WORTH_TOKENS - 1], 0, 0])) is None
    assert PrefixCache(limit_bytes=0).take(ids(LONG)) is None


def test_a_running_row_lends_its_prefix_as_a_copy():
    running = Prefix(ids=ids(LONG), cache=cache_of(LONG))
    found = PrefixCache(limit_bytes=1 << 30).take(ids([*LONG, 5]), [running]).cache
    assert found is not running.cache
    assert contents(found) == LONG


def test_the_least_recently_used_is_evicted_first():
    one_entry = cache_of(LONG).nbytes
    prefixes = store([1, *LONG], [2, *LONG], limit_bytes=2 * one_entry)
    prefixes.take(ids([1, *LONG[:30], 0]))
    prefixes.put(prefix_of([3, *LONG]))
    assert prefixes.nbytes <= 2 * one_entry
    assert prefixes.take(ids([2, *LONG])) is None
    assert prefixes.take(ids([1, *LONG])) is not None


def test_an_entry_that_another_one_contains_is_dropped():
    assert len(store(LONG[:20], LONG)) == 1


def test_shrink_says_how_much_it_freed():
    prefixes = store(LONG)
    held = prefixes.nbytes
    assert held > 0
    assert prefixes.shrink(0) == held
    assert prefixes.nbytes == 0


def test_nothing_of_another_scope_is_handed_out_whether_it_is_kept_or_running():
    prefixes = PrefixCache(limit_bytes=1 << 30)
    prefixes.put(prefix_of(LONG, scope="ann"))
    running = [prefix_of(LONG, scope="ann")]
    for scope in ("bob", ""):
        assert prefixes.take(ids([*LONG, 1]), running, scope=scope) is None
    assert prefixes.take(ids([*LONG, 1]), running, scope="ann").cache.length == len(LONG)


def test_what_is_put_takes_no_place_of_the_same_words_in_another_scope():
    prefixes = PrefixCache(limit_bytes=1 << 30)
    prefixes.put(prefix_of(LONG[:20], scope="ann"))
    prefixes.put(prefix_of(LONG, scope="bob"))
    assert prefixes.take(ids(LONG), scope="ann").cache.length == 20
    assert len(prefixes) == 1


class Machine:
    """A machine with ``free`` bytes left, which counts what comes back."""

    def __init__(self, free):
        self.free, self.times_given_back = free, 0

    def spare(self, mark_bytes):
        return SpareMemory(mark_bytes=mark_bytes, free_bytes=lambda: self.free, give_back=self.give_back)

    def give_back(self):
        self.times_given_back += 1


def test_as_much_is_evicted_as_the_machine_runs_short_of_the_oldest_first():
    one, machine = cache_of(LONG).nbytes, Machine(free=10_000)
    prefixes = PrefixCache(limit_bytes=1 << 30, memory=machine.spare(10_000))
    for first in (1, 2, 3):
        prefixes.put(prefix_of([first, *LONG]))
    prefixes.relieve()
    assert (len(prefixes), machine.times_given_back) == (3, 0)
    machine.free -= one + 1
    prefixes.relieve()
    assert (len(prefixes), machine.times_given_back) == (1, 1)
    assert prefixes.take(ids([3, *LONG, 0])) is not None
    machine.free = 0
    prefixes.relieve()
    assert prefixes.nbytes == 0
