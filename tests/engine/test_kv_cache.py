"""A cache that grows in place, crops without copying and forks what it must."""

import pytest
import torch

from deepseek_space.engine import kv_cache
from deepseek_space.engine.kv_cache import GRANULE_TOKENS, CacheGroup, KVCache


def filled(tokens, *, layers=2, reserve_tokens=GRANULE_TOKENS):
    cache = KVCache(reserve_tokens=reserve_tokens)
    for layer in range(layers):
        keys = torch.arange(tokens, dtype=torch.float32).view(1, 1, tokens, 1).expand(1, 2, tokens, 4)
        cache.append(layer, keys, -keys)
    cache.advance(tokens)
    return cache


def peek(cache, layer=0):
    keys, values = cache.append(layer, torch.full((1, 2, 1, 4), 99.0), torch.full((1, 2, 1, 4), -99.0))
    return keys[0, 0, :, 0].tolist(), values[0, 0, :, 0].tolist()


def test_append_returns_everything_so_far_in_order():
    keys, values = peek(filled(5))
    assert keys == [0, 1, 2, 3, 4, 99]
    assert values == [0, -1, -2, -3, -4, -99]


def test_appending_a_token_copies_nothing_while_there_is_room():
    cache = filled(5)
    before = cache.append(0, torch.zeros(1, 2, 1, 4), torch.zeros(1, 2, 1, 4))[0].data_ptr()
    cache.advance(1)
    assert cache.append(0, torch.zeros(1, 2, 1, 4), torch.zeros(1, 2, 1, 4))[0].data_ptr() == before


def test_growing_keeps_the_contents_and_at_least_doubles():
    cache = filled(GRANULE_TOKENS)
    keys, _ = peek(cache)
    assert keys == [*range(GRANULE_TOKENS), 99]
    assert cache.capacity == 2 * GRANULE_TOKENS


def test_what_was_appended_but_not_committed_is_overwritten():
    cache = filled(3)
    cache.append(0, torch.full((1, 2, 2, 4), 7.0), torch.full((1, 2, 2, 4), 7.0))
    assert peek(cache)[0] == [0, 1, 2, 99]


def test_a_part_of_what_was_appended_can_be_committed():
    cache = filled(3)
    cache.append(0, torch.full((1, 2, 2, 4), 7.0), torch.full((1, 2, 2, 4), 7.0))
    cache.advance(1)
    assert peek(cache)[0] == [0, 1, 2, 7, 99]


def test_a_fork_is_independent_of_its_origin():
    origin = filled(8)
    fork = origin.fork(4)
    peek(fork)
    fork.advance(1)
    assert peek(origin)[0] == [*range(8), 99]
    assert peek(fork)[0] == [0, 1, 2, 3, 99, 99]


def test_bytes_and_capacity_count_every_layer():
    cache = filled(1, layers=3, reserve_tokens=1000)
    assert cache.capacity == 1024
    assert cache.nbytes == 3 * 2 * 2 * 1024 * 4 * 4
    assert KVCache().nbytes == KVCache().capacity == 0


