"""What a Hugging Face Space finds on its hardware: the platform's published table, as this app's own value.

Free memory and disk are a little less than the whole, as they are in a container that has just been started.
"""

from deepseek_space.models.fit.hardware import Gpu, Hardware, lent

GIB = 2**30


def _card(name: str, gigabytes: float, capability: tuple[int, int]) -> Gpu:
    total = int(gigabytes * 1e9)
    return Gpu(kind="cuda", index=0, name=name, total_bytes=total, free_bytes=total - GIB // 2, capability=capability)


def _space(cores: int, ram: int, disk: int, *gpus: Gpu) -> Hardware:
    return Hardware(
        cores=cores,
        ram_total_bytes=ram * GIB,
        ram_free_bytes=ram * GIB - GIB,
        disk_free_bytes=int(disk * 0.9e9),
        gpus=gpus,
        cpu_features=frozenset({"avx2", "avx512f", "avx512_vnni"}),
    )


_T4, _L4 = _card("Tesla T4", 15.8, (7, 5)), _card("NVIDIA L4", 23.6, (8, 9))
_A10G, _L40S = _card("NVIDIA A10G", 23.7, (8, 6)), _card("NVIDIA L40S", 47.6, (8, 9))
_A100 = _card("NVIDIA A100-SXM4-80GB", 85.0, (8, 0))
_BLACKWELL = _card("NVIDIA RTX PRO 6000 Blackwell Server Edition", 101.97, (12, 0))
_ZERO = _space(8, 64, 50, _BLACKWELL)  # cores, memory and disk are not published

HARDWARE = {
    "cpu-basic": _space(2, 16, 50),
    "cpu-upgrade": _space(8, 32, 50),
    "t4-small": _space(4, 15, 50, _T4),
    "t4-medium": _space(8, 30, 100, _T4),
    "l4x1": _space(8, 30, 400, _L4),
    "a10g-small": _space(4, 15, 110, _A10G),
    "a10g-large": _space(12, 46, 200, _A10G),
    "l40sx1": _space(8, 62, 380, _L40S),
    "a100-large": _space(12, 142, 1000, _A100),
    "zero-a10g": lent(_ZERO, _BLACKWELL.total_bytes // 2),  # the platform's name for ZeroGPU to this day
    "zero-a10g xlarge": lent(_ZERO, _BLACKWELL.total_bytes),
}
