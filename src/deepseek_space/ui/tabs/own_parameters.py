"""What one side of Compare sets for itself, over what it takes from the panel or a preset. Knows no backend."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.types import Sampling, check_number


@dataclass(frozen=True, kw_only=True)
class OwnParameters:
    """A field for each of these parameters, under the name that it has in Sampling; an empty one changes nothing."""

    temperature: gr.Textbox
    top_p: gr.Textbox
    max_new_tokens: gr.Textbox
    seed: gr.Textbox

    @property
    def by_name(self) -> dict[str, gr.Textbox]:
        """The fields by the names of their parameters."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def components(self) -> list[Component]:
        """The fields."""
        return [*self.by_name.values()]

    def put_into(self, asked: ReplySettings, values: Mapping[Component, Any]) -> ReplySettings:
        """Return ``asked`` with what is written; raises RequestError for what cannot be used."""
        written = {name: str(values[part] or "").strip() for name, part in self.by_name.items()}
        own = {name: _number(name, text) for name, text in written.items() if text}
        follows = tuple(name for name in asked.follows if name not in own)
        return replace(asked, sampling=replace(asked.sampling, **own), follows=follows)


def _number(name: str, text: str) -> float | int:
    limits = Sampling.LIMITS[name]
    try:
        value = int(text) if all(isinstance(limit, int) for limit in limits) else float(text)
    except ValueError:
        value = text  # told as it was written
    check_number(Sampling.LABELS[name], value, limits)
    return value


def build_own_parameters(side: str) -> OwnParameters:
    """Place the fields where they are called for, folded away; ``side`` begins their ids."""
    with gr.Accordion("Own parameters", open=False, elem_id=f"{side}-own", elem_classes="ds-own"), gr.Row():
        return OwnParameters(
            temperature=_field(side, "temperature"),
            top_p=_field(side, "top_p"),
            max_new_tokens=_field(side, "max_new_tokens"),
            seed=_field(side, "seed"),
        )


def _field(side: str, name: str) -> gr.Textbox:
    return gr.Textbox(
        "",
        label=Sampling.LABELS[name],
        placeholder="as above",
        max_lines=1,
        elem_id=f"{side}-{name.replace('_', '-')}",
        min_width=100,
    )
