"""This machine as the next model will find it: what is here, and what the model that answers now gives back.

Puts the operator's options to the planning. Loads nothing; torch is imported when the machine is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from deepseek_space.backends.local.options import LocalOptions
from deepseek_space.backends.local.resident_model import Resident
from deepseek_space.errors import NoNetwork
from deepseek_space.models.downloads import room
from deepseek_space.models.fit import hardware
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.status import Choice, Quantisation


@dataclass(frozen=True, kw_only=True)
class Planner:
    """What ``options`` mean here, beside what ``resident`` returns."""

    options: LocalOptions
    resident: Callable[[], Resident | None]

    def machine(self) -> Hardware:
        """Return what is free now; on a Space what was replaced counts as free disk.

        A Space whose model is pinned has it for many readers at once.
        """
        options, machine = self.options, hardware.detect(self.options.cache_dir)
        if options.on_space and options.is_pinned:
            machine = replace(machine, paces=replace(machine.paces, readers="many"))
        if options.on_space:
            disk_bytes = machine.fetch_free_bytes + room.removable_bytes(self._in_use())
            machine = replace(machine, hub_disk_free_bytes=disk_bytes)
        return hardware.lent(machine, options.lent_bytes) if options.lent_bytes else machine

    def choices(self) -> tuple[Choice, ...]:
        """Return what could be loaded, with how it would fit."""
        from deepseek_space.backends.local import planning, vllm_planning

        options = self.options
        listed = vllm_planning.choices if self._is_vllm else planning.choices
        return listed(
            hardware=self._emptied(self.machine()),
            cache_dir=options.cache_dir,
            context_tokens=options.context,
            device=options.device,
        )

    def quantisations(self, model: str) -> tuple[Quantisation, ...]:
        """Return those of a GGUF repository, with how each would fit in place of what answers now.

        None where they could not run, or the Hub cannot be reached and one is named: what is here is judged by itself.
        """
        from deepseek_space.backends.local import gguf_choices, planning

        options, machine = self.options, self.machine()
        source = self.source(model, machine, by_operator=False)
        if self._is_vllm or not planning.runs_llama_cpp(machine, precision="auto", device=options.device):
            return ()
        try:
            return gguf_choices.quantisations(
                source,
                hardware=self._emptied(machine),
                context_tokens=options.context,
                whole=options.on_space,
            )
        except NoNetwork:
            if not source.quantisation:
                raise
            return ()

    def source(self, model: str, machine: Hardware, *, by_operator: bool) -> ModelSource:
        """Return what ``model`` stands for; see ``models.source.resolve``. Only an operator may name paths anywhere."""
        from deepseek_space.backends.local import planning, vllm_planning

        options = self.options
        if model == "auto" and self._is_vllm:
            return vllm_planning.best_on_disk(
                hardware=machine, context_tokens=options.context, device=options.device
            ) or resolve("starter", on_space=False)
        if model == "auto":
            return planning.resolve_auto(
                on_space=options.on_space, hardware=machine, context_tokens=options.context, device=options.device
            )
        return resolve(model, on_space=options.on_space, local_paths=by_operator or options.local_paths)

    def plan(self, source: ModelSource, machine: Hardware, *, precision: str, by_operator: bool) -> LoadPlan:
        """Return how ``source`` would be loaded in place of what answers now; see ``planning.plan_for``.

        On a Space visitors get what fits whole: all of them would wait for what is sent to the card at every token.
        """
        from deepseek_space.backends.local import planning, vllm_planning

        options = self.options
        planned = vllm_planning.plan_for if self._is_vllm else planning.plan_for
        return planned(
            source,
            hardware=self._emptied(machine),
            precision=precision,
            context_tokens=options.context,
            device=options.device,
            whole=options.on_space and not by_operator,
        )

    def make_disk_room(self, source: ModelSource) -> bool:
        """Remove one model that was replaced, for ``source``; tell whether there was one that may go."""
        return self.options.on_space and room.remove_oldest({*_repositories(source), *self._in_use()})

    @property
    def _is_vllm(self) -> bool:
        return self.options.engine == "vllm"

    def _emptied(self, machine: Hardware) -> Hardware:
        resident = self.resident()
        return resident.freed_on(machine) if resident else machine

    def _in_use(self) -> set[str]:
        resident = self.resident()
        return _repositories(resident.recipe.source) if resident else set()


def _repositories(source: ModelSource) -> set[str]:
    return {source.location} if source.kind == "hub" else set()
