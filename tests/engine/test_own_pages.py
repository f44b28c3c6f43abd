"""A buffer's memory goes back as it goes, whatever lies beside it."""

import psutil
import pytest
import torch

from deepseek_space.engine import own_pages

MIB = 2**20


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("shape", [(1, 2, 3, 4), (2, 3, 256, 64)])
def test_a_buffer_is_zero_of_the_shape_and_type_that_were_asked_for(dtype, shape):
    buffer = own_pages.zeros(*shape, like=torch.ones(1, dtype=dtype))
    assert (buffer.shape, buffer.dtype) == (shape, dtype)
    assert not buffer.any()
    buffer.fill_(3)
    assert torch.equal(own_pages.copied(buffer), torch.full(shape, 3, dtype=dtype))


def test_a_copy_of_a_part_holds_the_part_alone():
    whole = torch.arange(MIB, dtype=torch.float32).view(4, -1)
    part = own_pages.copied(whole[:, 100:200_000])
    assert torch.equal(part, whole[:, 100:200_000])
    assert part.is_contiguous()
    assert part.untyped_storage().nbytes() == part.nbytes


def test_a_view_keeps_its_buffer():
    view = own_pages.zeros(1, 1, MIB, like=torch.ones(1))[:, :, 5:9]
    assert view.tolist() == [[[0, 0, 0, 0]]]


def test_memory_goes_back_though_every_second_buffer_stays():
    process = psutil.Process()
    before = process.memory_info().rss
    buffers = [own_pages.zeros(MIB // 4, like=torch.ones(1)).fill_(1) for _ in range(128)]
    full = process.memory_info().rss - before
    del buffers[::2]
    half = process.memory_info().rss - before
    assert full > 120 * MIB
    assert half < 0.6 * full
