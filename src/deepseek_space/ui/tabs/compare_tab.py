"""The Compare tab: one message, answered side by side by two settings or models."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.parameters import presets
from deepseek_space.chat.records.chat_record import reply_record
from deepseek_space.chat.turns.conversation import Conversation, WriteLease
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.ui.html.model_bar import NO_MODEL
from deepseek_space.ui.html.transcript import explanation
from deepseek_space.ui.parts.browser_store import build_browser_store
from deepseek_space.ui.parts.controls import Values
from deepseek_space.ui.parts.model_missing import refuse_without_model
from deepseek_space.ui.parts.parameters import Parameters
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import QUIET, Updates
from deepseek_space.ui.tabs.chat_tab import ChatTab, Told
from deepseek_space.ui.tabs.compare_side import AS_SET, MODELS, Side, build_side
from deepseek_space.ui.words.language import say

KEEP_S = 2.0
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
    send_button: gr.Button
    stop: gr.Button
    sides: tuple[Side, Side]
    kept: gr.HTML | None = None

    def send(self, values: Values, text: str, told: Told) -> Iterator[Updates]:
        """Stream both answers to ``text``."""
        is_busy = any(values[side.written].open_turn for side in self.sides)
        if is_busy or not text.strip() or self._lacks_model(values):
            yield self.refused(values, told)
            return
        try:
            leases = self._leases(values, text)
        except SpaceError as error:
            show_refusal(error)
            yield self.refused(values, told)
            return
        written = {side: values[side.written] for side in self.sides}
        streams = {side: self._turns(side, values, lease) for side, lease in leases.items()}
        yield from self.write(streams, written, told("sent"))

    def refused(self, values: Values, told: Told) -> Updates:
        """Return the updates that show that nothing was sent, and the answers that were there."""
        is_busy = any(values[side.written].open_turn for side in self.sides)
        shown = self.show({side: values[side.written] for side in self.sides})
        return {**shown, **self._buttons(is_busy=is_busy), **told("refused")}

    def show(self, written: Mapping[Side, Conversation]) -> Updates:
        """Return the updates that show both answers as they are."""
        seen = {side: conversation.turns[-1] for side, conversation in written.items() if conversation.turns}
        answers = {side.answer: explanation(turn, turn.answer, time.monotonic()) for side, turn in seen.items()}
        none = {side.answer: [] for side in written if side not in seen}
        return {**answers, **none, **self._offer(seen, *seen)}

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
    def sent_with(self) -> set[Component]:
        """What a message is sent with: a set, as several of them are the chat's too."""
        own = [part for side in self.sides for part in side.inputs]
        return {self.parameters.presets.kept, *self.chat.inputs, *own}

    @property
    def answered(self) -> list[Component]:
        """What changes as both answers are written."""
        shown = [part for side in self.sides for part in (side.answer, side.take)]
        return [*shown, self.send_button, self.stop, *([self.kept] if self.kept else [])]

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

    def _settings(self, side: Side, values: Values, text: str) -> ReplySettings:
        backend = self._backend(side, values)
        asked = self.chat.settings(values, text, backend=backend)
        status = backend.status()
        preset = self.parameters.preset(values[side.settings], values, status)
        if preset is not None:
            budget = preset.thinking_budget
            asked = replace(asked, sampling=preset.sampling, thinking_budget=budget, follows=())
        asked = side.own.put_into(asked, values)
        return replace(asked, thinking=THINKING[values[side.thinking]] if status.can_choose_thinking else None)

    def _leases(self, values: Values, text: str) -> dict[Side, WriteLease]:
        wanted = {side: self._settings(side, values, text) for side in self.sides}
        for side in self.sides:
            values[side.written].clear()
        return {side: values[side.written].ask(text, settings) for side, settings in wanted.items()}

    def _turns(self, side: Side, values: Values, lease: WriteLease) -> Iterator[Turn]:
        backend = self._backend(side, values)
        return self.chat.runner.write(values[side.written], lease, by_visitor(lease.request()), backend=backend)

    def _backend(self, side: Side, values: Values) -> Backend:
        return self.second if self.second and values[side.model] == MODELS[1] else self.chat.backend

    def _offer_thinking(self, side: Side, values: Values, status: Status) -> gr.Dropdown:
        backend = self._backend(side, values)
        status = status if backend is self.chat.backend else backend.status()
        return gr.Dropdown(visible=status.can_choose_thinking)

    def write(
        self, streams: dict[Side, Iterator[Turn]], written: Mapping[Side, Conversation], first: Updates
    ) -> Iterator[Updates]:
        """Show both as they grow; ``first`` goes with the first update.

        Each yields at least once per heartbeat, so neither waits for the other.
        """
        seen: dict[Side, Turn] = {}
        taking = {side.take: gr.Button(visible=False) for side in streams}
        yield {**first, **self._buttons(is_busy=True), **taking, **self._save(written)}
        kept_s = time.monotonic()
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
                if time.monotonic() - kept_s >= KEEP_S:
                    updates, kept_s = {**updates, **self._save(written)}, time.monotonic()
                yield updates or gr.skip()
        finally:
            for turns in streams.values():
                turns.close()
        # Once more, as the page may pass over all but the last of several updates within a moment.
        yield {**self._buttons(is_busy=False), **self._offer(seen, *seen), **self._save(written)}

    def _save(self, written: Mapping[Side, Conversation]) -> Updates:
        """Return the update that has the browser keep both answers, by names under which they are found again."""
        sides = [
            {"id": conversation.id, "turn": reply_record(conversation.turns[-1])}
            for conversation in written.values()
            if conversation.turns
        ]
        return {self.kept: {"reply": sides, "at_s": time.time()}} if self.kept else {}

    def _offer(self, seen: Mapping[Side, Turn], *sides: Side) -> Updates:
        """Return the updates that offer to go on with the answers of ``sides``, as far as there are any."""
        return {side.take: gr.Button(visible=True) for side in sides if seen[side].answer.strip()}

    def _buttons(self, *, is_busy: bool) -> Updates:
        return {self.send_button: gr.Button(visible=not is_busy), self.stop: gr.Button(visible=is_busy)}


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
    chat: ChatTab, parameters: Parameters, tabs: gr.Tabs, second: Backend | None = None
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
        chat=chat,
        second=second,
        parameters=parameters,
        tabs=tabs,
        message=message,
        send_button=send,
        stop=stop,
        sides=sides,
        kept=build_browser_store("compare") if chat.history else None,
    )
    _wire(tab)
    return tab


def _wire(tab: CompareTab) -> None:
    written = {side.written for side in tab.sides}
    for side in tab.sides:
        taking, taken = {side.model, side.written, tab.chat.page_view}, [*tab.chat.outputs, tab.tabs]
        # Queued, as only then it can tell something.
        side.take.click(partial(tab.on_take, side), taking, taken, **{**QUIET, "queue": True})
        side.model.input(tab.on_model, set(tab.chosen), tab.followed, **QUIET)
    tab.stop.click(tab.on_stop, written, None, **QUIET)
