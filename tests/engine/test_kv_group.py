"""Caches side by side: one buffer for all, kept while its members stay, and left without a trace."""

import torch

from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.kv_group import CacheGroup

CAPACITY = 256


def filled(tokens, value):
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
    caches = (filled(3, 1.0), filled(5, 2.0))
    _, buffer = step(caches, 9.0)
    assert buffer.shape == (2, 3, CAPACITY, 4)
    assert torch.isfinite(buffer).all()
    for layer in range(2):
        assert values(caches[0], layer) == [1.0] * 3 + [9.0]
        assert values(caches[1], layer) == [2.0] * 5 + [9.0]
    assert buffer[1, 2, :6, 3].tolist() == values(caches[1])


def test_nothing_moves_while_the_members_stay():
    caches = (filled(3, 1.0), filled(5, 2.0))
    group, buffer = step(caches, 9.0)
    again, same = step(caches, 8.0)
    assert again is group
    assert same.data_ptr() == buffer.data_ptr()
    assert values(caches[0]) == [1.0] * 3 + [9.0, 8.0]


def test_whoever_comes_or_goes_makes_a_new_group_and_leaves_the_old_as_it_was():
    first, second, third = caches = [filled(tokens, float(tokens)) for tokens in (3, 4, 5)]
    group, _ = step(caches[:2], 9.0)
    assert step(caches, 8.0)[0] is not group
    second.settle()
    step([first, third], 7.0)
    assert values(first) == [3.0] * 3 + [9.0, 8.0, 7.0]
    assert values(second) == [4.0] * 4 + [9.0, 8.0]
    assert values(third) == [5.0] * 5 + [8.0, 7.0]


def test_the_order_of_the_members_counts():
    caches = (filled(3, 1.0), filled(5, 2.0))
    group, _ = step(caches, 9.0)
    assert step(caches[::-1], 8.0)[0] is not group
    assert values(caches[0]) == [1.0] * 3 + [9.0, 8.0]


def test_a_cache_that_settles_holds_its_own_part_alone():
    caches = (filled(3, 1.0), filled(5, 2.0))
    group, _ = step(caches, 9.0)
    cache = caches[0]
    cache.settle()
    (buffer,) = cache.view(0, 4)
    assert buffer.untyped_storage().nbytes() == cache.nbytes // 2
    assert values(cache) == [1.0] * 3 + [9.0]
    assert step(caches, 8.0)[0] is not group


def test_a_member_that_outgrows_the_group_leaves_it():
    caches = (filled(3, 1.0), filled(CAPACITY - 1, 2.0))
    group, _ = step(caches, 9.0)
    for layer in range(2):
        caches[1].append(layer, torch.full((1, 3, 1, 4), 8.0))
    caches[1].advance(1)
    assert caches[1].seat is None
    assert values(caches[1]) == [2.0] * (CAPACITY - 1) + [9.0, 8.0]
    assert CacheGroup.of(caches, capacity=CAPACITY) is not group


def test_a_member_without_entries_takes_its_first():
    caches = (KVCache(), filled(5, 2.0))
    step(caches, 9.0)
    assert values(caches[0]) == [9.0]


def test_a_member_that_is_trimmed_leaves_with_its_tokens_alone():
    caches = (filled(3, 1.0), filled(CAPACITY - 1, 2.0))
    step(caches, 9.0)
    for cache, tokens in zip(caches, (4, CAPACITY), strict=True):
        cache.trim()
        assert cache.seat is None
        assert cache.capacity == tokens
        assert cache.view(0, tokens)[0].untyped_storage().nbytes() == cache.nbytes // 2
    assert values(caches[0]) == [1.0] * 3 + [9.0]
