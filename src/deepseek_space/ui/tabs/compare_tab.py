"""The Compare tab: one message, answered side by side by two settings or models."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.parameters import presets
from deepseek_space.chat.turns.conversation import Conversation, WriteLease
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.ui.html.model_bar import NO_MODEL
from deepseek_space.ui.html.transcript import explanation
from deepseek_space.ui.parts.controls import Values
from deepseek_space.ui.parts.model_missing import refuse_without_model
from deepseek_space.ui.parts.parameters import Parameters
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import QUIET, Generation, Updates
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.tabs.compare_side import AS_SET, MODELS, Side, build_side
from deepseek_space.ui.words.language import say

THINKING = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class CompareTab:
    """The components of the tab and what happens in them.

    Both answers are written at by the same runner at the same time; one backend serves them in one batch. ``second`` is
    offered beside the chat's own, where there is one.
    """

    chat: ChatTab
    second: Backend | None
    parameters: Parameters
    tabs: gr.Tabs
    message: gr.Textbox
    send: gr.Button
    stop: gr.Button
    sides: tuple[Side, Side]

    def on_send(self, values: Values) -> Iterator[Updates]:
        """Stream both answers."""
        if not values[self.message].strip():
            gr.Info(say("Write a message first, then send it."))
            yield gr.skip()
            return
        is_busy = any(values[side.written].open_turn for side in self.sides)
        if is_busy or self._lacks_model(values):
            yield gr.skip()
            return
        try:
            leases = self._leases(values)
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        yield from self._write({side: self._turns(side, values, lease) for side, lease in leases.items()})

    def on_stop(self, values: Values) -> None:
        """End both answers; their writers show what there is."""
        for side in self.sides:
            values[side.written].stop()

    def on_take(self, side: Side, values: Values) -> Updates:
        """Begin a chat with the message and the answer of one side, and show it."""
        turns = values[side.written].turns
        page_view = values[self.chat.page_view]
        if not turns or turns[-1].state == "open" or (page_view.conversation.open_turn and not self.chat.history):
            return gr.skip()
        if self.chat.history:  # the chat that was shown is kept in the list
            page_view.turn_to(Conversation())
        lease = page_view.conversation.ask(turns[-1].question, turns[-1].settings)
        page_view.conversation.write(lease, replace(turns[-1], id=lease.turn.id, parent=lease.turn.parent))
        if self._backend(side, values) is not self.chat.backend:
            gr.Info(say("In the chat, {model} goes on from here.", model=_name(self.chat.backend.status())))
        return {**self.chat.show(page_view), self.tabs: gr.Tabs(selected="chat")}

    def follow(self, values: Values, status: Status) -> Updates:
        """Return the updates that offer what there is to answer, and what it can do."""
        choices = self.choices()
        models = {side.model: gr.Dropdown(choices) for side in self.sides} if choices else {}
        return {**models, **{side.thinking: self._offer_thinking(side, values, status) for side in self.sides}}

    def on_model(self, values: Values) -> Updates:
        """Offer what the model can do that was chosen for a side."""
        return self.follow(values, self.chat.backend.status())

    def choices(self) -> list[tuple[str, str]]:
        """Return the models that can be chosen, by their names; nothing where there is one alone."""
        return _choices(self.chat.backend, self.second)

    def offer_presets(self, values: Values) -> Updates:
        """Offer the presets that there are, the reader's own among them."""
        own = self.parameters.presets.own(values)
        names = [(say(name), name) for name in (AS_SET, *presets.READY_MADE)]
        choices = [*names, *((name, name) for name in own)]
        return {side.settings: gr.Dropdown(choices) for side in self.sides}

    @property
    def chosen(self) -> list[Component]:
        """The components that say which model answers on which side."""
        return [side.model for side in self.sides]

    @property
    def followed(self) -> list[Component]:
        """The components that ``follow`` updates."""
        return [part for side in self.sides for part in (side.model, side.thinking)]

    def wire(self, page: gr.Tab) -> None:
        """Offer the presets anew each time that the tab is opened."""
        kept = self.parameters.presets.kept
        settings = [side.settings for side in self.sides]
        page.select(self.offer_presets, {kept}, settings, queue=False, show_progress="hidden", api_visibility="private")

    def _lacks_model(self, values: Values) -> bool:
        return any(refuse_without_model(backend) for backend in {self._backend(side, values) for side in self.sides})

    def _settings(self, side: Side, values: Values) -> ReplySettings:
        backend = self._backend(side, values)
        asked = self.chat.settings(values, values[self.message], backend=backend)
        status = backend.status()
        preset = self.parameters.preset(values[side.settings], values, status)
        if preset is not None:
            budget = preset.thinking_budget
            asked = replace(asked, sampling=preset.sampling, thinking_budget=budget, follows=())
        asked = side.own.put_into(asked, values)
        return replace(asked, thinking=THINKING[values[side.thinking]] if status.can_choose_thinking else None)

    def _leases(self, values: Values) -> dict[Side, WriteLease]:
        wanted = {side: self._settings(side, values) for side in self.sides}
        for side in self.sides:
            values[side.written].clear()
        return {side: values[side.written].ask(values[self.message], settings) for side, settings in wanted.items()}

    def _turns(self, side: Side, values: Values, lease: WriteLease) -> Iterator[Turn]:
        backend = self._backend(side, values)
        return self.chat.runner.write(values[side.written], lease, by_visitor(lease.request()), backend=backend)

    def _backend(self, side: Side, values: Values) -> Backend:
        return self.second if self.second and values[side.model] == MODELS[1] else self.chat.backend

    def _offer_thinking(self, side: Side, values: Values, status: Status) -> gr.Dropdown:
        backend = self._backend(side, values)
        status = status if backend is self.chat.backend else backend.status()
        return gr.Dropdown(visible=status.can_choose_thinking)

    def _write(self, streams: dict[Side, Iterator[Turn]]) -> Iterator[Updates]:
        """Show both as they grow. Each yields at least once per heartbeat, so neither waits for the other."""
        seen: dict[Side, Turn] = {}
        yield {**self._buttons(is_busy=True), **{side.take: gr.Button(visible=False) for side in streams}}
        try:
            while streams:
                updates: Updates = {}
                for side, turns in list(streams.items()):
                    turn = next(turns, None)
                    if turn is None:
                        del streams[side]
                        updates |= self._offer(seen, side)
                    elif turn is not seen.get(side) or turn.is_thinking:
                        seen[side] = turn
                        updates[side.answer] = explanation(turn, turn.answer, time.monotonic())
                yield updates or gr.skip()
        finally:
            for turns in streams.values():
                turns.close()
        # Once more, as the page may pass over all but the last of several updates within a moment.
        yield {**self._buttons(is_busy=False), **self._offer(seen, *seen)}

    def _offer(self, seen: Mapping[Side, Turn], *sides: Side) -> Updates:
        """Return the updates that offer to go on with the answers of ``sides``, as far as there are any."""
        return {side.take: gr.Button(visible=True) for side in sides if seen[side].answer.strip()}

    def _buttons(self, *, is_busy: bool) -> Updates:
        return {self.send: gr.Button(visible=not is_busy), self.stop: gr.Button(visible=is_busy)}


