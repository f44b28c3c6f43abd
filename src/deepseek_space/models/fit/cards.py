"""The graphics cards of this machine, as torch sees them; a process that has no torch asks another.

Knows no model.
"""

import logging
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from deepseek_space.errors import SpaceError
from deepseek_space.models.fit.aside import done_aside

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One graphics card. ``capability`` is CUDA's (major, minor); Apple's chips have none.

    One that ``is_lent`` is there while a reply is made, and is filled anew for it from the machine's memory.
    """

    kind: Literal["cuda", "mps"]
    index: int
    name: str
    total_bytes: int
    free_bytes: int
    capability: tuple[int, int] | None = None
    is_lent: bool = False

    @property
    def device(self) -> str:
        """The name that torch gives to this card."""
        return f"cuda:{self.index}" if self.kind == "cuda" else "mps"


# Where Linux has none of these there is no card for torch to find, of whichever maker.
_CARD_FILES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd", "/proc/driver/nvidia")


def _may_have_card() -> bool:
    # A torch that is here already has been told of cards by somebody, or costs nothing to ask.
    return "torch" in sys.modules or sys.platform != "linux" or any(map(os.path.exists, _CARD_FILES))


CARDS_KEPT_S = 60.0
_asked: tuple[float, tuple[Gpu, ...]] | None = None


def look_again() -> None:
    """Forget what torch said of the cards' memory: a model has come or gone."""
    global _asked
    _asked = None


def found(ram_free_bytes: int) -> tuple[Gpu, ...]:
    """Return the cards that are here, of a machine with so much memory free."""
    global _asked
    if not _may_have_card():
        return ()
    asked, now_s = _asked, time.monotonic()
    if asked is None or now_s - asked[0] > CARDS_KEPT_S or "torch" in sys.modules:
        asked = _asked = now_s, _asked_of_torch()
    # Apple's chip shares the machine's memory, so it cannot have more free than the machine has.
    return tuple(
        replace(gpu, free_bytes=min(gpu.free_bytes, ram_free_bytes)) if gpu.kind == "mps" else gpu for gpu in asked[1]
    )


def _asked_of_torch() -> tuple[Gpu, ...]:
    try:
        seen = done_aside(__name__, "as_torch_sees_them")
    except SpaceError as error:
        log.warning("torch cannot say which graphics cards there are: %s", error)
        return ()
    return tuple(Gpu(**values | {"capability": tuple(values["capability"] or ()) or None}) for values in seen)


def as_torch_sees_them() -> list[dict[str, object]]:
    """Return the fields of each card as torch sees it, in this process, as plain values. Opens a CUDA context."""
    import torch  # takes seconds

    if torch.cuda.is_available():
        return [asdict(_cuda_gpu(torch.cuda, index)) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        total = torch.mps.recommended_max_memory()
        free = max(0, total - torch.mps.driver_allocated_memory())
        return [asdict(Gpu(kind="mps", index=0, name="Apple GPU", total_bytes=total, free_bytes=free))]
    return []


def _cuda_gpu(cuda: Any, index: int) -> Gpu:
    free, total = cuda.mem_get_info(index)
    properties = cuda.get_device_properties(index)
    return Gpu(
        kind="cuda",
        index=index,
        name=properties.name,
        total_bytes=total,
        free_bytes=free,
        capability=(properties.major, properties.minor),
    )
