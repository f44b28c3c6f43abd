"""What the machine has: container limits from files, the rest from the machine itself."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from huggingface_hub import constants

from deepseek_space.models.fit import hardware
from deepseek_space.models.fit.hardware import (
    ContainerLimits,
    Gpu,
    Hardware,
    container_limits,
    cpu_features,
    detect,
    disk_free_bytes,
    usable_cores,
    within_limits,
)

GIB = 2**30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def test_no_control_group_is_no_limit(tmp_path: Path):
    assert container_limits(tmp_path) == ContainerLimits()


def test_version_2_limits_of_a_small_space(tmp_path: Path):
    root = write(
        tmp_path,
        {
            "sys/fs/cgroup/memory.max": str(16 * GIB),
            "sys/fs/cgroup/memory.current": str(6 * GIB),
            "sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {4 * GIB}",
            "sys/fs/cgroup/cpu.max": "200000 100000",
        },
    )
    assert container_limits(root) == ContainerLimits(memory_bytes=16 * GIB, memory_used_bytes=2 * GIB, cpus=2.0)


def test_version_2_without_a_limit_says_max(tmp_path: Path):
    root = write(tmp_path, {"sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/cpu.max": "max 100000"})
    assert container_limits(root) == ContainerLimits()


def test_the_tightest_group_on_the_way_up_counts(tmp_path: Path):
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user.slice/job.scope",
            "sys/fs/cgroup/user.slice/job.scope/memory.max": str(32 * GIB),
            "sys/fs/cgroup/user.slice/memory.max": str(8 * GIB),
            "sys/fs/cgroup/user.slice/memory.current": str(GIB),
            "sys/fs/cgroup/user.slice/job.scope/cpu.max": "150000 100000",
        },
    )
    assert container_limits(root) == ContainerLimits(memory_bytes=8 * GIB, memory_used_bytes=GIB, cpus=1.5)


def test_version_1_limits(tmp_path: Path):
    root = write(
        tmp_path,
        {
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(4 * GIB),
            "sys/fs/cgroup/memory/memory.usage_in_bytes": str(3 * GIB),
            "sys/fs/cgroup/memory/memory.stat": f"total_inactive_file {GIB}",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
    )
    assert container_limits(root) == ContainerLimits(memory_bytes=4 * GIB, memory_used_bytes=2 * GIB, cpus=1.0)


def test_version_1_without_a_cpu_quota_says_minus_one(tmp_path: Path):
    write(tmp_path, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"})
    assert container_limits(tmp_path).cpus is None


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [
        (None, 0, (64, 40)),
        (2**63, 0, (64, 40)),  # version 1 writes a huge number for "no limit"
        (16, 4, (16, 12)),
        (16, 20, (16, 0)),
        (60, 0, (60, 40)),
    ],
)
def test_memory_is_the_lesser_of_host_and_container(limit: int | None, used: int, expected: tuple[int, int]):
    limits = ContainerLimits(memory_bytes=limit, memory_used_bytes=used)
    assert within_limits(limits, total_bytes=64, free_bytes=40) == expected


@pytest.mark.parametrize(("scheduled", "quota", "expected"), [(8, None, 8), (8, 2.0, 2), (8, 1.5, 2), (1, 0.1, 1)])
def test_cores_respect_the_quota(scheduled: int, quota: float | None, expected: int):
    assert usable_cores(scheduled, quota) == expected


def test_cpu_features_are_those_that_matter(tmp_path: Path):
    write(tmp_path, {"cpuinfo": "processor : 0\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni\nbugs : none"})
    assert cpu_features(tmp_path / "cpuinfo") == {"avx2", "avx512f", "avx512_vnni"}
    assert cpu_features(tmp_path / "absent") == frozenset()


def test_arm_lists_its_features_under_another_name(tmp_path: Path):
    write(tmp_path, {"cpuinfo": "Features : fp asimd asimddp i8mm"})
    assert cpu_features(tmp_path / "cpuinfo", machine="aarch64") == {"arm", "asimddp", "i8mm"}
    assert cpu_features(tmp_path / "absent", machine="arm64") == {"arm"}  # Apple's and Windows' tell nothing more


def test_free_disk_of_a_folder_that_is_not_made_yet(tmp_path: Path):
    assert disk_free_bytes(tmp_path / "not" / "yet") == pytest.approx(disk_free_bytes(tmp_path), rel=0.01)


def test_gpus_have_torch_names_and_add_up():
    cards = tuple(Gpu(kind="cuda", index=i, name="A", total_bytes=24, free_bytes=20) for i in range(2))
    machine = Hardware(cores=1, ram_total_bytes=1, ram_free_bytes=1, disk_free_bytes=1, gpus=cards)
    assert [gpu.device for gpu in cards] == ["cuda:0", "cuda:1"]
    assert machine.gpu_free_bytes == 40


def test_this_machine(tmp_path: Path):
    machine = detect(tmp_path)
    assert 1 <= machine.cores <= psutil.cpu_count()
    assert 0 < machine.ram_free_bytes <= machine.ram_total_bytes <= psutil.virtual_memory().total
    assert machine.disk_free_bytes > 0


def test_room_for_checkpoints_is_that_of_the_hub_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    free = {tmp_path / "own": 10, tmp_path / "hub": 20}
    monkeypatch.setattr(hardware, "disk_free_bytes", free.__getitem__)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    machine = detect(tmp_path / "own")
    assert (machine.disk_free_bytes, machine.fetch_free_bytes) == (10, 20)
    assert replace(machine, hub_disk_free_bytes=None).fetch_free_bytes == 10
