"""Running out of memory is known by what torch says, and nothing else is taken for it; an error is told in a line."""

import pickle

import pytest
import torch

from deepseek_space.errors import PromptTooLong, UnreadableFile, first_line, is_out_of_memory


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
def test_running_out_of_memory_is_known_in_each_of_its_forms(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("out")])
def test_another_fault_is_not_taken_for_it(error):
    assert not is_out_of_memory(error)


@pytest.mark.parametrize(
    ("error", "line"),
    [(ValueError("\nfirst\nsecond"), "first"), (KeyError(), "KeyError"), (OSError(" \n "), "OSError")],
)
def test_an_error_is_told_in_a_line(error, line):
    assert first_line(error) == line


@pytest.mark.parametrize(
    "error",
    [PromptTooLong(prompt_tokens=12, context_tokens=10), UnreadableFile("{name} is damaged.", name="a.pdf")],
)
def test_an_error_is_the_same_in_another_process(error):
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), vars(sent)) == (type(error), str(error), vars(error))
