"""The Compare tab: one message answered side by side by two settings, and a way to go on with one of the answers."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.errors import SpaceError
from deepseek_space.types import Status
from deepseek_space.ui import presets
from deepseek_space.ui.chat_tab import ChatTab
from deepseek_space.ui.controls import Values
from deepseek_space.ui.conversation import Conversation, Ticket
from deepseek_space.ui.language import say
from deepseek_space.ui.limits import show_refusal
from deepseek_space.ui.message_view import build_message_view
from deepseek_space.ui.parameters import Parameters
from deepseek_space.ui.reply import follow
from deepseek_space.ui.transcript import explanation
from deepseek_space.ui.turn import ReplySettings, Turn
from deepseek_space.ui.wiring import Generation

Updates = dict[Component, Any]

AS_SET = "As set under Parameters"
THINKING = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: its settings, its answer, and the conversation of one turn in which it is written."""

    settings: gr.Dropdown
    thinking: gr.Dropdown
    answer: gr.Chatbot
    take: gr.Button
    written: gr.State

    @property
    def inputs(self) -> list[Component]:
        """What says how the answer is wanted."""
        return [self.settings, self.thinking, self.written]


@dataclass(frozen=True, kw_only=True)
class CompareTab:
    """The components of the tab and what happens in them.

    The sides run as two events of one click and ask one backend, which serves them in one batch.
    """

    chat: ChatTab
    parameters: Parameters
    tabs: gr.Tabs
    message: gr.Textbox
    send: gr.Button
    stop: gr.Button
    sides: tuple[Side, Side]

    def on_send(self, number: int, values: Values) -> Iterator[Updates]:
        """Stream the answer of one side."""
        side, text = self.sides[number], values[self.message]
        if not text.strip():
            if number == 0:
                gr.Info(say("Write a message first, then send it."))
            yield gr.skip()
            return
        written: Conversation = values[side.written]
        try:
            settings = self._settings(side, values)
            written.clear()
            ticket = written.ask(text, settings)
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        yield from self._reply(number, values, ticket)

    def on_stop(self, values: Values) -> None:
        """End both answers; their writers show what there is."""
        for side in self.sides:
            values[side.written].stop()

    def on_take(self, number: int, values: Values) -> Updates:
        """Begin a chat with the message and the answer of one side, and show it."""
        turns = values[self.sides[number].written].turns
        shown = values[self.chat.shown]
        if not turns or turns[-1].state == "open" or (shown.conversation.open_turn and not self.chat.history):
            return gr.skip()
        if self.chat.history:  # the chat that was shown is kept in the list
            shown.turn_to(Conversation())
        ticket = shown.conversation.ask(turns[-1].question, turns[-1].settings)
        shown.conversation.write(ticket, replace(turns[-1], id=ticket.turn.id, parent=ticket.turn.parent))
        return {**self.chat.show(shown), self.tabs: gr.Tabs(selected="chat")}

    def follow(self, status: Status) -> Updates:
        """Return the updates that offer what the model that answers can do."""
        return {side.thinking: gr.Dropdown(visible=status.can_choose_thinking) for side in self.sides}

    def on_open(self, values: Values) -> Updates:
        """Offer the presets that there are, the reader's own among them."""
        own = self.parameters.presets.own(values)
        names = [(say(name), name) for name in (AS_SET, *presets.READY_MADE)]
        choices = [*names, *((name, name) for name in own)]
        return {side.settings: gr.Dropdown(choices) for side in self.sides}

    @property
    def followed(self) -> list[Component]:
        """The components that ``follow`` updates."""
        return [side.thinking for side in self.sides]

    def wire(self, page: gr.Tab) -> None:
        """Offer the presets anew each time that the tab is opened."""
        kept = self.parameters.presets.kept
        settings = [side.settings for side in self.sides]
        page.select(self.on_open, {kept}, settings, queue=False, show_progress="hidden", api_visibility="private")

    def _settings(self, side: Side, values: Values) -> ReplySettings:
        asked = self.chat.settings(values, values[self.message])
        status = self.chat.backend.status()
        preset = self.parameters.preset(values[side.settings], values, status)
        if preset is not None:
            budget = preset.thinking_budget
            asked = replace(asked, sampling=preset.sampling, thinking_budget=budget, follows=())
        return replace(asked, thinking=THINKING[values[side.thinking]] if status.can_choose_thinking else None)

    def _reply(self, number: int, values: Values, ticket: Ticket) -> Iterator[Updates]:
        side, other = self.sides[number], self.sides[1 - number]
        written: Conversation = values[side.written]
        turn = ticket.turn
        replies = follow(self.chat.backend, ticket.request(), turn, must_end=lambda: written.must_end(ticket))
        try:
            yield {**_view(side, turn), **self._buttons(is_busy=True), side.take: gr.Button(visible=False)}
            for reply in replies:
                is_news = reply is not turn or reply.is_thinking
                turn = reply
                if not written.write(ticket, turn):
                    return
                yield _view(side, turn) if is_news else gr.skip()
        finally:
            replies.close()
            written.settle(ticket)
        is_busy = values[other.written].open_turn is not None
        take = gr.Button(visible=bool(turn.answer.strip()))
        yield {**_view(side, turn), side.take: take, **self._buttons(is_busy=is_busy)}

    def _buttons(self, *, is_busy: bool) -> Updates:
        return {self.send: gr.Button(visible=not is_busy), self.stop: gr.Button(visible=is_busy)}


