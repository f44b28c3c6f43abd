"""What a setting does to the model that answers, said where it is set. Pure; the facts are DeepSeek's own words."""

from collections.abc import Mapping
from typing import Any

from deepseek_space.chat.parameters.presets import REASONER_TEMPERATURES, is_reasoner, keeps_to_temperatures
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status

LEAST_FOR_THOUGHTS = 1024  # thoughts of some hundred tokens are the exception
USUAL_PENALTIES = (0.9, 1.1)


def advice(status: Status, chosen: Mapping[str, Any], system_prompt: str) -> dict[str, str]:
    """Return a sentence for each setting that breaks this model or spoils its answers, by its name; else "".

    ``chosen`` holds what the controls show, which may be anything; ``system_prompt`` stands under its own name.
    """
    if status.state != "ready":
        return dict.fromkeys((*_JUDGES, "system_prompt"), "")
    said = {name: judge(status, chosen[name]) if _is_number(chosen[name]) else "" for name, judge in _JUDGES.items()}
    return {**said, "system_prompt": _system_prompt(status, system_prompt)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _temperature(status: Status, value: float) -> str:
    low, high = REASONER_TEMPERATURES
    if not keeps_to_temperatures(status):
        return ""
    if value == 0:
        return Sentence("Never greedy with this model: it repeats itself without end. DeepSeek recommends 0.6.")
    if not low <= value <= high:
        return Sentence("DeepSeek recommends 0.6 for this model, within {low} to {high}.", low=low, high=high)
    return ""


def _repetition_penalty(_status: Status, value: float) -> str:
    low, high = USUAL_PENALTIES
    if low <= value <= high:
        return ""
    return Sentence("Code has to repeat its words: so far from 1 it comes out broken.")


def _max_new_tokens(status: Status, value: float) -> str:
    if status.context_tokens and value >= status.context_tokens:
        return Sentence(
            "More than the model has room for: {count} tokens, the prompt included.", count=f"{status.context_tokens:,}"
        )
    if is_reasoner(status) and value < LEAST_FOR_THOUGHTS:
        return Sentence("This model thinks first, often for thousands of tokens: the answer may never be reached.")
    return ""


def _system_prompt(status: Status, text: str) -> str:
    if status.takes_system_prompt or not text.strip():
        return ""
    return Sentence("DeepSeek says to use this model without a system prompt. Put the instructions into the message.")


_JUDGES = {
    "temperature": _temperature,
    "repetition_penalty": _repetition_penalty,
    "max_new_tokens": _max_new_tokens,
}
