"""What the next message takes along, its share of the context, the choice where it is too much."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.context.context_use import ContextUse, Count, Draft, TokenCounts, use_of
from deepseek_space.chat.context.fitting import Way, apply_way, ways_to_fit
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PendingMessage
from deepseek_space.text.documents.document import Limits
from deepseek_space.text.edits.instructions import files_text
from deepseek_space.ui.html.context_meter import meter
from deepseek_space.ui.html.fit_panel import fit_panel
from deepseek_space.ui.parts.attachments import Attachments
from deepseek_space.ui.parts.browser_store import build_browser_store
from deepseek_space.ui.parts.composer import Composer
from deepseek_space.ui.parts.wiring import Updates


@dataclass(frozen=True, kw_only=True)
class MessageContext:
    """The components, and the figures that they show."""

    backend: Backend
    counts: TokenCounts
    attachments: Attachments
    bar: gr.HTML
    panel: gr.HTML

    @property
    def outputs(self) -> list[Component]:
        """What changes with the message."""
        return [*self.attachments.outputs, self.bar, self.panel]

    @property
    def attached(self) -> gr.State:
        """What holds the documents of the next message."""
        return self.attachments.attached

    def show_use(self, conversation: Conversation, message: PendingMessage) -> Updates:
        """Return the update that shows what takes the context."""
        return {self.bar: meter(self._use(self._draft(conversation, message)))}

    def fitted(self, conversation: Conversation, message: PendingMessage, chosen: str = "") -> PendingMessage | None:
        """Return the message in a form that fits; None if there is a choice to make first.

        ``chosen`` is the key of the way that the reader has chosen; the conversation is changed accordingly.
        """
        draft = self._draft(conversation, message)
        if not self._use(draft).tokens_over:
            return message
        way = next((way for way in self._ways(draft) if way.key == chosen), None)
        if way is None:
            return None
        settings = message.settings
        if way.room is not None:
            settings = replace(settings, sampling=replace(settings.sampling, max_new_tokens=way.room))
        return replace(message, files=apply_way(way, conversation, message.files, self._count), settings=settings)

    def ask_how(self, conversation: Conversation, message: PendingMessage) -> Updates:
        """Return the updates that show what can be done about a message that does not fit."""
        return {self.panel: self._choice(conversation, message), **self.show_use(conversation, message)}

    def ask_again(self, conversation: Conversation, message: PendingMessage) -> Updates:
        """Return the update for a message that was too long and is written otherwise by now."""
        is_blank = not (message.question.strip() or message.files)
        is_over = self._use(self._draft(conversation, message)).tokens_over
        return {self.panel: self._choice(conversation, message) if is_over and not is_blank else ""}

    def sent(self, attached: Attached) -> Updates:
        """Return the updates for when a new message is on its way: what it took along is with it now."""
        attached.clear()
        return self.attachments.view(attached)

    def _choice(self, conversation: Conversation, message: PendingMessage) -> str:
        draft = self._draft(conversation, message)
        return fit_panel(self._use(draft), self._ways(draft), is_new=not draft.turns)

    @property
    def _count(self) -> Count:
        return self.counts.by(self.backend.status())

    def _draft(self, conversation: Conversation, message: PendingMessage) -> Draft:
        return Draft(
            turns=message.past(conversation),
            question=message.question,
            begun=message.begun(conversation),
            files=message.files,
            system_prompt=message.settings.instructions,
            work_text=files_text(conversation.workspace.texts) if message.settings.style else "",
            max_new_tokens=message.settings.sampling.max_new_tokens,
            context_tokens=self.backend.status().context_tokens,
        )

    def _use(self, draft: Draft) -> ContextUse:
        return use_of(draft, self._count)

    def _ways(self, draft: Draft) -> Sequence[Way]:
        return ways_to_fit(draft, self._count)


def build_message_context(
    backend: Backend, composer: Composer, limits: Limits, *, keeps: bool = False
) -> MessageContext:
    """Return what the composer's components for documents and figures do, wired.

    ``keeps`` has the browser keep the documents until they are sent.
    """
    counts = TokenCounts(backend)
    attachments = Attachments(
        backend=backend,
        counts=counts,
        limits=limits,
        attached=gr.State(Attached()),
        button=composer.attach,
        chips=composer.chips,
        kept=build_browser_store("files") if keeps else None,
    )
    return MessageContext(
        backend=backend, counts=counts, attachments=attachments, bar=composer.meter, panel=composer.fit_panel
    )
