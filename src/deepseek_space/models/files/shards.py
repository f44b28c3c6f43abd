"""The tensors of a checkpoint's files, read one at a time, only when the model asks for them.

Three things are put right on the way: published names of routed experts become those of the model, FP8 blocks become
plain numbers, and every byte is counted, so that progress shows and a stop is heard. What is no number is refused by
its name. Knows nothing of models' classes. A ``LazyTensor`` is what transformers expects of an open file: indexing it
reads it.
"""

import pickle
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from deepseek_space.errors import Cancelled, Corrupt, NotACheckpoint
from deepseek_space.events import Loading
from deepseek_space.models.files.pickle_header import is_zip
from deepseek_space.models.files.quantisation import FP8_BLOCK, FP8_SCALE
from deepseek_space.models.shape.tensors import layer_of

# Published: one matrix per expert. Fused: transformers' parameters. Split: SplitExperts' layers.
ExpertNames = Literal["fused", "split"]
_EXPERT = re.compile(r"^(?P<experts>.*\.mlp\.experts)\.(?P<index>\d+)\.(?P<part>gate|up|down)_proj\.weight$")


@dataclass(kw_only=True)
class Reading:
    """Counts the bytes read by several threads and hears a stop. ``progress`` gets at most 200 reports."""

    stage: str
    total_bytes: int
    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]
    _done_bytes: int = 0
    _reported: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, size_bytes: int) -> None:
        """Add ``size_bytes``. Raises Cancelled when somebody has stopped the load."""
        if self.cancelled():
            raise Cancelled("{stage} was stopped.", stage=self.stage)
        with self._lock:
            self._done_bytes = min(self._done_bytes + size_bytes, self.total_bytes)
            step = 200 * self._done_bytes // max(self.total_bytes, 1)
            if step > self._reported:
                self._reported = step
                self.progress(Loading(stage=self.stage, done=self._done_bytes, total=self.total_bytes))

    def finish(self) -> None:
        """Report all bytes as done: those that the model does not use are never read."""
        self.progress(Loading(stage=self.stage, done=self.total_bytes, total=self.total_bytes))


@dataclass(frozen=True, kw_only=True)
class LazyTensor:
    """A tensor that is read when it is indexed, whatever the index: only ``[...]`` is meant."""

    read: Callable[[], Tensor]

    def __getitem__(self, index: Any) -> Tensor:
        return self.read()


def open_tensors(
    files: tuple[Path, ...], reading: Reading, *, dtype: torch.dtype = torch.bfloat16
) -> dict[str, LazyTensor]:
    """Return every stored tensor by its published name; FP8 weights are given as plain numbers of ``dtype``.

    Raises Corrupt for a file that is cut short, has a false header, or holds more than tensors.
    """
    stored: dict[str, Any] = {}
    for file in files:
        stored |= _open_file(file)
    names = [name for name in stored if not name.endswith(FP8_SCALE)]
    return {name: LazyTensor(read=_reader(name, stored, reading, dtype)) for name in names}


def _open_file(file: Path) -> Mapping[str, Any]:
    try:
        if file.suffix == ".safetensors":
            # Read, not mapped: pages of a mapped file stay in memory beside the copy that is made of them, and a
            # file that is changed under a running model would end the process.
            handle = safe_open(file, framework="pt", backend="pread")
            return {name: handle.get_slice(name) for name in handle.keys()}  # noqa: SIM118 - not a mapping
        # The form before torch 1.6 cannot be mapped: it is read whole.
        return torch.load(file, map_location="cpu", weights_only=True, mmap=is_zip(file))
    except SafetensorError as error:
        raise Corrupt(
            "{file} is not a whole safetensors file ({error}); fetch it again.", file=file, error=error
        ) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise Corrupt(
            "{file} cannot be read as tensors alone and was not opened further; fetch it again, or take "
            "a copy in safetensors.",
            file=file,
        ) from error


