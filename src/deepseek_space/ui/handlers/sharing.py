"""The link with a message, a model and parameters: made for a message or from the panel.

A page that is opened by one takes it in. A link fills fields. It sends nothing by itself, and loads nothing: it may
only offer to. A system prompt that it brings is shown, since answers change with it.
"""

from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend, ModelHost
from deepseek_space.chat.parameters.share import Shared, from_fragment, to_fragment
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.parts.controls import Controls, shown_values
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Where the page tells what a link brought: a model that it suggests, a system prompt."""

    model: gr.HTML
    prompt: gr.HTML


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The handlers. ``host`` is None where the model cannot be changed."""

    backend: Backend
    host: ModelHost | None
    tab: ChatTab
    events: PageEvents
    offer: Offer

    def register(self) -> None:
        """Have the page's events call the handlers."""
        tab, offer = self.tab, self.offer
        message, think, controls = tab.composer.message, tab.composer.think, tab.controls.components
        filled = [message, think, tab.system_prompt, *controls]
        self.events.on("share", self.on_share, [tab.page_view, *filled], [])
        self.events.on("open_link", self.on_open, filled, [offer.model, offer.prompt, *filled])
        self.events.on("load_shared", self.on_load, [], [offer.model])
        self.events.on("leave_shared", self.on_leave, [], [offer.model])
        self.events.on("keep_prompt", self.on_keep_prompt, [], [offer.prompt])
        self.events.on("drop_prompt", self.on_drop_prompt, [], [offer.prompt, tab.system_prompt])

    def on_share(self, values: Values, act: Act) -> Updates:
        """Answer with what stands behind the # of the link, or with why there is none.

        The link is that of the turn that is meant; of none, that of what is being written.
        """
        turn = values[self.tab.page_view].conversation.turn(act.target)
        try:
            shared = self._of(turn) if turn else self._of_page(values)
            return self.events.reply(act, fragment=to_fragment(shared))
        except SpaceError as error:
            show_refusal(error)
            return self.events.reply(act, fragment="")

    def on_open(self, values: Values, act: Act) -> Updates | None:
        """Show what a link carries; nothing where it is none of ours."""
        shared, tab = from_fragment(act.text), self.tab
        if shared is None:
            return None
        filled = {
            tab.composer.message: shared.prompt or None,
            tab.composer.think: shared.thinking,
            tab.system_prompt: shared.system_prompt or None,
        }
        return {
            **{part: value for part, value in filled.items() if value is not None},
            **_filled(tab.controls, shared),
            self.offer.model: self._offer(shared.model),
            self.offer.prompt: prompt_offer(shared.system_prompt, instead_of=values[tab.system_prompt] or ""),
        }

    def on_load(self, _values: Values, act: Act) -> Updates:
        """Begin to load the model that a link suggested, as the reader has asked for."""
        shared = from_fragment(to_fragment(Shared(model=act.target)))
        if self.host and shared and shared.model:
            try:
                self.host.load(shared.model)
            except SpaceError as error:
                show_refusal(error)
        return {self.offer.model: ""}

    def on_leave(self, _values: Values, _act: Act) -> Updates:
        """Take the offer of a model away."""
        return {self.offer.model: ""}

    def on_keep_prompt(self, _values: Values, _act: Act) -> Updates:
        """Take the news of a system prompt away."""
        return {self.offer.prompt: ""}

    def on_drop_prompt(self, _values: Values, act: Act) -> Updates:
        """Put the system prompt back that was there before the link."""
        return {self.offer.prompt: "", self.tab.system_prompt: act.target}

    def _of(self, turn: Turn) -> Shared:
        settings, status = turn.settings, self.backend.status()
        model = turn.usage.model if turn.usage else status.model
        # What another model recommended may mean something else to the one that answers now.
        usual = shown_sampling(status.sampling) if model == status.model else {}
        asked = shown_sampling(settings.sampling)
        changed = {
            name: asked[name] for name in asked if name not in settings.follows and asked[name] != usual.get(name)
        }
        return Shared(
            prompt=turn.question,
            model=_name(model, status),
            parameters=_given({**changed, "thinking_budget": settings.thinking_budget}),
            system_prompt=settings.system_prompt,
            thinking=settings.thinking,
        )

    def _of_page(self, values: Values) -> Shared:
        """Return the message in the composer, or else the last question, with the parameters as they are set."""
        tab, status = self.tab, self.backend.status()
        turn = next(reversed(values[tab.page_view].conversation.turns), None)
        return Shared(
            prompt=values[tab.composer.message].strip() or (turn.question if turn else ""),
            model=_name(status.model, status),
            parameters=changed(tab.controls, values, status),
            system_prompt=values[tab.system_prompt] or "",
            thinking=values[tab.composer.think] if status.can_choose_thinking else None,
        )

    def _offer(self, model: str) -> str:
        status = self.backend.status()
        if not model or self.host is None or model in (status.model, status.loading_model):
            return ""
        says = say("This link suggests {model}.", model=model)
        buttons = _button("load_shared", model, say("Load it")) + _button("leave_shared", "", say("Stay with this one"))
        return f'<div class="ds-offer" role="status"><span>{escape(says)}</span>{buttons}</div>'


def prompt_offer(text: str, *, instead_of: str) -> str:
    """Return the news that a link has set the system prompt, with its text and a way back, as HTML; "" for none."""
    if not text.strip() or text == instead_of:
        return ""
    says = say("This link brings a system prompt: instructions that every answer follows. It stands under Parameters.")
    back = say("Put mine back") if instead_of.strip() else say("Leave it out")
    return (
        f'<div class="ds-offer" role="status"><span>{escape(says)}</span>'
        f"{_button('keep_prompt', '', say('Keep it'))}{_button('drop_prompt', instead_of, back)}"
        f'<pre tabindex="0" aria-label="{escape(say("System prompt"))}">{escape(text)}</pre></div>'
    )


def changed(controls: Controls, values: Values, status: Status) -> dict[str, Any]:
    """Return the parameters that the reader has changed; raises RequestError for what cannot be used."""
    sampling, untouched = controls.sampling(values, status), controls.unchanged(values)
    found = {name: value for name, value in shown_sampling(sampling).items() if name not in untouched}
    return _given({**found, "thinking_budget": controls.thinking_budget(values)})


def shown_sampling(sampling: Sampling) -> dict[str, Any]:
    """Return the fields of ``sampling`` by name."""
    return {item.name: getattr(sampling, item.name) for item in fields(Sampling)}


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _name(model: str, status: Status) -> str:
    # The names of the others mean something on this machine alone.
    return model if "/" in model or (model == status.model and status.is_deepseek) else ""


def _button(act: str, value: str, text: str) -> str:
    return f'<button type="button" class="ds-act ds-pill" name="{act}" value="{escape(value)}">{escape(text)}</button>'


def _filled(controls: Controls, shared: Shared) -> dict[Component, Any]:
    given = dict(shared.parameters)
    budget = given.pop("thinking_budget", None)
    shown = zip(fields(Sampling), controls.sampling_parts, shown_values(replace(Sampling(), **given)), strict=True)
    filled = {part: value for item, part, value in shown if item.name in given}
    return filled if budget is None else {**filled, controls.budget: str(budget)}


def build_offer() -> Offer:
    """Place where the page tells what a link brought."""
    return Offer(
        model=gr.HTML("", elem_id="shared-offer", elem_classes="ds-offers", padding=False),
        prompt=gr.HTML("", elem_id="shared-prompt", elem_classes="ds-offers", padding=False),
    )
