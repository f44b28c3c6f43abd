"""The Chat tab: a conversation and the composer under it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.turns.conversation import Conversation, WriteLease
from deepseek_space.chat.turns.page_view import PageView, PendingMessage
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.text.bounds import check_length
from deepseek_space.text.documents.document import Limits
from deepseek_space.text.edits.instructions import Style
from deepseek_space.ui.html.transcript import abilities, transcript
from deepseek_space.ui.html.workspace_view import workspace_view, writing_view
from deepseek_space.ui.parts.composer import MATHS_JS, Composer, build_composer
from deepseek_space.ui.parts.controls import Controls, Values
from deepseek_space.ui.parts.history import KEEP_S, History
from deepseek_space.ui.parts.message_context import MessageContext, build_message_context
from deepseek_space.ui.parts.message_view import build_message_view
from deepseek_space.ui.parts.model_missing import refuse_without_model
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import QUIET, Updates
from deepseek_space.ui.parts.workbench import build_workspace_channel

Told = Callable[[str], Updates]
"""Answers the page what became of a message: "sent", "busy" (another is answered), "too_long" or "refused"."""

DRAW_S = 0.4  # how often a file that is being written is drawn anew


@dataclass(frozen=True, kw_only=True)
class ChatTab:
    """The components of the tab and what happens in them."""

    backend: Backend
    runner: ReplyRunner
    controls: Controls
    system_prompt: gr.Textbox
    page_view: gr.State
    chatbot: gr.Chatbot
    composer: Composer
    context: MessageContext
    history: History | None
    workbench: gr.HTML

    @property
    def inputs(self) -> list[Component]:
        """What says which conversation is meant and how a reply is wanted."""
        return [self.page_view, self.system_prompt, self.composer.think, *self.controls.components]

    @property
    def outputs(self) -> list[Component]:
        """What changes as a reply is written."""
        kept = [self.history.component] if self.history else []
        return [self.chatbot, self.composer.send, self.composer.stop, *self.context.outputs, *kept, self.workbench]

    @property
    def sent_with(self) -> list[Component]:
        """What a message is sent with."""
        return [*self.inputs, self.context.attached]

    @property
    def written_with(self) -> list[Component]:
        """What is known of a message that is being written."""
        return [*self.sent_with, self.composer.message]

    def on_stop(self, page_view: PageView) -> None:
        """End the reply that is being written; its writer shows what there is."""
        page_view.conversation.stop()

    def send(self, values: Values, wanted: PendingMessage, told: Told, *, way: str = "") -> Iterator[Updates]:
        """Send what is made ready and stream the reply; where it does not fit, show the choice instead.

        ``way`` is the choice that was made. One that was sent before, over a line that lost the answer, is shown.
        """
        page_view: PageView = values[self.page_view]
        self._join(page_view)
        conversation = page_view.conversation
        if wanted.is_in(conversation):
            yield from self._follow(page_view, told("sent"))
        elif wanted.kind == "ask" and conversation.open_turn:
            yield from self._follow(page_view, told("busy"))
        elif refuse_without_model(self.backend):
            yield self.refused(values, told)
        else:
            yield from self._send_new(values, wanted, told, way)

    def refused(self, values: Values, told: Told) -> Updates:
        """Return the updates that show that nothing was sent."""
        attached: Attached = values[self.context.attached]
        return {**self.show(values[self.page_view]), **self.context.attachments.view(attached), **told("refused")}

    def _send_new(self, values: Values, wanted: PendingMessage, told: Told, way: str) -> Iterator[Updates]:
        page_view: PageView = values[self.page_view]
        try:
            message = self.context.fitted(page_view.conversation, wanted, way)
            lease = message.open(page_view.conversation) if message else None
        except SpaceError as error:
            show_refusal(error)
            yield self.refused(values, told)
            return
        page_view.too_long = None if message else wanted
        if message is None:
            how = self.context.ask_how(page_view.conversation, wanted)
            yield {**self.refused(values, told), **how, **told("too_long")}
        elif lease is None:
            yield {**self.refused(values, told), self.context.panel: ""}
        else:
            sent = self.context.sent(values[self.context.attached]) if wanted.kind == "ask" else {}
            # What is on its way now takes the context: that of the draft may have been more than fits.
            draft = PendingMessage(question="", files=(), settings=wanted.settings)
            use = self.context.show_use(page_view.conversation, draft)
            yield from self.reply(page_view, lease, taken={self.context.panel: "", **use, **sent, **told("sent")})

    def _join(self, page_view: PageView) -> None:
        """Go on in the conversation as it is written here at this moment, perhaps for another page that shows it."""
        written = self.runner.find(page_view.conversation.id)
        if written and written is not page_view.conversation:
            page_view.turn_to(written)

    def _follow(self, page_view: PageView, told: Updates) -> Iterator[Updates]:
        """Show what another page, or this one before, has sent, and the reply to it as it grows."""
        yield {**self.show(page_view), **told}
        if page_view.conversation.open_turn:
            yield from self.show_reply(page_view, self.runner.watch(page_view.conversation.id), first={})

    def show_use(self, values: Values) -> Updates:
        """Return the updates that show what takes the context with the message as it is written now.

        The choice over one that was too long is that over this one, or gone.
        """
        page_view: PageView = values[self.page_view]
        message = self.message(values, values[self.composer.message])
        is_asked = page_view.too_long is not None and page_view.too_long.kind == "ask"
        asked = self.context.ask_again(page_view.conversation, message) if is_asked else {}
        return {**self.context.show_use(page_view.conversation, message), **asked}

    def message(self, values: Values, text: str) -> PendingMessage:
        """Return ``text`` with what is attached, to be sent; raises RequestError for what cannot be used."""
        files = tuple(values[self.context.attached].files.values())
        return PendingMessage(question=text, files=files, settings=self.settings(values, text))

    def settings(self, values: Values, text: str = "", *, backend: Backend | None = None) -> ReplySettings:
        """Return how a reply is wanted now, of ``backend`` in place of the chat's own where that is given.

        Raises RequestError for what cannot be used, or far too much ``text``.
        """
        check_length("The message", text)
        check_length("The system prompt", values[self.system_prompt])
        status = (backend or self.backend).status()
        return ReplySettings(
            sampling=self.controls.sampling(values, status),
            # Also of a model that is ready: another may answer by the time that it is this one's turn.
            follows=self.controls.unchanged(values),
            thinking=values[self.composer.think] if status.can_choose_thinking else None,
            thinking_budget=self.controls.thinking_budget(values),
            system_prompt=values[self.system_prompt],
            style=_style(values[self.page_view], status),
        )

    def reply(self, page_view: PageView, lease: WriteLease, *, taken: Updates | None = None) -> Iterator[Updates]:
        """Have the reply of ``lease`` written and show it as it grows; ``taken`` goes with the first update."""
        turns = self.runner.write(page_view.conversation, lease, by_visitor(lease.request()))
        yield from self.show_reply(page_view, turns, first=taken or {})

    def show_reply(self, page_view: PageView, turns: Iterator[Turn], *, first: Updates) -> Iterator[Updates]:
        """Show a reply as it grows; a page that shows something else by now only keeps it going.

        What this sent last may have come after what the page turned to: it is shown once more, after all of this.
        """
        conversation, visit = page_view.conversation, page_view.visit
        first = {**self.composer.busy(), **first}
        seen, kept_s, drawn_s, is_left = None, None, 0.0, False
        for turn in turns:
            updates: Updates = {}
            if page_view.visit != visit and not is_left:
                is_left, updates = True, self._page(page_view)
            elif page_view.visit == visit and (turn is not seen or turn.is_thinking):
                updates, first = {**self._view(page_view), **first}, {}
                if turn.settings.style and time.monotonic() - drawn_s >= DRAW_S:
                    updates |= self._writing(conversation, turn)
                    drawn_s = time.monotonic()
            if kept_s is None or time.monotonic() - kept_s >= KEEP_S:
                updates |= self.save(conversation, is_shown=page_view.visit == visit, is_whole=kept_s is None)
                kept_s = time.monotonic()
            seen = turn
            yield updates or gr.skip()
        if page_view.visit != visit:
            left = {} if is_left else self._page(page_view)
            yield {**left, **self.save(conversation, is_shown=False)} or gr.skip()
        elif conversation.open_turn:
            # Overtaken: the buttons belong to the reply that is written now.
            yield self._view(page_view)
        else:
            yield self.show(page_view)

    def show(self, page_view: PageView) -> Updates:
        """Return the updates that show the page's conversation as it is now, and keep it."""
        return {**self._page(page_view), **self.save(page_view.conversation)}

    def _page(self, page_view: PageView) -> Updates:
        buttons = self.composer.busy() if page_view.conversation.open_turn else self.composer.idle()
        panel = {} if page_view.too_long else {self.context.panel: ""}
        return {**self._view(page_view), **buttons, **panel, **self.show_files(page_view)}

    def show_files(self, page_view: PageView) -> Updates:
        """Return the update that shows the conversation's files as they are now."""
        return {self.workbench: workspace_view(page_view.conversation)}

    def _writing(self, conversation: Conversation, turn: Turn) -> Updates:
        view = writing_view(conversation, turn)
        return {self.workbench: view} if view else {}

    def save(self, conversation: Conversation, *, is_shown: bool = True, is_whole: bool = True) -> Updates:
        """Return the update that has the browser keep the conversation."""
        if self.history is None:
            return {}
        keep = self.history.save if is_whole else self.history.save_open_turn
        return keep(conversation, is_shown=is_shown)

    def _view(self, page_view: PageView) -> Updates:
        messages = transcript(
            page_view.conversation.places(),
            time.monotonic(),
            able=abilities(self.backend.status()),
            most=page_view.most_turns,
        )
        return {self.chatbot: messages}