def _view(side: Side, turn: Turn) -> Updates:
    return {side.answer: explanation(turn, turn.answer, time.monotonic())}


def build_compare_tab(chat: ChatTab, parameters: Parameters, tabs: gr.Tabs, generation: Generation) -> CompareTab:
    """Place the tab's components where it is called for, and wire them."""
    with gr.Row(elem_id="compare-sides", equal_height=True):
        sides = (_build_side("left", AS_SET, "yes"), _build_side("right", "Creative", "no"))
    with gr.Row(elem_id="compare-row", equal_height=False):
        message = gr.Textbox(
            elem_id="compare-input",
            show_label=False,
            label="Message for both",
            placeholder="Write one message for both",
            container=False,
            lines=1,
            max_lines=10,
            scale=1,
        )
        send = gr.Button("Send", elem_id="compare-send", variant="primary", scale=0, min_width=0)
        stop = gr.Button("Stop", elem_id="compare-stop", visible=False, scale=0, min_width=0)
    tab = CompareTab(chat=chat, parameters=parameters, tabs=tabs, message=message, send=send, stop=stop, sides=sides)
    _wire(tab, generation)
    return tab


def _build_side(name: str, settings: str, thinking: str) -> Side:
    with gr.Column(elem_id=f"compare-{name}", elem_classes="ds-side", min_width=280):
        with gr.Row(elem_classes="ds-side-head", equal_height=False):
            chosen = gr.Dropdown(
                [AS_SET, *presets.READY_MADE],
                value=settings,
                label="Parameters",
                elem_id=f"compare-{name}-settings",
                allow_custom_value=True,
                min_width=120,
            )
            mode = gr.Dropdown(
                [("Thinks", "yes"), ("Does not think", "no")],
                value=thinking,
                label="Thinking",
                elem_id=f"compare-{name}-thinking",
                visible=False,
                min_width=120,
            )
        answer = build_message_view(f"compare-{name}-answer", height="auto")
        take = gr.Button(
            "Go on with this one", elem_id=f"compare-{name}-take", size="sm", visible=False, scale=0, min_width=0
        )
    return Side(settings=chosen, thinking=mode, answer=answer, take=take, written=gr.State(Conversation()))


def _wire(tab: CompareTab, generation: Generation) -> None:
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    written = {side.written for side in tab.sides}
    # A set of what to read: several of them are the chat's too.
    asked = {
        tab.message,
        tab.parameters.presets.kept,
        *tab.chat.inputs,
        *(part for side in tab.sides for part in side.inputs),
    }
    for number, side in enumerate(tab.sides):
        outputs = [side.answer, side.take, tab.send, tab.stop]
        generation.on([tab.message.submit, tab.send.click], partial(tab.on_send, number), asked, outputs)
        side.take.click(
            partial(tab.on_take, number), {side.written, tab.chat.shown}, [*tab.chat.outputs, tab.tabs], **quiet
        )
    tab.stop.click(tab.on_stop, written, None, **quiet)
