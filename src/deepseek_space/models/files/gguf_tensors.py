"""The tensors of a GGUF file as plain numbers, read one at a time, under their published names.

llama.cpp stores Llama's queries and keys with the halves of each head interleaved; here they are put back.
"""

from collections.abc import Callable

import numpy as np
import torch
from gguf import quants
from torch import Tensor

from deepseek_space.errors import Corrupt
from deepseek_space.models.files.gguf_checkpoint import Gguf
from deepseek_space.models.files.gguf_header import GgufTensor
from deepseek_space.models.files.shards import LazyTensor, Reading, checked

# Weights that are unpacked at once: few enough to stay near the core, and few bytes beside the tensor they become.
STEP_ELEMENTS = 2**20


def open_gguf_tensors(gguf: Gguf, reading: Reading, *, dtype: torch.dtype) -> dict[str, LazyTensor]:
    """Return every tensor of ``gguf`` by its published name, in ``dtype`` when it is read."""
    return {
        name: LazyTensor(read=_reader(name, tensor, reading, dtype, heads=_interleaved_heads(gguf, name)))
        for name, tensor in gguf.published.items()
    }


def _interleaved_heads(gguf: Gguf, name: str) -> int:
    """Return how many heads of ``name`` are interleaved; 0 for all that is stored as it was published."""
    if gguf.kind != "llama":
        return 0
    heads = gguf.value("attention.head_count")
    if ".q_proj." in name:
        return heads
    return gguf.value("attention.head_count_kv", heads) if ".k_proj." in name else 0


def _reader(name: str, tensor: GgufTensor, reading: Reading, dtype: torch.dtype, *, heads: int) -> Callable[[], Tensor]:
    def read() -> Tensor:
        plain = _unpacked(name, tensor, reading, dtype)
        if heads:
            plain = plain.view(heads, -1, 2, *plain.shape[1:]).transpose(1, 2).reshape(plain.shape)
        return checked(name, plain)

    return read


def _unpacked(name: str, tensor: GgufTensor, reading: Reading, dtype: torch.dtype) -> Tensor:
    *outer, columns = tensor.shape
    rows = int(np.prod(outer, dtype=np.int64))
    plain = torch.empty(rows, columns, dtype=dtype)
    row_bytes = tensor.size_bytes // max(rows, 1)
    step = max(1, STEP_ELEMENTS // max(columns, 1))
    with tensor.path.open("rb") as file:
        file.seek(tensor.start)
        for start in range(0, rows, step):
            part = plain[start : start + step]
            packed = np.fromfile(file, dtype=np.uint8, count=len(part) * row_bytes)
            if len(packed) < len(part) * row_bytes:
                raise Corrupt("{name} is cut short in {path}; fetch the file again.", name=name, path=tensor.path)
            reading.count(len(packed))
            part.copy_(torch.from_numpy(quants.dequantize(packed.reshape(len(part), row_bytes), tensor.kind)))
    return plain.view(tensor.shape)
