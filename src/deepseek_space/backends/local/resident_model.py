"""The model in memory now: how it was made, how it answers, how its memory is given back.

Imports no torch by itself: the page may ask about a model that does not exist yet.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Protocol

from deepseek_space.backends.base import estimated_tokens
from deepseek_space.errors import EngineStopped, RequestError
from deepseek_space.events import EventStream, Loading
from deepseek_space.models.fit import cards, hardware
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.source import ModelSource
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request

if TYPE_CHECKING:
    from deepseek_space.backends.local.served_model import ServedModel

# Fields of OpenAI's protocol, beyond those of ``Sampling``, that the engine works.
HONOURS = frozenset(
    {
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "response_format",
        "structured_outputs",
        "json_schema",
        "grammar",
        "regex",
        "ebnf",
    }
)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How the caller follows a load and stops it."""

    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to load and how: enough to do it again."""

    source: ModelSource
    plan: LoadPlan


class Resident(Protocol):
    """A model that answers here, on whichever engine."""

    recipe: Recipe

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> EventStream:
        """Yield the reply's events; see ``LocalBackend.stream``."""
        ...

    def check(self, request: Request | Completion) -> None:
        """Raise what ``stream`` would at once."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is, or a fair estimate."""
        ...

    def describe(self, coming: Status) -> Status:
        """Return the status of this model, with what of ``coming`` is on its way or went wrong."""
        ...

    @property
    def device(self) -> str:
        """Where it runs."""
        ...

    def freed_on(self, machine: Hardware) -> Hardware:
        """Return what ``machine`` would have without this model."""
        ...

    def close(self) -> None:
        """End all streams at once."""
        ...

    def free(self, *, drain_s: float) -> None:
        """Let answers in flight go on for ``drain_s`` at most, then give the model's memory back to the system."""
        ...


@dataclass(kw_only=True)
class ResidentModel:
    """A loaded model behind its engine. ``warnings`` are true sentences about it at this precision."""

    recipe: Recipe
    served: "ServedModel | None"
    warnings: tuple[str, ...] = ()

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> EventStream:
        """Yield the reply's events; see ``ServedModel.stream``."""
        return self._present().stream(request, until_s=until_s)

    def check(self, request: Request | Completion) -> None:
        """Raise what is wrong with ``request``; see ``ServedModel.check``."""
        self._present().check(request)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is; an estimate once the model has been freed, or where it cannot be cut."""
        served = self.served
        try:
            return served.encoder.count(text) if served else estimated_tokens(text)
        except RequestError:
            return estimated_tokens(text)

    def close(self) -> None:
        """End all streams at once, also those that may still end by themselves while it is freed."""
        served = self.served
        if served is not None:
            served.close()

    def _present(self) -> "ServedModel":
        # ``free`` may take it away in another thread at any time.
        if self.served is None:
            raise EngineStopped("The model is being changed. Send the message again.")
        return self.served

    def describe(self, coming: Status) -> Status:
        """Return the status of this model, with what of ``coming`` is on its way or went wrong."""
        served, source = self.served, self.recipe.source
        if served is None:
            return coming
        loaded, driver = served.loaded, served.driver
        return replace(
            coming,
            state="ready",
            error=driver.trouble or coming.error,
            model=source.name,
            note=source.note,
            warnings=self.warnings,
            precision=loaded.precision,
            device=loaded.device,
            context_tokens=driver.limits.context_tokens,
            memory_bytes=loaded.weight_bytes + driver.cache_bytes,
            is_deepseek=source.is_deepseek,
            can_think=served.encoder.can_think,
            can_choose_thinking=served.encoder.can_choose_thinking,
            thinks_by_default=served.encoder.thinks_by_default,
            takes_system_prompt=served.takes_system_prompt,
            can_chat=served.encoder.can_chat,
            can_infill=served.can_infill,
            writes_edits=bool(served.spec and served.spec.writes_edits and served.spec.is_chat),
            reads_tokens=True,
            tool_format=served.encoder.tool_format,
            honours=HONOURS,
            sampling=source.sampling,
            active_requests=driver.num_active,
            queued_requests=driver.num_waiting,
            figures=driver.figures(weight_bytes=loaded.weight_bytes),
        )

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._present().loaded.device

    @property
    def memory_bytes(self) -> int:
        """Bytes of weights and caches; 0 once it has been freed."""
        served = self.served
        return served.loaded.weight_bytes + served.driver.cache_bytes if served else 0

    def freed_on(self, machine: Hardware) -> Hardware:
        """Return what ``machine`` would have without this model, as far as its main device can hold it."""
        return hardware.freed(machine, (self.device,), self.memory_bytes)

    def free(self, *, drain_s: float) -> None:
        """Let answers in flight go on for ``drain_s`` at most, then give the model's memory back to the system.

        A process of its own gives back all by ending; the rest is for a model in this one.
        """
        from deepseek_space.models.heap import release

        if self.served is not None:
            self.served.close(drain_s=drain_s)
        # The caller's frame still holds this object, but nothing may hold the weights.
        self.served = None
        release()
        cards.look_again()
