"""Where on a machine a model could go: its cards, one by one or together, or its memory. Pure; knows no model."""

from dataclasses import dataclass, replace
from typing import Literal

from deepseek_space.models.fit.footprint import Rule, rule
from deepseek_space.models.fit.hardware import Gpu, Hardware

RESERVE_BYTES = 2**30
"""Memory that stays free for Python, the page, other programs and the peak of reading a file."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a model would go: torch's names of one device or several, the bytes there, and where the rest could lie."""

    devices: tuple[str, ...]
    kind: Literal["cpu", "cuda", "mps"]
    free_bytes: int
    ram_behind_bytes: int = 0
    disk_behind_bytes: int = 0
    capability: tuple[int, int] | None = None
    is_lent: bool = False
    cpu_features: frozenset[str] = frozenset()

    @property
    def device(self) -> str:
        """The names of its devices, as they are shown."""
        return ", ".join(self.devices)

    def rule(self, precision: str) -> Rule:
        """Return what ``precision`` stores in this place."""
        return rule(precision, on_cpu=self.kind == "cpu", cpu_features=self.cpu_features)


def places(hardware: Hardware, device: str = "auto") -> tuple[Place, ...]:
    """Return where a model may go, the best first. Empty if ``device`` names what this machine does not have."""
    ram = max(0, hardware.ram_free_bytes - RESERVE_BYTES)
    disk, features = hardware.disk_free_bytes, hardware.cpu_features
    cpu = Place(devices=("cpu",), kind="cpu", free_bytes=ram, disk_behind_bytes=disk, cpu_features=features)
    if device == "cpu":
        return (cpu,)
    wanted = [gpu for gpu in hardware.gpus if device in ("auto", gpu.kind, gpu.device)]
    cards = [_on(gpu, ram, disk) for gpu in sorted(wanted, key=lambda gpu: -gpu.free_bytes)]
    if len(cards) > 1:
        together = tuple(gpu.device for gpu in wanted)
        free = sum(card.free_bytes for card in cards)
        weakest = min((card.capability for card in cards if card.capability), default=None)
        cards.append(replace(cards[0], devices=together, free_bytes=free, capability=weakest))
    return tuple(cards) if cards or device != "auto" else (cpu,)


def _on(gpu: Gpu, ram: int, disk: int) -> Place:
    # Apple's chips share the machine's memory, and a lent card is filled from it: there is nowhere to offload to.
    has_more = gpu.kind == "cuda" and not gpu.is_lent
    free = min(gpu.free_bytes, ram) if gpu.is_lent else gpu.free_bytes
    return Place(
        devices=(gpu.device,),
        kind=gpu.kind,
        free_bytes=max(0, free - (RESERVE_BYTES if gpu.kind == "mps" else 0)),
        ram_behind_bytes=ram if has_more else 0,
        disk_behind_bytes=disk if has_more else 0,
        capability=gpu.capability,
        is_lent=gpu.is_lent,
    )
