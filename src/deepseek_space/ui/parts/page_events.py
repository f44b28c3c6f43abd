"""What the page's own buttons ask for: one hidden component hears, and sends what the handler needs and no more.

Acts whose handlers need the same are one event of Gradio's. All acts of the page stand in ``ui/acts.py``.

A button anywhere on the page, also inside a message, is ``<button class="ds-act" name="retry" value="…">``: ``name``
is the act and ``value`` what it is about. Gradio's sanitiser lets these attributes through, but neither ``data-*`` nor
``aria-*``. Scripts of the page call ``ask(act, target, text)`` of ``assets/page/server.js``.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.errors import SpaceError
from deepseek_space.ui.parts.sent_text import read_sent_text
from deepseek_space.ui.parts.wiring import QUIET, Generation, Updates
from deepseek_space.ui.words.language import say

Values = Mapping[Component, Any]
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as the ids in chat/records/chat_record.py

# Gradio takes any name for an event that stands in quotes in the script of its component.
_LISTEN = (
    "const events = {events}; const drawn = {drawn}; "
    "deepseekSpace.connect((asked) => trigger(events[asked.act], asked), (name) => trigger(name)); "
    "watch('value', () => deepseekSpace.hear(props.value));"
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a reader wants done: ``target`` is mostly the id of a turn or of a conversation.

    ``number`` names the page's question, for ``PageEvents.reply``. ``key`` is what the sender of a message calls it, so
    that one that comes twice is known. All of it comes from a browser and may be anything.
    """

    name: str
    target: str = ""
    text: str = ""
    number: int = 0
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A queue for acts of which only so many may be done at once."""

    name: str
    at_once: int


Handler = Callable[[Values, Act], Updates | Iterator[Updates] | None]


class PageEvents:
    """The hidden component, and who does what is asked. Made inside the Blocks; ``wire`` comes after all ``on``."""

    def __init__(self) -> None:
        # In the page though unseen: Gradio runs no script of a component that is not.
        self.component = gr.HTML("", elem_id="page-events", html_template="", js_on_load="", padding=False)
        self._handlers: dict[str, Handler] = {}
        self._inputs: dict[str, frozenset[Component]] = {}
        self._outputs: dict[str, Collection[Component]] = {}
        self._lanes: dict[str, Lane | None] = {}
        self._drawings: dict[str, tuple[str, Sequence[Component], Sequence[Component]]] = {}

    def on(
        self,
        act: str,
        handler: Handler,
        inputs: Collection[Component],
        outputs: Collection[Component],
        lane: Lane | None = None,
    ) -> None:
        """Have ``handler`` do ``act``: it gets the values of ``inputs`` and returns or yields updates.

        In a ``lane`` of its own it waits for others of that lane alone.
        """
        assert act not in self._handlers, f"two handlers for {act!r}"
        self._handlers[act], self._inputs[act], self._outputs[act] = handler, frozenset(inputs), outputs
        self._lanes[act] = lane

    def draw(self, name: str, js: str, inputs: Sequence[Component], outputs: Sequence[Component]) -> None:
        """Have the page's scripts draw ``outputs`` by ``js``, before the server hears of anything."""
        self._drawings[name] = (js, inputs, outputs)

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
        groups: dict[tuple[frozenset[Component], Lane | None], list[str]] = {}
        for act, inputs in self._inputs.items():
            groups.setdefault((inputs, self._lanes[act]), []).append(act)
        events = {act: f"asked-{number}" for number, acts in enumerate(groups.values()) for act in acts}
        listen = _LISTEN.replace("{events}", json.dumps(events)).replace("{drawn}", json.dumps([*self._drawings]))
        self.component.js_on_load = listen
        for name, (js, drawn_from, drawn) in self._drawings.items():
            event = getattr(self.component, name)
            event(None, list(drawn_from), list(drawn), js=js, **QUIET, trigger_mode="multiple")
        for (inputs, lane), acts in groups.items():
            outputs = dict.fromkeys([self.component, *(part for act in acts for part in self._outputs[act])])
            getattr(self.component, events[acts[0]])(
                self.dispatch,
                set(inputs),
                list(outputs),
                concurrency_limit=lane.at_once if lane else generation.concurrency_limit,
                concurrency_id=lane.name if lane else generation.concurrency_id,
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
    name, target, text, key = (str(asked.get(part) or "") for part in ("act", "target", "text", "key"))
    number = asked.get("number")
    return Act(
        name=name,
        target=target,
        text=text,
        number=number if isinstance(number, int) else 0,
        key=key if _KEY.fullmatch(key) else "",
    )