def _reader(name: str, stored: Mapping[str, Any], reading: Reading, dtype: torch.dtype) -> Callable[[], Tensor]:
    def read() -> Tensor:
        try:
            tensor = stored[name][...]
            scale = stored[name + FP8_SCALE][...] if name + FP8_SCALE in stored else None
        except SafetensorError as error:
            raise Corrupt(
                "{name} cannot be read from its file ({error}); fetch the file again.", name=name, error=error
            ) from error
        reading.count(tensor.nbytes)
        if scale is None and tensor.dtype == torch.float8_e4m3fn:
            raise NotACheckpoint("{name} is stored in FP8 without its scale; take the original checkpoint.", name=name)
        return checked(name, tensor if scale is None else dequantise_fp8(tensor, scale, dtype))

    return read


def checked(name: str, tensor: Tensor) -> Tensor:
    """Return ``tensor``. Raises Corrupt if something in it is no finite number: it would spoil every answer."""
    # Least and most carry a NaN on, and need no second tensor.
    if tensor.is_floating_point() and tensor.numel() and not torch.stack(tensor.aminmax()).isfinite().all():
        raise Corrupt(
            "{name} holds values that are no finite numbers (NaN or infinity), so the model cannot "
            "answer. Take another copy of the checkpoint.",
            name=name,
        )
    return tensor


def dequantise_fp8(weight: Tensor, inverse_scale: Tensor, dtype: torch.dtype = torch.bfloat16) -> Tensor:
    """Return ``weight`` (rows, columns) in ``dtype``: each block of 128×128 times its ``inverse_scale``."""
    rows, columns = weight.shape
    by_column = inverse_scale.float().repeat_interleave(FP8_BLOCK, dim=1)[:, :columns]
    plain = torch.empty(weight.shape, dtype=dtype)
    for block, scale in enumerate(by_column):
        part = slice(block * FP8_BLOCK, min((block + 1) * FP8_BLOCK, rows))
        plain[part] = weight[part].float() * scale
    return plain


def for_model(
    tensors: Mapping[str, LazyTensor], *, layers: int, experts: ExpertNames, dtype: torch.dtype
) -> dict[str, LazyTensor]:
    """Return ``tensors`` under the names that the model uses.

    Draft layers (from number ``layers`` on) are left out. Fused experts are filled one expert at a time.
    """
    named: dict[str, LazyTensor] = {}
    groups: dict[str, dict[int, dict[str, LazyTensor]]] = {}
    for name, tensor in tensors.items():
        layer, expert = layer_of(name), _EXPERT.match(name)
        if layer is not None and layer >= layers:
            continue
        if expert:
            parts = groups.setdefault(expert["experts"], {}).setdefault(int(expert["index"]), {})
            parts[expert["part"]] = tensor
        else:
            named[name] = tensor
    for prefix, group in groups.items():
        named |= dict(_experts_of_layer(prefix, group, experts, dtype))
    return named


def _experts_of_layer(
    prefix: str, group: Mapping[int, Mapping[str, LazyTensor]], experts: ExpertNames, dtype: torch.dtype
) -> Iterator[tuple[str, LazyTensor]]:
    if sorted(group) != list(range(len(group))) or any(len(parts) != 3 for parts in group.values()):
        raise NotACheckpoint("{prefix} lacks some of its experts' weights; fetch the checkpoint again.", prefix=prefix)
    ordered = [group[index] for index in range(len(group))]
    if experts == "fused":
        gate_up = [(parts["gate"], parts["up"]) for parts in ordered]
        yield f"{prefix}.gate_up_proj", LazyTensor(read=lambda: _stack(gate_up, dtype))
        yield f"{prefix}.down_proj", LazyTensor(read=lambda: _stack([(parts["down"],) for parts in ordered], dtype))
        return
    for index, parts in enumerate(ordered):
        yield f"{prefix}.gate_up.{index}.weight", LazyTensor(read=_concatenation(parts["gate"], parts["up"]))
        yield f"{prefix}.down.{index}.weight", parts["down"]


def _concatenation(*parts: LazyTensor) -> Callable[[], Tensor]:
    return lambda: torch.cat([part[...] for part in parts])


def _stack(experts: list[tuple[LazyTensor, ...]], dtype: torch.dtype) -> Tensor:
    stack: Tensor | None = None
    for index, parts in enumerate(experts):
        row = 0
        for part in parts:
            matrix = part[...]
            if stack is None:
                stack = torch.empty(len(experts), len(parts) * matrix.shape[0], matrix.shape[1], dtype=dtype)
            stack[index, row : row + matrix.shape[0]] = matrix
            row += matrix.shape[0]
    return stack