def _name(status: Status) -> str:
    return status.model or say(status.device) or say(NO_MODEL)


def _choices(first: Backend, second: Backend | None) -> list[tuple[str, str]]:
    """Return what can be chosen to answer; nothing where there is no choice. Equal names have their place with them."""
    if second is None:
        return []
    statuses = (first.status(), second.status())
    names = [_name(status) for status in statuses]
    if names[0] == names[1]:
        names = [f"{name} · {say(status.device)}" for name, status in zip(names, statuses, strict=True)]
    return list(zip(names, MODELS, strict=True))


def build_compare_tab(
    chat: ChatTab, parameters: Parameters, tabs: gr.Tabs, generation: Generation, second: Backend | None = None
) -> CompareTab:
    """Place the tab's components where it is called for, and wire them."""
    with gr.Row(elem_id="compare-sides", equal_height=True):
        offered = _choices(chat.backend, second)
        right = (AS_SET, "yes") if second else ("Creative", "no")
        sides = (build_side("left", AS_SET, "yes", offered), build_side("right", *right, offered))
    with gr.Row(elem_id="compare-row", equal_height=False):
        message = gr.Textbox(
            "",
            elem_id="compare-input",
            show_label=False,
            label="Message for both",
            placeholder="Write one message for both",
            container=False,
            lines=1,
            max_lines=10,
            scale=1,
            min_width=0,
        )
        send = gr.Button("Send", elem_id="compare-send", variant="primary", scale=0, min_width=0)
        stop = gr.Button("Stop", elem_id="compare-stop", visible=False, scale=0, min_width=0)
    tab = CompareTab(
        chat=chat, second=second, parameters=parameters, tabs=tabs, message=message, send=send, stop=stop, sides=sides
    )
    _wire(tab, generation)
    return tab


def _wire(tab: CompareTab, generation: Generation) -> None:
    written = {side.written for side in tab.sides}
    # A set of what to read: several of them are the chat's too.
    asked = {
        tab.message,
        tab.parameters.presets.kept,
        *tab.chat.inputs,
        *(part for side in tab.sides for part in side.inputs),
    }
    shown = [part for side in tab.sides for part in (side.answer, side.take)]
    generation.on([tab.message.submit, tab.send.click], tab.on_send, asked, [*shown, tab.send, tab.stop])
    for side in tab.sides:
        taking, taken = {side.model, side.written, tab.chat.page_view}, [*tab.chat.outputs, tab.tabs]
        # Queued, as only then it can tell something.
        side.take.click(partial(tab.on_take, side), taking, taken, **{**QUIET, "queue": True})
        side.model.input(tab.on_model, set(tab.chosen), tab.followed, **QUIET)
    tab.stop.click(tab.on_stop, written, None, **QUIET)
