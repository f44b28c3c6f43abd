"""The panel in which the model is changed: what answers, a list, Load, Cancel and Unload.

There is none, and no event of it, where the backend has one fixed model or the operator has pinned it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import ModelHost
from deepseek_space.errors import ModelError, SpaceError
from deepseek_space.sentences import Sentence
from deepseek_space.status import Choice, Quantisation, Status
from deepseek_space.ui.html.model_change import change_text, is_loading, log_text, now_text, refused
from deepseek_space.ui.html.model_list import FOCUS_JS, PICK_JS, counts, model_list
from deepseek_space.ui.html.pace import STANDING, Pace
from deepseek_space.ui.parts.controls import Values
from deepseek_space.ui.parts.panel import build_panel
from deepseek_space.ui.parts.precision_choices import (
    CHOOSE_JS,
    asked_model,
    offered_precisions,
    offered_quantisations,
    precisions,
)
from deepseek_space.ui.parts.refusals import refusal
from deepseek_space.ui.parts.wiring import QUIET, Updates
from deepseek_space.ui.words.language import say

MAX_NAME_CHARACTERS = 1000
_ANY_PLACE = "From the list, or any Hub id, folder or GGUF file"
_HUB_ALONE = "From the list, or any Hub id"


@dataclass(frozen=True, kw_only=True)
class ModelPicker:
    """The components of the panel and what happens in them. Every answer of a click follows with the next refresh.

    ``cannot`` holds whether what is written in the field was found not to run here, or is nothing: then there is no
    Load. ``asked`` is the name that was to be loaded last: why that failed says nothing of another one.
    """

    host: ModelHost
    panel: gr.Sidebar
    now: gr.HTML
    coming: gr.HTML
    cancel: gr.Button
    log: gr.HTML
    unload: gr.Button
    search: gr.Textbox
    shown: gr.Radio
    choices: gr.State
    listing: gr.HTML
    model: gr.Textbox
    fit: gr.HTML
    precision: gr.Dropdown
    load: gr.Button
    cannot: gr.State
    asked: gr.State

    @property
    def followed(self) -> list[Component]:
        """The components that show what the backend does."""
        return [self.now, self.coming, self.cancel, self.log, self.unload, self.load]

    def follow(self, values: Values, status: Status, pace: Pace) -> Updates:
        """Return the updates that show ``status``."""
        is_busy = is_loading(status)
        return {
            self.now: now_text(status),
            self.coming: change_text(status, pace, with_error=self._is_of_error(values)),
            self.cancel: gr.Button(visible=is_busy),
            self.log: log_text(status),
            self.unload: gr.Button(visible=status.state == "ready" and not is_busy),
            self.load: gr.Button(interactive=not is_busy and not values[self.cannot]),
        }

    @property
    def read_to_follow(self) -> set[Component]:
        """The components that ``follow`` reads."""
        return {self.cannot, self.model, self.asked}

    def _is_of_error(self, values: Values) -> bool:
        return _written(values[self.model]) in ("", values[self.asked])

    def on_open(self, values: Values) -> Updates:
        """Find out what would fit now."""
        choices = self.host.choices()
        has_fitting = any(choice.verdict != "no" for choice in choices)
        shown = values[self.shown] if has_fitting else "all"
        return {
            self.choices: choices,
            self.shown: gr.Radio(counts(choices, values[self.search] or ""), value=shown),
            self.listing: self._list(choices, {**values, self.shown: shown}),
        }

    def on_filter(self, values: Values) -> Updates:
        """Show what the reader looks for."""
        choices = values[self.choices]
        return {
            self.shown: gr.Radio(counts(choices, values[self.search] or "")),
            self.listing: self._list(choices, values),
        }

    def on_pick(self, values: Values, picked: gr.EventData) -> Updates:
        """Take the chosen model over."""
        choice = _named(picked.model, values[self.choices])
        return (
            {self.model: choice.name, **self._turn_to(choice, {**values, self.model: choice.name})}
            if choice
            else gr.skip()
        )

    def on_fit(self, values: Values) -> Updates:
        """Say how the model that is written in the field would fit, before anybody loads it."""
        name = _written(values[self.model])
        offered = {self.precision: offered_precisions(_named(name, values[self.choices]), values[self.precision])}
        if not name or len(name) > MAX_NAME_CHARACTERS:
            return {**offered, **self._judge("", cannot=True)}
        try:
            model, precision = asked_model(name, values[self.precision])
            if quantised := self.host.quantisations(model):
                return self._judge_quantised(quantised)
            verdict = self.host.fit(model, precision=precision)
            return {**offered, **self._judge(f"<p>{escape(say(verdict))}</p>")}
        except SpaceError as error:  # what went wrong on the way, such as a lost network, may go well the next time
            others = {choice.name for choice in values[self.choices]} - {name}
            return {
                **offered,
                **self._judge(refused(error.sentence, offered=others), cannot=isinstance(error, ModelError)),
            }

    def _judge_quantised(self, quantised: Sequence[Quantisation]) -> Updates:
        """Offer what a GGUF repository publishes in place of precisions, with the one chosen that would be loaded."""
        named = next(each for each in quantised if each.is_named)
        said = f"<p>{escape(say('At {precision}: {reason}', precision=named.label, reason=say(named.reason)))}</p>"
        return {
            self.precision: offered_quantisations(quantised, named.name),
            **self._judge(said, cannot=named.verdict == "no"),
        }

    def on_write(self, values: Values) -> Updates:
        """Forget what was said of another name."""
        name = _written(values[self.model])
        return {**self._judge("", cannot=not name), **self._turn_to(_named(name, values[self.choices]), values)}

    def _turn_to(self, choice: Choice | None, values: Values) -> Updates:
        """Say what Automatic would mean for the model, and no more of an earlier one's error."""
        coming = change_text(self.host.status(), STANDING, with_error=self._is_of_error(values))
        return {self.precision: offered_precisions(choice, values[self.precision]), self.coming: coming}

    def _judge(self, said: str, *, cannot: bool = False) -> Updates:
        can_load = not cannot and not is_loading(self.host.status())
        return {self.fit: said, self.cannot: cannot, self.load: gr.Button(interactive=can_load)}

    def on_load(self, values: Values) -> Updates:
        """Begin to load what is written in the field; what keeps it from that is said in place of the verdict."""
        name = _written(values[self.model])
        if not name:
            raise refusal(Sentence("Choose a model of the list, or write the name of one."))
        if len(name) > MAX_NAME_CHARACTERS:
            raise refusal(
                Sentence("The model's name is {count:,} characters long; no name is that long.", count=len(name))
            )
        model, precision = asked_model(name, values[self.precision])
        try:
            self.host.load(model, precision=precision)
        except SpaceError as error:
            return {self.fit: refused(error.sentence), self.asked: name}
        return {self.fit: "", self.asked: name}

    def on_cancel(self) -> None:
        """Stop the load under way."""
        self._try(self.host.cancel_load)

    def on_unload(self) -> None:
        """Free the model's memory."""
        self._try(self.host.unload)

    def _try(self, action: Any) -> None:
        try:
            action()
        except SpaceError as error:
            raise refusal(error.sentence) from None

    def _list(self, choices: Sequence[Choice], values: Values) -> str:
        return model_list(
            choices, shown=values[self.shown], query=values[self.search] or "", picked=values[self.model] or ""
        )

    def wire(self) -> list[gr.events.Dependency]:
        """Wire all but the refresh; returns the events after which one is due."""
        looked_for = {self.search, self.shown, self.choices, self.model}
        opening = self.panel.expand(self.on_open, looked_for, [self.choices, self.shown, self.listing], **QUIET)
        opening.then(None, js=FOCUS_JS, **QUIET)
        order = {self.model, self.precision, self.choices}
        verdict = [self.fit, self.cannot, self.load, self.precision]
        opening.then(self.on_fit, order, verdict, **QUIET)  # memory may have become free since
        gr.on(
            [self.search.change, self.shown.input],
            self.on_filter,
            looked_for,
            [self.shown, self.listing],
            trigger_mode="always_last",
            **QUIET,
        )
        turned = [self.precision, self.coming]
        picked = self.listing.select(
            self.on_pick, {self.choices, self.asked, self.precision}, [self.model, *turned], **QUIET
        )
        picked.then(self.on_fit, order, verdict, **QUIET)
        self.model.input(
            self.on_write, {*order, self.asked}, [*verdict, self.coming], trigger_mode="always_last", **QUIET
        )
        # Not at each key: a name that is not in the list is asked of the Hub.
        self.model.blur(self.on_fit, order, verdict, trigger_mode="always_last", **QUIET)
        chosen = self.precision.input(None, [self.precision, self.model], self.model, js=CHOOSE_JS, **QUIET)
        chosen.then(self.on_fit, order, verdict, trigger_mode="always_last", **QUIET)
        return [
            gr.on([self.load.click, self.model.submit], self.on_load, order, [self.fit, self.asked], **QUIET),
            self.cancel.click(self.on_cancel, None, None, **QUIET),
            self.unload.click(self.on_unload, None, None, **QUIET),
        ]


