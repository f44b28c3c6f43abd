"""What this machine can give to a model: cores, memory, graphics cards, disk.

In a container the limits of its control group count, not the host's size: a small Space on a large host
would otherwise plan with memory that it is killed for using. Knows no model.
"""

import math
import os
import platform
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from huggingface_hub import constants

from deepseek_space.models.fit import cards
from deepseek_space.models.fit.cards import Gpu
from deepseek_space.models.fit.pace import NOTHING_SEEN, Paces
from deepseek_space.models.fit.pace_file import read_paces, this_machine
from deepseek_space.sentences import Sentence

# What decides between precisions: int8 products need VNNI (or its Arm twin), fast bf16 its own instructions.
CPU_FEATURES = frozenset(
    {"avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16"}
)
ARM = "arm"
"""The feature of a CPU that is no x86, whatever else it has: few systems but Linux list those."""


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """A machine, or the share of it that this process may use. ``ram_free_bytes`` counts reclaimable pages as free.

    ``disk_free_bytes`` is on the disk of the app's own cache folder, to which layers may be offloaded,
    ``hub_disk_free_bytes`` on that to which checkpoints are fetched; None: it is the same. ``paces`` is what was
    measured on it.
    """

    cores: int
    ram_total_bytes: int
    ram_free_bytes: int
    disk_free_bytes: int
    hub_disk_free_bytes: int | None = None
    gpus: tuple[Gpu, ...] = ()
    cpu_features: frozenset[str] = frozenset()
    paces: Paces = NOTHING_SEEN

    @property
    def fetch_free_bytes(self) -> int:
        """What can be fetched from the Hub at most."""
        return self.disk_free_bytes if self.hub_disk_free_bytes is None else self.hub_disk_free_bytes

    @property
    def gpu_free_bytes(self) -> int:
        """Free memory of all CUDA cards together, or of the Apple chip."""
        return sum(gpu.free_bytes for gpu in self.gpus)


@dataclass(frozen=True, kw_only=True)
class ContainerLimits:
    """What a control group allows; None is no limit. ``memory_used_bytes`` leaves out reclaimable file pages."""

    memory_bytes: int | None = None
    memory_used_bytes: int = 0
    cpus: float | None = None


def detect(cache_dir: Path) -> Hardware:
    """Return what this process may use now. Where there may be a card torch is asked, in a process of its own.

    That takes seconds, so what it says is kept for a minute; see ``cards.look_again``.
    """
    limits = container_limits(Path("/"))
    total, free = _ram(limits)
    cores = usable_cores(_scheduled_cores(), limits.cpus)
    return Hardware(
        cores=cores,
        ram_total_bytes=total,
        ram_free_bytes=free,
        disk_free_bytes=disk_free_bytes(cache_dir),
        hub_disk_free_bytes=disk_free_bytes(Path(constants.HF_HUB_CACHE)),
        gpus=cards.found(free),
        cpu_features=cpu_features(Path("/proc/cpuinfo"), machine=platform.machine()),
        paces=read_paces(cache_dir, machine=this_machine(cores)),
    )


def count_cores() -> int:
    """Return how many threads of this process can run at once."""
    return usable_cores(_scheduled_cores(), container_limits(Path("/")).cpus)


def check_torch() -> None:
    """Load torch. Raises ImportError, OSError where it cannot be."""
    import torch

    assert torch.__version__


def free_ram_bytes() -> int:
    """Return the memory that this process could still have; takes less than a millisecond."""
    return _ram(container_limits(Path("/")))[1]


def _ram(limits: ContainerLimits) -> tuple[int, int]:
    memory = psutil.virtual_memory()
    return within_limits(limits, total_bytes=memory.total, free_bytes=memory.available)


def freed(machine: Hardware, devices: Collection[str], num_bytes: int) -> Hardware:
    """Return ``machine`` with ``num_bytes`` more of each of ``devices`` free, as far as that can be."""
    if "cpu" in devices:
        return replace(machine, ram_free_bytes=min(machine.ram_total_bytes, machine.ram_free_bytes + num_bytes))
    gpus = tuple(
        replace(gpu, free_bytes=min(gpu.total_bytes, gpu.free_bytes + num_bytes)) if gpu.device in devices else gpu
        for gpu in machine.gpus
    )
    return replace(machine, gpus=gpus)


