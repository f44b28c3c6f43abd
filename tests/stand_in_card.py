"""The CPU as the card that ``spaces`` lends, for its real emulation of ZeroGPU where no card is.

Import it before anything that uses torch, as ``spaces`` wants to be. All is real but what needs the driver: the
emulation on the thread that imports, the packing to disk, the fork, the queues, the calls to the platform. In the
worker the packed weights are read back from disk onto the CPU.
"""

from pathlib import Path

import bitsandbytes  # noqa: F401 - it would look for its kernels once there seems to be a card
import torch

# What ``spaces`` takes for granted of torch, and a build for CPUs alone lacks.
torch.version.cuda = torch.version.cuda or "12.8"
torch.cuda.synchronize = lambda *_: None
if not hasattr(torch._C, "_cuda_init"):
    torch._C._cuda_init = None
    torch.cuda._is_in_bad_fork = bool  # asked for in another process, so it needs a name: "no"

import spaces.zero.torch as emulation  # noqa: E402
from spaces.zero.torch import patching  # noqa: E402


def _read(pack: patching.ZeroGPUTensorPack) -> None:
    """Give the tensors of ``pack`` their numbers back, from its file."""
    with Path(pack.path()).open("rb") as file:
        for tensor, size, aligned_size in (*(each for batch in pack.batches for each in batch), *pack.big_tensors):
            flat = torch.frombuffer(bytearray(file.read(aligned_size)), dtype=torch.uint8)[:size].clone()
            plain = torch.empty(0, dtype=tensor.dtype).set_(flat.untyped_storage(), 0, tensor.shape, tensor.stride())
            for fake in pack.fakes[tensor]:
                fake.data = plain


def _move(callback: object = None) -> None:
    for fake, original in patching.cuda_aliases.items():
        if original is not None:  # not packed yet
            fake.data = original
    for pack in patching.tensor_packs:
        _read(pack)


emulation.init = lambda _uuid: None
emulation.move = _move
