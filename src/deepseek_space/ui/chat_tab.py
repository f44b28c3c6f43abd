"""The Chat tab: a conversation and the composer under it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.ui.controls import Controls, Values
from deepseek_space.ui.conversation import Conversation, Ticket
from deepseek_space.ui.desk import Desk
from deepseek_space.ui.limits import check_length, refusal
from deepseek_space.ui.message_view import build_message_view
from deepseek_space.ui.shown import Shown
from deepseek_space.ui.transcript import transcript
from deepseek_space.ui.turn import ReplySettings, Turn
from deepseek_space.ui.wiring import Generation

Updates = dict[Component, Any]

WELCOME = "## What shall we work on?"
EXAMPLES = {
    "Fibonacci with memoization": "Write a Python function to find the nth Fibonacci number using memoization.",
    "A table and a formula": "Explain the sum of the first n numbers with a table, a formula and code.",
    "Find the mistake": "Why does `0.1 + 0.2 == 0.3` give False, and how should floats be compared?",
    "用中文回答": "用三句话解释什么是混合专家模型。",
}


@dataclass(frozen=True, kw_only=True)
class ChatTab:
    """The components of the tab and what happens in them."""

    backend: Backend
    desk: Desk
    controls: Controls
    system_prompt: gr.Textbox
    shown: gr.State
    chatbot: gr.Chatbot
    message: gr.Textbox
    send: gr.Button
    stop: gr.Button
    retry: gr.Button
    clear: gr.Button

    def on_send(self, values: Values) -> Iterator[Updates]:
        """Take in what was written and stream the reply."""
        yield from self._ask(values, values[self.message], taken={self.message: ""})

    def on_example(self, values: Values, picked: gr.SelectData) -> Iterator[Updates]:
        """Send the example that was picked."""
        yield from self._ask(values, picked.value["text"], taken={})

    def on_retry(self, values: Values) -> Iterator[Updates]:
        """Stream another reply to the last message."""
        shown: Shown = values[self.shown]
        ticket = shown.conversation.retry(settings=self._checked(values))
        if ticket is None:
            gr.Info("There is no message to answer again yet.")
            yield gr.skip()
            return
        yield from self._reply(shown, ticket, taken={})

    def on_stop(self, shown: Shown) -> None:
        """End the reply that is being written; its writer shows what there is."""
        shown.conversation.stop()

    def on_clear(self, shown: Shown) -> Updates:
        """Begin a new conversation; a reply in the old one is written to its end."""
        shown.turn_to(Conversation())
        return {self.chatbot: [], **self._idle()}

    def _ask(self, values: Values, text: str, *, taken: Updates) -> Iterator[Updates]:
        if not text.strip():
            gr.Info("Write a message first, then send it.")
            yield gr.skip()
            return
        shown: Shown = values[self.shown]
        if shown.conversation.open_turn:
            yield gr.skip()
            return
        settings = self._checked(values, text)
        yield from self._reply(shown, shown.conversation.ask(text, settings), taken=taken)

    def _checked(self, values: Values, text: str = "") -> ReplySettings:
        try:
            check_length("The message", text)
            check_length("The system prompt", values[self.system_prompt])
            sampling = self.controls.sampling(values, self.backend.status())
        except SpaceError as error:
            raise refusal(error) from None
        return ReplySettings(sampling=sampling, system_prompt=values[self.system_prompt])

    def _reply(self, shown: Shown, ticket: Ticket, *, taken: Updates) -> Iterator[Updates]:
        turns = self.desk.write(shown.conversation, ticket, ticket.request())
        yield from self._follow(shown, turns, first=taken)

    def _follow(self, shown: Shown, turns: Iterator[Turn], *, first: Updates) -> Iterator[Updates]:
        """Show a reply as it grows; a page that shows something else by now only keeps it going."""
        conversation, visit = shown.conversation, shown.visit
        first = {**self._busy(), **first}
        seen = None
        for turn in turns:
            is_news = turn is not seen or turn.is_thinking
            seen = turn
            if is_news and shown.visit == visit:
                yield {**self._view(conversation), **first}
                first = {}
            else:
                yield gr.skip()
        if shown.visit == visit:
            # One that was overtaken leaves the buttons to the reply that is written now.
            yield {**self._view(conversation), **({} if conversation.open_turn else self._idle())}

    def _view(self, conversation: Conversation) -> Updates:
        return {self.chatbot: transcript(conversation.turns, time.monotonic())}

    def _busy(self) -> Updates:
        return {
            self.send: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
            self.retry: gr.Button(interactive=False),
        }

    def _idle(self) -> Updates:
        return {
            self.send: gr.Button(visible=True),
            self.stop: gr.Button(visible=False),
            self.retry: gr.Button(interactive=True),
        }


def build_chat_tab(
    backend: Backend, desk: Desk, controls: Controls, system_prompt: gr.Textbox, generation: Generation
) -> ChatTab:
    """Place the tab's components where it is called for, and wire them."""
    chatbot = build_message_view("chatbot", height="100%", placeholder=WELCOME, examples=EXAMPLES)
    with gr.Column(elem_id="composer", scale=0):
        with gr.Row(elem_id="composer-row", equal_height=False):
            message = gr.Textbox(
                elem_id="chat-input",
                show_label=False,
                label="Message",
                placeholder="Write a message",
                container=False,
                lines=1,
                max_lines=10,
                autofocus=True,
                scale=1,
            )
            send = gr.Button("Send", elem_id="chat-send", variant="primary", scale=0, min_width=0)
            stop = gr.Button("Stop", elem_id="chat-stop", visible=False, scale=0, min_width=0)
        with gr.Row(elem_id="composer-actions"):
            retry = gr.Button("Retry", elem_id="chat-retry", size="sm", scale=0, min_width=0)
            clear = gr.Button("Clear", elem_id="chat-clear", size="sm", scale=0, min_width=0)
            gr.HTML("Enter sends · Shift + Enter breaks the line", elem_id="chat-hint")
    tab = ChatTab(
        backend=backend,
        desk=desk,
        controls=controls,
        system_prompt=system_prompt,
        shown=gr.State(Shown()),
        chatbot=chatbot,
        message=message,
        send=send,
        stop=stop,
        retry=retry,
        clear=clear,
    )
    _wire(tab, generation)
    return tab


def _wire(tab: ChatTab, generation: Generation) -> None:
    inputs = {tab.shown, tab.system_prompt, tab.message, *tab.controls.components}
    outputs = [tab.chatbot, tab.message, tab.send, tab.stop, tab.retry]
    generation.on([tab.message.submit, tab.send.click], tab.on_send, inputs, outputs)
    generation.on([tab.chatbot.example_select], tab.on_example, inputs, outputs)
    generation.on([tab.retry.click], tab.on_retry, inputs, outputs)
    tab.stop.click(tab.on_stop, tab.shown, None, queue=False, api_visibility="private", show_progress="hidden")
    tab.clear.click(tab.on_clear, tab.shown, outputs, queue=False, api_visibility="private", show_progress="hidden")
