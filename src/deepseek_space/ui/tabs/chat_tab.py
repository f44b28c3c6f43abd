"""The Chat tab: a conversation and the composer under it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.text.bounds import check_length
from deepseek_space.text.documents.document import Limits
from deepseek_space.ui.chats.history import KEEP_S, History
from deepseek_space.ui.limits import show_refusal
from deepseek_space.ui.messages.message_view import build_message_view
from deepseek_space.ui.messages.transcript import abilities, transcript
from deepseek_space.ui.models.model_missing import refuse_without_model
from deepseek_space.ui.next_message.composer import Composer, build_composer, with_maths_directive
from deepseek_space.ui.next_message.message_context import MessageContext, build_message_context
from deepseek_space.ui.parameters.controls import Controls, Values
from deepseek_space.ui.turns.conversation import Conversation, Ticket
from deepseek_space.ui.turns.desk import Desk
from deepseek_space.ui.turns.outgoing import Outgoing
from deepseek_space.ui.turns.shown import Shown
from deepseek_space.ui.turns.turn import ReplySettings, Turn
from deepseek_space.ui.wiring import QUIET, Generation, Updates
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class ChatTab:
    """The components of the tab and what happens in them."""

    backend: Backend
    desk: Desk
    controls: Controls
    system_prompt: gr.Textbox
    shown: gr.State
    chatbot: gr.Chatbot
    composer: Composer
    context: MessageContext
    history: History | None

    @property
    def inputs(self) -> list[Component]:
        """What says which conversation is meant and how a reply is wanted."""
        return [self.shown, self.system_prompt, self.composer.think, *self.controls.components]

    @property
    def outputs(self) -> list[Component]:
        """What changes as a reply is written."""
        kept = [self.history.component] if self.history else []
        return [self.chatbot, self.composer.send, self.composer.stop, *self.context.outputs, *kept]

    @property
    def asked_with(self) -> list[Component]:
        """What a new message needs besides."""
        return [*self.inputs, self.composer.message, self.context.attached]

    def on_send(self, values: Values) -> Iterator[Updates]:
        """Take in what was written and stream the reply."""
        message = self.composer.message
        yield from self.ask(values, values[message], taken={message: ""})

    def on_stop(self, shown: Shown) -> None:
        """End the reply that is being written; its writer shows what there is."""
        shown.conversation.stop()

    def ask(self, values: Values, text: str, *, taken: Updates | None = None, way: str = "") -> Iterator[Updates]:
        """Send ``text`` with what is attached and stream the reply; where it does not fit, show the choice instead.

        ``way`` is the choice that was made, ``taken`` goes with the first update once it is sent.
        """
        shown: Shown = values[self.shown]
        if not text.strip():
            gr.Info(say("Write a message first, then send it."))
            yield gr.skip()
            return
        if shown.conversation.open_turn:
            yield gr.skip()
            return
        try:
            message = self._message(values, text)
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        yield from self.send(values, message, taken=taken, way=way)

    def send(
        self, values: Values, wanted: Outgoing, *, taken: Updates | None = None, way: str = ""
    ) -> Iterator[Updates]:
        """Send what is made ready and stream the reply; where it does not fit, show the choice instead."""
        shown: Shown = values[self.shown]
        if refuse_without_model(self.backend):
            yield gr.skip()
            return
        try:
            message = self.context.fitted(shown.conversation, wanted, way)
            ticket = message.open(shown.conversation) if message else None
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        shown.too_long = None if message else wanted
        if message is None:
            written = {self.composer.message: wanted.question} if wanted.kind == "ask" else {}
            yield {**written, **self.context.ask_how(shown.conversation, wanted)}
        elif ticket is None:
            yield {self.context.panel: ""}
        else:
            sent = self.context.sent(values[self.context.attached]) if wanted.kind == "ask" else {}
            # What is on its way now takes the context: that of the draft may have been more than fits.
            use = self.context.show_use(shown.conversation, Outgoing(question="", files=(), settings=wanted.settings))
            yield from self.reply(shown, ticket, taken={self.context.panel: "", **use, **(taken or {}), **sent})

    def show_use(self, values: Values) -> Updates:
        """Return the update that shows what takes the context with the message as it is written now."""
        message = self._message(values, values[self.composer.message])
        return self.context.show_use(values[self.shown].conversation, message)

    def _message(self, values: Values, text: str) -> Outgoing:
        files = tuple(values[self.context.attached].files.values())
        return Outgoing(question=text, files=files, settings=self.settings(values, text))

    def settings(self, values: Values, text: str = "", *, backend: Backend | None = None) -> ReplySettings:
        """Return how a reply is wanted now, of ``backend`` in place of the chat's own where that is given.

        Raises RequestError for what cannot be used, or far too much ``text``.
        """
        check_length("The message", text)
        check_length("The system prompt", values[self.system_prompt])
        status = (backend or self.backend).status()
        return ReplySettings(
            sampling=self.controls.sampling(values, status),
            follows=() if status.state == "ready" else self.controls.unchanged(values),
            thinking=values[self.composer.think] if status.can_choose_thinking else None,
            thinking_budget=self.controls.thinking_budget(values),
            system_prompt=values[self.system_prompt],
        )

    def reply(self, shown: Shown, ticket: Ticket, *, taken: Updates | None = None) -> Iterator[Updates]:
        """Have the reply of ``ticket`` written and show it as it grows; ``taken`` goes with the first update."""
        turns = self.desk.write(shown.conversation, ticket, ticket.request())
        yield from self.follow(shown, turns, first=taken or {})

    def follow(self, shown: Shown, turns: Iterator[Turn], *, first: Updates) -> Iterator[Updates]:
        """Show a reply as it grows; a page that shows something else by now only keeps it going."""
        conversation, visit = shown.conversation, shown.visit
        first = {**self.composer.busy(), **first}
        seen, kept_s = None, None
        for turn in turns:
            updates: Updates = {}
            if shown.visit == visit and (turn is not seen or turn.is_thinking):
                updates, first = {**self._view(shown), **first}, {}
            if kept_s is None or time.monotonic() - kept_s >= KEEP_S:
                updates |= self._keep(conversation, is_shown=shown.visit == visit, is_whole=kept_s is None)
                kept_s = time.monotonic()
            seen = turn
            yield updates or gr.skip()
        if shown.visit != visit:
            yield self._keep(conversation, is_shown=False) or gr.skip()
        elif conversation.open_turn:
            # Overtaken: the buttons belong to the reply that is written now.
            yield self._view(shown)
        else:
            yield self.show(shown)

    def show(self, shown: Shown) -> Updates:
        """Return the updates that show the page's conversation as it is now."""
        buttons = self.composer.busy() if shown.conversation.open_turn else self.composer.idle()
        panel = {} if shown.too_long else {self.context.panel: ""}
        return {**self._view(shown), **buttons, **panel, **self._keep(shown.conversation)}

    def _keep(self, conversation: Conversation, *, is_shown: bool = True, is_whole: bool = True) -> Updates:
        if self.history is None:
            return {}
        keep = self.history.keep if is_whole else self.history.keep_open_turn
        return keep(conversation, is_shown=is_shown)

    def _view(self, shown: Shown) -> Updates:
        messages = transcript(
            shown.conversation.places(),
            time.monotonic(),
            able=abilities(self.backend.status()),
            most=shown.most_turns,
        )
        return {self.chatbot: messages}


