"""The parameter controls, shared by all tabs, and their way to a checked Sampling. Knows no backend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.types import Request, Sampling, check_number, shown

BUDGET_LABEL = "Thinking budget"

Values = Mapping[Component, Any]  # what Gradio hands to a function whose inputs are a set


@dataclass(frozen=True, kw_only=True)
class Controls:
    """One component for each field of Sampling, under the same name; ``shown`` holds what they were last filled with.

    What a reader has not changed since follows the model. ``budget`` is the most tokens of thought; what stands under
    a name with ``_advice`` says where a setting does not fit the model.
    """

    temperature: gr.Slider
    temperature_advice: gr.HTML
    top_p: gr.Slider
    top_k: gr.Slider
    min_p: gr.Slider
    repetition_penalty: gr.Slider
    repetition_penalty_advice: gr.HTML
    max_new_tokens: gr.Number
    max_new_tokens_advice: gr.HTML
    budget: gr.Textbox
    seed: gr.Textbox
    stop: gr.Textbox
    shown: gr.State

    @property
    def components(self) -> list[Component]:
        """The components: those of Sampling's fields, in their order, ``budget`` and ``shown``."""
        return [*self.sampling_parts, self.budget, self.shown]

    @property
    def sampling_parts(self) -> list[Component]:
        """The components of Sampling's fields, in their order."""
        return [getattr(self, item.name) for item in fields(Sampling)]

    def sampling(self, values: Values, status: Status) -> Sampling:
        """Return what the reader has chosen, the rest as recommended; raises RequestError for what cannot be used.

        A field that is empty takes the model's own value.
        A page that has only just opened, or whose model another reader has just changed, still shows older values.
        """
        own = dict(zip(self.sampling_parts, shown_values(status.sampling), strict=True))
        written = {part: own[part] if value is None else value for part, value in values.items() if part in own}
        current = {**values, **written, **self.follow(values, status)}
        return to_sampling(**{item.name: current[getattr(self, item.name)] for item in fields(Sampling)})

    def thinking_budget(self, values: Values) -> int | None:
        """Return the most tokens of thought, None for no limit; raises RequestError for what is no such number."""
        text = str(values[self.budget] or "").strip()
        if not text:
            return None
        try:
            budget = int(text)
        except ValueError:
            raise RequestError(
                "{label} is {value}; write a whole number of tokens, or nothing for no limit.",
                label=Sentence(BUDGET_LABEL),
                value=shown(text),
            ) from None
        check_number(BUDGET_LABEL, budget, Request.BUDGET_LIMITS)
        return budget

    def unchanged(self, values: Values) -> tuple[str, ...]:
        """Return the fields of Sampling that the reader has left as they were last filled."""
        parts = zip(fields(Sampling), self.sampling_parts, shown_values(values[self.shown]), strict=True)
        return tuple(item.name for item, part, filled in parts if values[part] == filled)

    def show(self, sampling: Sampling) -> dict[Component, Any]:
        """Return the updates that show ``sampling``."""
        return {**dict(zip(self.sampling_parts, shown_values(sampling), strict=True)), self.shown: sampling}

    def follow(self, values: Values, status: Status) -> dict[Component, Any]:
        """Return the updates that show what a model that is ready recommends, where the reader has changed nothing."""
        old, new = values[self.shown], status.sampling
        if status.state != "ready" or old == new:
            return {}
        trio = zip(self.sampling_parts, shown_values(old), shown_values(new), strict=True)
        return {self.shown: new, **{part: after for part, before, after in trio if values[part] == before != after}}


