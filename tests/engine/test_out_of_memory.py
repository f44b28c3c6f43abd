"""Running out of memory is known by what torch says, and nothing else is taken for it."""

import pytest
import torch

from deepseek_space.engine.out_of_memory import if_memory_allows, is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_it_is_known_in_each_of_its_forms_and_gone_on_from(error):
    assert is_out_of_memory(error)
    with if_memory_allows():
        raise error


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("out")])
def test_another_fault_is_raised(error):
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), if_memory_allows():
        raise error
