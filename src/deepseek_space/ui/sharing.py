"""The link that carries a message, a model and parameters: made on the Parameters panel, taken in when a page opens.

A link fills fields. It sends nothing by itself, and loads nothing: it may only offer to.
"""

from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend, ModelHost
from deepseek_space.errors import SpaceError
from deepseek_space.types import Sampling, Status
from deepseek_space.ui.chat_tab import ChatTab
from deepseek_space.ui.controls import Controls, shown_values
from deepseek_space.ui.language import say
from deepseek_space.ui.limits import show_refusal
from deepseek_space.ui.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.share import Shared, from_fragment, to_fragment


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The handlers. ``host`` is None where the model cannot be changed; ``offer`` is where a link suggests one."""

    backend: Backend
    host: ModelHost | None
    tab: ChatTab
    events: PageEvents
    offer: gr.HTML

    def register(self) -> None:
        """Have the page's events call the handlers."""
        message, controls = self.tab.composer.message, self.tab.controls.components
        self.events.on("share", self.on_share, [message, self.tab.shown, *controls], [])
        self.events.on("open_link", self.on_open, controls, [message, self.offer, *controls])
        self.events.on("load_shared", self.on_load, [], [self.offer])
        self.events.on("leave_shared", self.on_leave, [], [self.offer])

    def on_share(self, values: Values, act: Act) -> Updates:
        """Answer with what stands behind the # of the link, or with why there is none.

        The message is that in the composer; with none there, the question of the turn that is meant, or the last one.
        """
        conversation = values[self.tab.shown].conversation
        turn = conversation.turn(act.target) or next(reversed(conversation.turns), None)
        prompt = values[self.tab.composer.message].strip() or (turn.question if turn else "")
        try:
            status = self.backend.status()
            shared = Shared(prompt=prompt, model=_name(status), parameters=changed(self.tab.controls, values, status))
            return self.events.reply(act, fragment=to_fragment(shared))
        except SpaceError as error:
            show_refusal(error)
            return self.events.reply(act, fragment="")

    def on_open(self, values: Values, act: Act) -> Updates | None:
        """Show what a link carries; nothing where it is none of ours."""
        shared = from_fragment(act.text)
        if shared is None:
            return None
        message = {self.tab.composer.message: shared.prompt} if shared.prompt else {}
        return {**message, **_filled(self.tab.controls, shared), self.offer: self._offer(shared.model)}

    def on_load(self, _values: Values, act: Act) -> Updates:
        """Begin to load the model that a link suggested, as the reader has asked for."""
        shared = from_fragment(to_fragment(Shared(model=act.target)))
        if self.host and shared and shared.model:
            try:
                self.host.load(shared.model)
            except SpaceError as error:
                show_refusal(error)
        return {self.offer: ""}

    def on_leave(self, _values: Values, _act: Act) -> Updates:
        """Take the offer away."""
        return {self.offer: ""}

    def _offer(self, model: str) -> str:
        status = self.backend.status()
        if not model or self.host is None or model in (status.model, status.loading_model):
            return ""
        says = say("This link suggests {model}.", model=model)
        return (
            f'<div class="ds-offer" role="status"><span>{escape(says)}</span>'
            f'<button class="ds-act" name="load_shared" value="{escape(model)}">{escape(say("Load it"))}</button>'
            f'<button class="ds-act" name="leave_shared">{escape(say("Stay with this one"))}</button></div>'
        )


def changed(controls: Controls, values: Values, status: Status) -> dict[str, Any]:
    """Return the parameters that the reader has changed; raises RequestError for what cannot be used."""
    sampling, untouched = controls.sampling(values, status), controls.unchanged(values)
    found = {item.name: getattr(sampling, item.name) for item in fields(Sampling) if item.name not in untouched}
    budget = controls.thinking_budget(values)
    return {name: value for name, value in {**found, "thinking_budget": budget}.items() if value is not None}


def _name(status: Status) -> str:
    # The names of the others mean something on this machine alone.
    return status.model if status.is_deepseek or "/" in status.model else ""


def _filled(controls: Controls, shared: Shared) -> dict[Component, Any]:
    given = dict(shared.parameters)
    budget = given.pop("thinking_budget", None)
    shown = zip(fields(Sampling), controls.sampling_parts, shown_values(replace(Sampling(), **given)), strict=True)
    filled = {part: value for item, part, value in shown if item.name in given}
    return filled if budget is None else {**filled, controls.budget: str(budget)}


def build_offer() -> gr.HTML:
    """Place where a link suggests a model."""
    return gr.HTML("", elem_id="shared-offer", padding=False)