def build_chat_tab(
    backend: Backend,
    desk: Desk,
    controls: Controls,
    system_prompt: gr.Textbox,
    generation: Generation,
    history: History | None = None,
    limits: Limits | None = None,
) -> ChatTab:
    """Place the tab's components where it is called for, and wire them; without ``limits`` it takes no files."""
    chatbot = build_message_view("chatbot", height="100%", can_copy=False)
    composer = build_composer(takes_files=limits is not None)
    tab = ChatTab(
        backend=backend,
        desk=desk,
        controls=controls,
        system_prompt=system_prompt,
        shown=gr.State(Shown()),
        chatbot=chatbot,
        composer=composer,
        context=build_message_context(backend, composer, limits or Limits(), keeps=history is not None),
        history=history,
    )
    _wire(tab, generation)
    return tab


def _wire(tab: ChatTab, generation: Generation) -> None:
    composer = tab.composer
    inputs, outputs = set(tab.asked_with), [*tab.outputs, composer.message]
    generation.on([composer.message.submit, composer.send.click], tab.on_send, inputs, outputs)
    composer.stop.click(tab.on_stop, tab.shown, None, **QUIET)
    composer.maths.click(with_maths_directive, composer.message, composer.message, **QUIET)
    # Counted after a pause, so that neither typing nor a reply is slowed.
    gr.on([composer.message.change, tab.chatbot.change, composer.chips.change], None, js="() => dsPage.recount()")
