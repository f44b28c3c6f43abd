"""What the page's own buttons ask for: one hidden component hears, and sends what the handler needs and no more.

Acts whose handlers need the same are one event of Gradio's. All acts of the page stand in ``ui/acts.py``.

A button anywhere on the page, also inside a message, is ``<button class="ds-act" name="retry" value="…">``: ``name``
is the act and ``value`` what it is about. Gradio's sanitiser lets these attributes through, but neither ``data-*`` nor
``aria-*``. Scripts of the page call ``ask(act, target, text)`` of ``assets/page/server.js``.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.errors import SpaceError
from deepseek_space.ui.parts.sent_text import read_sent_text
from deepseek_space.ui.parts.wiring import Generation, Updates
from deepseek_space.ui.words.language import say

Values = Mapping[Component, Any]

# Gradio takes any name for an event that stands in quotes in the script of its component.
_LISTEN = (
    "const events = {events}; deepseekSpace.connect((asked) => trigger(events[asked.act], asked)); "
    "watch('value', () => deepseekSpace.hear(props.value));"
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a reader wants done: ``target`` is mostly the id of a turn or of a conversation.

    ``number`` names the page's question, for ``PageEvents.reply``. All of it comes from a browser and may be anything.
    """

    name: str
    target: str = ""
    text: str = ""
    number: int = 0


Handler = Callable[[Values, Act], Updates | Iterator[Updates] | None]


class PageEvents:
    """The hidden component, and who does what is asked. Made inside the Blocks; ``wire`` comes after all ``on``."""

    def __init__(self) -> None:
        # In the page though unseen: Gradio runs no script of a component that is not.
        self.component = gr.HTML("", elem_id="page-events", html_template="", js_on_load="", padding=False)
        self._handlers: dict[str, Handler] = {}
        self._inputs: dict[str, frozenset[Component]] = {}
        self._outputs: dict[str, Collection[Component]] = {}

    def on(self, act: str, handler: Handler, inputs: Collection[Component], outputs: Collection[Component]) -> None:
        """Have ``handler`` do ``act``: it gets the values of ``inputs`` and returns or yields updates."""
        assert act not in self._handlers, f"two handlers for {act!r}"
        self._handlers[act], self._inputs[act], self._outputs[act] = handler, frozenset(inputs), outputs

    def reply(self, act: Act, **words: Any) -> Updates:
        """Return the update that answers the script which asked, with an object of these words."""
        return {self.component: {"number": act.number, **words}}

    def dispatch(self, values: Values, event: gr.EventData) -> Iterator[Updates]:
        """Do what is asked; nothing for an act that nobody serves, or that comes without what its handler needs."""
        act = _to_act(event._data)
        is_served = act.name in self._handlers and self._inputs[act.name] <= values.keys()
        handler = self._handlers[act.name] if is_served else None
        try:
            act = _with_text(act, event._data) if handler else act
        except SpaceError as error:
            yield self.reply(act, error=say(error.sentence))
            return
        updates = handler(values, act) if handler else None
        if updates is None or isinstance(updates, dict):
            yield updates or gr.skip()
        else:
            yield from updates

    def wire(self, generation: Generation) -> None:
        """Listen, from now on for all acts that have a handler."""
        groups: dict[frozenset[Component], list[str]] = {}
        for act, inputs in self._inputs.items():
            groups.setdefault(inputs, []).append(act)
        events = {act: f"asked-{number}" for number, acts in enumerate(groups.values()) for act in acts}
        self.component.js_on_load = _LISTEN.replace("{events}", json.dumps(events))
        for inputs, acts in groups.items():
            outputs = dict.fromkeys([self.component, *(part for act in acts for part in self._outputs[act])])
            getattr(self.component, events[acts[0]])(
                self.dispatch,
                set(inputs),
                list(outputs),
                concurrency_limit=generation.concurrency_limit,
                concurrency_id=generation.concurrency_id,
                trigger_mode="multiple",
                show_progress="hidden",
                api_visibility="private",
            )


def _with_text(act: Act, data: object) -> Act:
    """Return the act with the text that was uploaded for it, where one was."""
    path = data.get("file") if isinstance(data, dict) else None
    return replace(act, text=read_sent_text(path, act.target or "text")) if isinstance(path, str) else act


def _to_act(data: object) -> Act:
    asked = data if isinstance(data, dict) else {}
    name, target, text = (str(asked.get(key) or "") for key in ("act", "target", "text"))
    number = asked.get("number")
    return Act(name=name, target=target, text=text, number=number if isinstance(number, int) else 0)
