"""A list to pick from: ready-made entries and the reader's own, which the browser keeps.

Knows nothing of what is kept under a name. What a browser hands back may be anything and is checked by who reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.errors import RequestError
from deepseek_space.ui.parts.wiring import Updates
from deepseek_space.ui.words.language import say

MOST_KEPT = 50
MOST_NAME_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True)
class NamedChoices:
    """The list and the two buttons beside it. ``ready_made`` are the names that cannot be taken."""

    picker: gr.Dropdown
    save: gr.Button
    delete: gr.Button
    kept: gr.BrowserState
    ready_made: tuple[str, ...]

    @property
    def inputs(self) -> list[Component]:
        """What the methods read."""
        return [self.picker, self.kept]

    @property
    def outputs(self) -> list[Component]:
        """What the methods change."""
        return [self.picker, self.delete, self.kept]

    def own(self, values: Mapping[Component, Any]) -> dict[str, Any]:
        """Return what the browser keeps, by name."""
        kept = values[self.kept]
        if not isinstance(kept, dict):
            return {}
        return {name: record for name, record in kept.items() if self._is_name(name)}

    def picked(self, values: Mapping[Component, Any]) -> str:
        """Return the name in the list, picked or written."""
        return str(values[self.picker] or "").strip()

    def show(self, own: Mapping[str, Any], name: str = "") -> Updates:
        """Return the updates that show the list with ``name`` picked."""
        choices = [*((say(ready), ready) for ready in self.ready_made), *((each, each) for each in own)]
        return {
            self.picker: gr.Dropdown(choices=choices, value=name or None),
            self.delete: gr.Button(interactive=name in own),
        }

    def save_entry(self, values: Mapping[Component, Any], record: object) -> Updates:
        """Return the updates that keep ``record`` under the name that is written; raises RequestError without one."""
        name, own = self.picked(values), self.own(values)
        if not self._is_name(name):
            most = MOST_NAME_CHARACTERS
            raise RequestError("Write a name of your own into the list first, of at most {most} letters.", most=most)
        if name not in own and len(own) >= MOST_KEPT:
            raise RequestError("{count} are kept already. Delete one first.", count=MOST_KEPT)
        own[name] = record
        return {self.kept: own, **self.show(own, name)}

    def forget(self, values: Mapping[Component, Any]) -> Updates:
        """Return the updates that delete what is kept under the name that is picked."""
        own = self.own(values)
        own.pop(self.picked(values), None)
        return {self.kept: own, **self.show(own)}

    def _is_name(self, name: object) -> bool:
        return isinstance(name, str) and 0 < len(name) <= MOST_NAME_CHARACTERS and name not in self.ready_made


def build_named_choices(label: str, ready_made: tuple[str, ...], *, elem_id: str, info: str) -> NamedChoices:
    """Place the list where it is called for; ``elem_id`` names it in the page and in the browser's storage.

    What is ``kept`` is to be rendered by the caller, where the page has it from the start: it is read as it is built.
    """
    with gr.Row(elem_id=f"{elem_id}-row", elem_classes="ds-named", equal_height=False):
        picker = gr.Dropdown(
            list(ready_made),
            value=None,
            label=label,
            info=info,
            allow_custom_value=True,
            elem_id=elem_id,
            scale=1,
            min_width=120,
        )
        save = gr.Button("Save", elem_id=f"{elem_id}-save", size="sm", scale=0, min_width=0)
        delete = gr.Button("Delete", elem_id=f"{elem_id}-delete", size="sm", scale=0, min_width=0, interactive=False)
    kept = gr.BrowserState({}, storage_key=f"deepseek-space-{elem_id}", secret="deepseek-space", render=False)
    return NamedChoices(picker=picker, save=save, delete=delete, kept=kept, ready_made=ready_made)