def build_controls() -> Controls:
    """Place the controls where they are called for."""
    start = Sampling()
    return Controls(
        temperature=_slider(
            "temperature", 0.05, label="Temperature", info="Higher is more varied. 0 always takes the likeliest."
        ),
        temperature_advice=build_advice("temperature"),
        top_p=_slider(
            "top_p", 0.01, label="Top-p", info="Choose among the likeliest tokens that make up this share. 1: all."
        ),
        top_k=_slider("top_k", 1, label="Top-k", info="Choose among this many of the likeliest tokens. 0: all."),
        min_p=_slider(
            "min_p", 0.01, label="Min-p", info="Drop tokens less likely than this share of the likeliest. 0: none."
        ),
        repetition_penalty=_slider(
            "repetition_penalty",
            0.01,
            label="Repetition penalty",
            info="Above 1, words already used become less likely. 1: off.",
        ),
        repetition_penalty_advice=build_advice("repetition-penalty"),
        max_new_tokens=gr.Number(
            start.max_new_tokens,
            label="Maximum new tokens",
            info="Max tokens: the answer ends here at the latest, thoughts included.",
            precision=0,
            elem_id="max-new-tokens",
        ),
        max_new_tokens_advice=build_advice("max-new-tokens"),
        budget=gr.Textbox(
            "",
            label=BUDGET_LABEL,
            info="After so many tokens the thought is closed and the answer begins. Empty: no limit.",
            max_lines=1,
            elem_id="thinking-budget",
            placeholder="no limit",
            visible=False,
        ),
        # An empty gr.Number reads as 0, and every retry would write the same text.
        seed=gr.Textbox(
            "",
            label="Seed",
            info="The same seed gives the same text. Empty: a new one each time.",
            max_lines=1,
            elem_id="seed",
            placeholder="random",
        ),
        stop=gr.Textbox(
            "",
            label="Stop strings",
            info="The answer ends before any of these, one on each line; \\n stands for a line break.",
            lines=2,
            max_lines=6,
            elem_id="stop-strings",
        ),
        shown=gr.State(start),
    )


def build_advice(name: str) -> gr.HTML:
    """Place what says that the setting above does not fit the model."""
    return gr.HTML("", elem_id=f"{name}-advice", elem_classes="ds-advice", padding=False)


def advice_html(sentence: str) -> str:
    """Return the HTML of a piece of advice; nothing for none."""
    return f'<p role="status">{escape(sentence)}</p>' if sentence else ""


def to_sampling(
    *,
    temperature: float | None,
    top_p: float | None,
    top_k: float | None,
    min_p: float | None,
    repetition_penalty: float | None,
    max_new_tokens: float | None,
    seed: str | float | None,
    stop: str | Sequence[str],
) -> Sampling:
    """Return the checked Sampling; ``stop`` is one string per line or a list. Raises RequestError."""
    return Sampling(
        temperature=temperature,
        top_p=top_p,
        top_k=_whole("top_k", top_k),
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        max_new_tokens=_whole("max_new_tokens", max_new_tokens),
        seed=_seed(seed),
        stop=_stop_strings(stop),
    )


def shown_values(sampling: Sampling) -> tuple[Any, ...]:
    """Return what the controls show for ``sampling``, in the order of its fields."""
    stop = "\n".join(text.replace("\n", "\\n").replace("\t", "\\t") for text in sampling.stop)
    text = {"stop": stop, "seed": "" if sampling.seed is None else str(sampling.seed)}
    return tuple(text.get(item.name, getattr(sampling, item.name)) for item in fields(sampling))


def _slider(name: str, step: float, *, label: str, info: str) -> gr.Slider:
    low, high = Sampling.LIMITS[name]
    elem_id = name.replace("_", "-")
    # assets/page/fields.js sees to it that what is written is within the limits: Gradio breaks down where it is not.
    return gr.Slider(low, high, getattr(Sampling(), name), step=step, label=label, info=info, elem_id=elem_id)


def _seed(value: str | float | None) -> int | None:
    if not isinstance(value, str):
        return _whole("seed", value)
    try:
        return int(value) if value.strip() else None
    except ValueError:
        raise RequestError(
            "{label} is {value}; write a whole number, or nothing for a new one each time.",
            label=Sentence(Sampling.LABELS["seed"]),
            value=shown(value),
        ) from None


def _whole(name: str, value: float | None) -> int | None:
    if isinstance(value, float):
        if not value.is_integer():
            label = Sentence(Sampling.LABELS[name])
            raise RequestError("{label} is {value}; it must be a whole number.", label=label, value=shown(value))
        return int(value)
    return value


def _stop_strings(stop: object) -> tuple[str, ...]:
    if isinstance(stop, str):
        return tuple(line.replace("\\n", "\n").replace("\\t", "\t") for line in stop.splitlines() if line.strip())
    if not isinstance(stop, list | tuple):
        raise RequestError(
            "{label}: {value} was given; it must be a list of strings, or one for each line.",
            label=Sentence(Sampling.LABELS["stop"]),
            value=shown(stop),
        )
    return tuple(stop)
