"""How fast models were seen to answer on this machine, and which way of running one is the fastest. Pure.

What was measured here comes before what is shipped: estimates, of which the order of those not measured is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, Protocol, TypeVar

from deepseek_space.sentences import Sentence

Readers = Literal["one", "many"]

MOST_PACES = 200
KEPT_VALUES = 9
"""Of each, the latest: their median is little moved by one answer that was disturbed."""
MOST_CORES = 8
"""More than a few cores wait for the same memory."""
# Measured by benchmarks/precision.py with the shape of R1-Distill-Qwen-1.5B on two cores, for one reader: active
# weights that one core gets through in a second.
_WEIGHTS_PER_CORE_S = {"fp32": 2.4e9, "bf16": 4.7e9, "int8": 6.5e9, "nf4": 3.8e9}
_OTHERS_PER_CORE_S = 3.8e9
# llama.cpp is taken to read as many bytes in a second as int8 does, which has one for each weight.
_BYTES_PER_CORE_S = _WEIGHTS_PER_CORE_S["int8"]


class Way(Protocol):
    """As much of a plan as its pace depends on."""

    @property
    def engine(self) -> str:
        """What computes."""
        ...

    @property
    def precision(self) -> str:
        """At which precision or quantisation."""
        ...

    @property
    def weight_bytes(self) -> int:
        """What its weights take."""
        ...


AnyWay = TypeVar("AnyWay", bound=Way)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What was seen of one model on one engine at one precision: tokens per second, the latest last.

    With ``many`` readers it is what all of them got together.
    """

    model: str
    engine: str
    precision: str
    readers: Readers
    tokens_per_s: tuple[float, ...] = ()

    def is_of(self, model: str, way: Way, readers: Readers) -> bool:
        """Tell whether this is the pace of that ``model`` in that ``way``."""
        return (self.model, self.engine, self.precision, self.readers) == (model, way.engine, way.precision, readers)


@dataclass(frozen=True, kw_only=True)
class Paces:
    """All that was seen on a machine. ``readers`` is for how many a model is chosen there."""

    seen: tuple[Pace, ...] = ()
    readers: Readers = "one"

    def of(self, model: str, way: Way, *, readers: Readers | None = None) -> float | None:
        """Return the tokens per second that were measured, None where none were."""
        readers = readers or self.readers
        return next((median(pace.tokens_per_s) for pace in self.seen if pace.is_of(model, way, readers)), None)

    def told(self, model: str, way: Way) -> Sentence | str:
        """Return the sentence on what was measured; empty where nothing was."""
        pace = self.of(model, way)
        if pace is None:
            return ""
        known = {"rate": f"{pace:.0f}" if pace >= 10 else f"{pace:.1f}", "precision": way.precision}
        if self.readers == "many":
            return Sentence("Measured here: {rate} tokens/s at {precision}, for several readers together.", **known)
        return Sentence("Measured here: {rate} tokens/s at {precision}.", **known)

    def adding(self, model: str, way: Way, readers: Readers, tokens_per_s: float) -> "Paces":
        """Return these with one more value."""
        found = next((pace for pace in self.seen if pace.is_of(model, way, readers)), None)
        pace = found or Pace(model=model, engine=way.engine, precision=way.precision, readers=readers)
        values = (*pace.tokens_per_s, round(tokens_per_s, 2))[-KEPT_VALUES:]
        others = tuple(each for each in self.seen if each is not found)
        return replace(self, seen=(*others, replace(pace, tokens_per_s=values))[-MOST_PACES:])

    def fastest(self, model: str, ways: Sequence[AnyWay], *, params_total: int) -> AnyWay:
        """Return the fastest of the ``ways`` in which ``model`` could run; of equals the first.

        Shipped estimates are scaled by what was measured of this model here, so that a slow machine does not make
        whatever was never tried look fast.
        """
        estimates = [weights_per_core_s(way, params_total) for way in ways]
        measured = [self.of(model, way) for way in ways]
        ratios = [value / estimate for value, estimate in zip(measured, estimates, strict=True) if value]
        scale = median(ratios) if ratios else 1.0
        paces = [value or estimate * scale for value, estimate in zip(measured, estimates, strict=True)]
        return ways[paces.index(max(paces))]


NOTHING_SEEN = Paces()


def weights_per_core_s(way: Way, params_total: int) -> float:
    """Return about how many of a model's active weights one core gets through in a second."""
    if way.engine == "llama.cpp":
        return _BYTES_PER_CORE_S * params_total / way.weight_bytes
    return _WEIGHTS_PER_CORE_S.get(way.precision, _OTHERS_PER_CORE_S)