def _written(name: str | None) -> str:
    return (name or "").strip()


def _named(name: str, choices: Sequence[Choice]) -> Choice | None:
    return next((choice for choice in choices if choice.name == name), None)


def build_model_picker(host: ModelHost, *, local_paths: bool) -> ModelPicker:
    """Place the panel where it is called for; ``local_paths`` offers files of this machine."""
    with build_panel("Models", "models") as panel:
        with gr.Row(elem_id="model-now"):
            now = gr.HTML("", padding=False)
            unload = gr.Button("Unload", elem_id="model-unload", size="sm", scale=0, min_width=0, visible=False)
        search = gr.Textbox(
            "",
            label="Find a model",
            show_label=False,
            placeholder="Find: name, task or licence",
            elem_id="model-search",
            max_length=200,
        )
        shown = gr.Radio(counts(()), value="fits", label="Show", show_label=False, elem_id="model-shown")
        listing = gr.HTML("", elem_id="model-list", padding=False, js_on_load=PICK_JS)
        with gr.Column(elem_id="model-load-box"):
            model, fit = _build_name(local_paths)
            with gr.Row(elem_id="model-coming-row"):
                coming = gr.HTML("", elem_id="model-coming", padding=False)
                cancel = gr.Button("Cancel", elem_id="model-cancel", size="sm", scale=0, min_width=0, visible=False)
            log = gr.HTML("", elem_id="model-log", padding=False)
            precision, load = _build_order()
    return ModelPicker(
        host=host,
        panel=panel,
        now=now,
        coming=coming,
        cancel=cancel,
        log=log,
        unload=unload,
        search=search,
        shown=shown,
        choices=gr.State(()),
        listing=listing,
        model=model,
        fit=fit,
        precision=precision,
        load=load,
        cannot=gr.State(True),
        asked=gr.State(""),
    )


def _build_name(local_paths: bool) -> tuple[gr.Textbox, gr.HTML]:
    model = gr.Textbox(
        "",
        label="Model to load",
        show_label=False,
        placeholder=_ANY_PLACE if local_paths else _HUB_ALONE,
        elem_id="model-name",
    )
    return model, gr.HTML("", elem_id="model-fit", padding=False)


def _build_order() -> tuple[gr.Dropdown, gr.Button]:
    with gr.Row(elem_id="model-order"):
        precision = gr.Dropdown(
            precisions(), value="auto", label="Precision", show_label=False, container=False, elem_id="model-precision"
        )
        load = gr.Button("Load", elem_id="model-load", variant="primary", scale=0, min_width=96, interactive=False)
    return precision, load
