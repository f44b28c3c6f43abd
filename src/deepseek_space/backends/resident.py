"""The model that is in memory now: how it was made, how it answers, and how its memory is given back.

Imports no torch by itself: the page may ask about a resident that does not exist yet.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepseek_space.models.hardware import Hardware
from deepseek_space.models.memory import LoadPlan
from deepseek_space.models.source import ModelSource
from deepseek_space.types import Loading, Status

if TYPE_CHECKING:
    from deepseek_space.backends.served_model import ServedModel


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How the caller follows a load and stops it."""

    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to load and how: enough to do it again. ``remote_code_commit`` lets the checkpoint run its own Python."""

    source: ModelSource
    plan: LoadPlan
    remote_code_commit: str = ""


@dataclass(kw_only=True)
class Resident:
    """A loaded model behind its engine. ``warnings`` are true sentences about it at this precision."""

    recipe: Recipe
    served: "ServedModel"
    warnings: tuple[str, ...] = ()

    def describe(self, coming: Status) -> Status:
        """Return the status of this model, with what of ``coming`` is on its way or went wrong."""
        loaded, engine, source = self.served.loaded, self.served.driver.engine, self.recipe.source
        return replace(
            coming,
            state="ready",
            model=source.name,
            note=source.note,
            warnings=self.warnings,
            precision=loaded.precision,
            device=loaded.device,
            context_tokens=engine.limits.context_tokens,
            memory_bytes=self.memory_bytes,
            is_deepseek=source.spec is not None,
            can_think=source.spec is not None and source.spec.reasoning == "hybrid",
            sampling=source.sampling,
            active_requests=len(engine.running),
            queued_requests=engine.num_waiting,
            figures=engine.counters.snapshot(cache_bytes=engine.cache_bytes, weight_bytes=loaded.weight_bytes),
        )

    @property
    def memory_bytes(self) -> int:
        """Bytes of weights and caches."""
        return self.served.loaded.weight_bytes + self.served.driver.engine.cache_bytes

    def give_back(self, machine: Hardware) -> Hardware:
        """Return what ``machine`` would have without this model."""
        device = self.served.loaded.device
        if device == "cpu":
            return replace(machine, ram_free_bytes=machine.ram_free_bytes + self.memory_bytes)
        gpus = tuple(
            replace(gpu, free_bytes=gpu.free_bytes + self.memory_bytes) if gpu.device == device else gpu
            for gpu in machine.gpus
        )
        return replace(machine, gpus=gpus)


def free(resident: Resident, *, drain_s: float) -> None:
    """Let answers in flight go on for ``drain_s`` at most, then give the model's memory back to the system."""
    from deepseek_space.models.heap import release

    resident.served.close(drain_s=drain_s)
    # The caller's frame still holds the resident; without this line it would hold the weights too.
    del resident.served
    release()
