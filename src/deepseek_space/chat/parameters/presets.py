"""Ready-made parameters, fitted to the model that answers, and those that a reader has saved. Pure; knows no Gradio."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.types import Request, Sampling, check_number

# By how much the temperature that is recommended for the model is multiplied.
READY_MADE: dict[str, float] = {
    Sentence("Precise"): 0.5,
    Sentence("Balanced"): 1.0,
    Sentence("Creative"): 1.5,
    Sentence("Greedy"): 0.0,
}
USUAL_TEMPERATURE = 0.7  # where greedy decoding is what was published for the model
# DeepSeek's word for R1 and its distills, not for R1-Zero: 0.6, within these bounds, and never greedy.
REASONER_TEMPERATURE = 0.6
REASONER_TEMPERATURES = (0.5, 0.7)


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Parameters under a name; ``thinking_budget`` None is no limit."""

    sampling: Sampling
    thinking_budget: int | None = None


def is_reasoner(status: Status) -> bool:
    """Tell whether a model answers that always thinks."""
    return status.is_deepseek and status.can_think and not status.can_choose_thinking


def keeps_to_temperatures(status: Status) -> bool:
    """Tell whether DeepSeek's word on R1's temperatures is meant for the model that answers."""
    return is_reasoner(status) and status.sampling.temperature == REASONER_TEMPERATURE


def ready_made(name: str, status: Status) -> Preset:
    """Return one of ``READY_MADE`` for the model that answers: what is recommended for it, cooler or warmer."""
    usual = status.sampling.temperature or USUAL_TEMPERATURE
    temperature = usual * READY_MADE[name]
    if keeps_to_temperatures(status) and temperature:
        low, high = REASONER_TEMPERATURES
        temperature = min(max(temperature, low), high)
    top_temperature = Sampling.LIMITS["temperature"][1]
    return Preset(sampling=replace(status.sampling, temperature=round(min(temperature, top_temperature), 2)))


def to_record(preset: Preset) -> dict[str, Any]:
    """Return ``preset`` as values of JSON."""
    sampling = asdict(preset.sampling)
    return {**sampling, "stop": list(preset.sampling.stop), "thinking_budget": preset.thinking_budget}


def from_record(record: object) -> Preset | None:
    """Return the preset that ``to_record`` wrote; None for anything else, whoever wrote it."""
    if not isinstance(record, Mapping):
        return None
    names = {item.name for item in fields(Sampling)}
    given = {name: value for name, value in record.items() if name in names}
    budget = record.get("thinking_budget")
    try:
        if budget is not None:
            check_number("Thinking budget", budget, Request.BUDGET_LIMITS)
        stop = given.pop("stop", ())
        if not isinstance(stop, list | tuple):
            return None
        return Preset(sampling=Sampling(**given, stop=tuple(stop)), thinking_budget=budget)
    except RequestError:
        return None