def lent(machine: Hardware, card_bytes: int) -> Hardware:
    """Return ``machine`` with cards that are lent reply by reply, of which a model can have ``card_bytes``."""
    gpus = tuple(
        replace(
            gpu,
            is_lent=True,
            total_bytes=min(gpu.total_bytes, card_bytes),
            free_bytes=min(gpu.free_bytes, card_bytes),
        )
        for gpu in machine.gpus
    )
    return replace(machine, gpus=gpus)


def within_limits(limits: ContainerLimits, *, total_bytes: int, free_bytes: int) -> tuple[int, int]:
    """Return (total, free) memory in bytes as the container sees it."""
    if limits.memory_bytes is None or limits.memory_bytes >= total_bytes:
        return total_bytes, free_bytes
    left = max(0, limits.memory_bytes - limits.memory_used_bytes)
    return limits.memory_bytes, min(free_bytes, left)


def usable_cores(scheduled: int, quota: float | None) -> int:
    """Return how many threads can run at once; a quota of 1.5 CPUs keeps two threads busy most of the time."""
    return max(1, scheduled if quota is None else min(scheduled, math.ceil(quota)))


def _scheduled_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def disk_free_bytes(folder: Path) -> int:
    """Return the free bytes on the disk where ``folder`` is, or would be once made."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def cpu_features(cpuinfo: Path, *, machine: str = "") -> frozenset[str]:
    """Return those of CPU_FEATURES that Linux lists, and ARM where ``machine`` is one; empty means not known."""
    arm = frozenset({ARM} if machine.lower().startswith(("arm", "aarch64")) else ())
    for line in _text(cpuinfo).splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return arm | (CPU_FEATURES & set(value.split()))
    return arm


def container_limits(root: Path) -> ContainerLimits:
    """Return the tightest limits of this process's control groups, version 2 or 1, below the file system ``root``."""
    memory, used, cpus = None, 0, None
    for folder in _version_2_folders(root):
        limit = _number(folder / "memory.max")
        if limit is not None and (memory is None or limit < memory):
            memory, used = limit, _used(folder, usage="memory.current", inactive="inactive_file")
        cpus = _least(cpus, _ratio(*(_text(folder / "cpu.max").split() or ["max", ""])))
    if memory is None:
        folder = root / "sys/fs/cgroup/memory"
        memory = _number(folder / "memory.limit_in_bytes")
        used = _used(folder, usage="memory.usage_in_bytes", inactive="total_inactive_file")
    if cpus is None:
        folder = root / "sys/fs/cgroup/cpu"
        cpus = _ratio(_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us"))
    return ContainerLimits(memory_bytes=memory, memory_used_bytes=used, cpus=cpus)


def _version_2_folders(root: Path) -> Iterator[Path]:
    # Any ancestor may set a tighter limit; inside a container the path is usually just "/".
    top = root / "sys/fs/cgroup"
    yield top
    for line in _text(root / "proc/self/cgroup").splitlines():
        if line.startswith("0::/") and ".." not in line:
            folder = top / line.removeprefix("0::/")
            while folder != top:
                yield folder
                folder = folder.parent


def _used(folder: Path, *, usage: str, inactive: str) -> int:
    # The kernel drops inactive file pages before it kills anybody; a mapped checkpoint fills them at once.
    lines = (line.split() for line in _text(folder / "memory.stat").splitlines())
    reclaimable = next((int(words[1]) for words in lines if words[:1] == [inactive]), 0)
    return max(0, (_number(folder / usage) or 0) - reclaimable)


def _ratio(quota: str, period: str) -> float | None:
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _least(first: float | None, second: float | None) -> float | None:
    return min((value for value in (first, second) if value is not None), default=None)


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def no_device(device: str) -> str:
    """Return the sentence for a device that this machine does not have."""
    named = {"cuda": "CUDA device", "mps": "Apple GPU"}.get(device, f"device {device}")
    return Sentence("There is no {named} here; use --device auto.", named=named)