def test_running_out_of_memory_between_two_buffers_leaves_a_cache_that_grows_at_the_next_try(monkeypatch):
    cache = filled(GRANULE_TOKENS, layers=1)
    real, calls = kv_cache._buffer, []

    def second_fails(like, capacity):
        calls.append(capacity)
        if len(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(like, capacity)

    monkeypatch.setattr(kv_cache, "_buffer", second_fails)
    with pytest.raises(torch.OutOfMemoryError):
        peek(cache)
    keys, values = peek(cache)
    assert keys == [*range(GRANULE_TOKENS), 99]
    assert values == [*(-token for token in range(GRANULE_TOKENS)), -99]


def test_a_cache_never_grows_far_beyond_what_its_row_may_reach():
    cache = filled(10 * GRANULE_TOKENS)
    cache.most_tokens = 10 * GRANULE_TOKENS + 5
    peek(cache)
    assert cache.capacity == 11 * GRANULE_TOKENS


def test_a_trimmed_cache_holds_its_tokens_alone_and_goes_on_like_any_other():
    cache = filled(70, layers=3, reserve_tokens=1000)
    cache.trim()
    assert (cache.capacity, cache.nbytes) == (70, 3 * 2 * 2 * 70 * 4 * 4)
    cache.reserve(600)
    keys, values = peek(cache)
    assert keys == [*range(70), 99]
    assert values == [*(-token for token in range(70)), -99]
    assert cache.capacity == 3 * GRANULE_TOKENS


def test_a_cache_that_is_nearly_full_is_not_copied_to_be_kept():
    cache = filled(250)
    before = cache.view(0, 250)[0].data_ptr()
    cache.trim()
    assert cache.view(0, 250)[0].data_ptr() == before


CAPACITY = 256


def filled_with(tokens, value):
    cache = KVCache(reserve_tokens=512)
    for layer in range(2):
        cache.append(layer, torch.full((1, 3, tokens, 4), value))
    cache.advance(tokens)
    return cache


def step(caches, value):
    """Write one more entry for every cache to both layers; return the group and the first layer's buffer."""
    group = CacheGroup.of(caches, capacity=CAPACITY)
    lengths = torch.tensor([cache.length for cache in caches])
    entries = torch.full((len(caches), 3, 4), value)
    buffer = group.append(0, caches, lengths, entries)
    group.append(1, caches, lengths, entries)
    for cache in caches:
        cache.advance(1)
    return group, buffer


def values(cache, layer=0):
    return cache.view(layer, cache.length)[0][0, 2, :, 3].tolist()


def test_members_keep_their_entries_and_get_one_more_each():
    caches = (filled_with(3, 1.0), filled_with(5, 2.0))
    _, buffer = step(caches, 9.0)
    assert buffer.shape == (2, 3, CAPACITY, 4)
    assert torch.isfinite(buffer).all()
    for layer in range(2):
        assert values(caches[0], layer) == [1.0] * 3 + [9.0]
        assert values(caches[1], layer) == [2.0] * 5 + [9.0]
    assert buffer[1, 2, :6, 3].tolist() == values(caches[1])


def test_nothing_moves_while_the_members_stay():
    caches = (filled_with(3, 1.0), filled_with(5, 2.0))
    group, buffer = step(caches, 9.0)
    again, same = step(caches, 8.0)
    assert again is group
    assert same.data_ptr() == buffer.data_ptr()
    assert values(caches[0]) == [1.0] * 3 + [9.0, 8.0]


def test_whoever_comes_or_goes_makes_a_new_group_and_leaves_the_old_as_it_was():
    first, second, third = caches = [filled_with(tokens, float(tokens)) for tokens in (3, 4, 5)]
    group, _ = step(caches[:2], 9.0)
    assert step(caches, 8.0)[0] is not group
    second.detach()
    step([first, third], 7.0)
    assert values(first) == [3.0] * 3 + [9.0, 8.0, 7.0]
    assert values(second) == [4.0] * 4 + [9.0, 8.0]
    assert values(third) == [5.0] * 5 + [8.0, 7.0]


def test_the_order_of_the_members_counts():
    caches = (filled_with(3, 1.0), filled_with(5, 2.0))
    group, _ = step(caches, 9.0)
    assert step(caches[::-1], 8.0)[0] is not group
    assert values(caches[0]) == [1.0] * 3 + [9.0, 8.0]


def test_a_cache_that_is_detached_holds_its_own_part_alone():
    caches = (filled_with(3, 1.0), filled_with(5, 2.0))
    group, _ = step(caches, 9.0)
    cache = caches[0]
    cache.detach()
    (buffer,) = cache.view(0, 4)
    assert buffer.untyped_storage().nbytes() == cache.nbytes // 2
    assert values(cache) == [1.0] * 3 + [9.0]
    assert step(caches, 8.0)[0] is not group


def test_a_member_that_outgrows_the_group_leaves_it():
    caches = (filled_with(3, 1.0), filled_with(CAPACITY - 1, 2.0))
    group, _ = step(caches, 9.0)
    for layer in range(2):
        caches[1].append(layer, torch.full((1, 3, 1, 4), 8.0))
    caches[1].advance(1)
    assert caches[1].slot is None
    assert values(caches[1]) == [2.0] * (CAPACITY - 1) + [9.0, 8.0]
    assert CacheGroup.of(caches, capacity=CAPACITY) is not group


def test_a_member_without_entries_takes_its_first():
    caches = (KVCache(), filled_with(5, 2.0))
    step(caches, 9.0)
    assert values(caches[0]) == [9.0]


def test_a_member_that_is_trimmed_leaves_with_its_tokens_alone():
    caches = (filled_with(3, 1.0), filled_with(CAPACITY - 1, 2.0))
    step(caches, 9.0)
    for cache, tokens in zip(caches, (4, CAPACITY), strict=True):
        cache.trim()
        assert cache.slot is None
        assert cache.capacity == tokens
        assert cache.view(0, tokens)[0].untyped_storage().nbytes() == cache.nbytes // 2
    assert values(caches[0]) == [1.0] * 3 + [9.0]