def build_chat_tab(
    backend: Backend,
    runner: ReplyRunner,
    controls: Controls,
    system_prompt: gr.Textbox,
    history: History | None = None,
    limits: Limits | None = None,
) -> ChatTab:
    """Place the tab's components where it is called for, and wire them; without ``limits`` it takes no files."""
    chatbot = build_message_view("chatbot", height="100%", can_copy=False)
    composer = build_composer(takes_files=limits is not None)
    tab = ChatTab(
        backend=backend,
        runner=runner,
        controls=controls,
        system_prompt=system_prompt,
        page_view=gr.State(PageView()),
        chatbot=chatbot,
        composer=composer,
        context=build_message_context(backend, composer, limits or Limits(), keeps=history is not None),
        history=history,
        workbench=build_workspace_channel(),
    )
    _wire(tab)
    return tab


def _wire(tab: ChatTab) -> None:
    composer = tab.composer
    composer.stop.click(tab.on_stop, tab.page_view, None, **QUIET)
    composer.maths.click(None, composer.message, composer.message, js=MATHS_JS, **QUIET)
    # Counted after a pause, so that neither typing nor a reply is slowed.
    gr.on(
        [composer.message.change, tab.chatbot.change, composer.chips.change], None, js="() => deepseekSpace.recount()"
    )


def _style(page_view: PageView, status: Status) -> Style | Literal[""]:
    """Return how an answer is to change the files of the page's conversation, "" where it is about none."""
    if not page_view.is_about_files:
        return ""
    return "edits" if status.writes_edits else "files"
