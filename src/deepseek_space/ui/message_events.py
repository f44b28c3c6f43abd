"""What the buttons under messages do: another version, the rest of a reply, another branch, a rating."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import gradio as gr

from deepseek_space.errors import SpaceError
from deepseek_space.ui.chat_tab import ChatTab
from deepseek_space.ui.conversation import Conversation, Ticket
from deepseek_space.ui.language import say
from deepseek_space.ui.limits import show_refusal
from deepseek_space.ui.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.shown import Shown
from deepseek_space.ui.turn import Rating, ReplySettings, Turn

Opening = Callable[[Conversation, ReplySettings], Ticket | None]


@dataclass(frozen=True, kw_only=True)
class MessageEvents:
    """The handlers, for the conversation that the tab shows; an act on a turn that is not in it does nothing."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        writing = {
            "retry": self.on_retry,
            "retry_thinking": self.on_retry_thinking,
            "retry_plain": self.on_retry_plain,
            "edit_save": self.on_edit_save,
            "go_on": self.on_go_on,
            "answer_now": self.on_answer_now,
        }
        changing = {
            "previous": lambda values, act: self._choose(values, act, -1),
            "next": lambda values, act: self._choose(values, act, 1),
            "up": lambda values, act: self._rate(values, act, "up"),
            "down": lambda values, act: self._rate(values, act, "down"),
            "delete": self.on_delete,
            "earlier": self.on_earlier,
        }
        for name, handler in (writing | changing).items():
            self.events.on(name, handler, self.tab.inputs, self.tab.outputs)
        for name, handler in {"copy": self.on_copy, "copy_question": self.on_copy, "edit": self.on_edit}.items():
            self.events.on(name, handler, [self.tab.shown], [])

    def on_retry(self, values: Values, act: Act) -> Iterator[Updates]:
        """Write another version of the reply, as the controls stand now."""
        return self._write(values, act, lambda chat, settings: chat.retry(act.target, settings))

    def on_retry_thinking(self, values: Values, act: Act) -> Iterator[Updates]:
        """Write another version of the reply, with thoughts."""
        return self._write(values, act, lambda chat, now: chat.retry(act.target, replace(now, thinking=True)))

    def on_retry_plain(self, values: Values, act: Act) -> Iterator[Updates]:
        """Write another version of the reply, without thoughts."""
        return self._write(values, act, lambda chat, now: chat.retry(act.target, replace(now, thinking=False)))

    def on_edit_save(self, values: Values, act: Act) -> Iterator[Updates]:
        """Ask in other words, in a branch of its own."""
        return self._write(values, act, lambda chat, settings: chat.edit(act.target, act.text, settings))

    def on_go_on(self, values: Values, act: Act) -> Iterator[Updates]:
        """Write the rest of a reply that was cut off, in the mode that it was begun in."""

        def go_on(chat: Conversation, settings: ReplySettings) -> Ticket | None:
            turn = chat.turn(act.target)
            return chat.go_on(act.target, replace(settings, thinking=turn.settings.thinking)) if turn else None

        return self._write(values, act, go_on)

    def on_answer_now(self, values: Values, act: Act) -> Iterator[Updates]:
        """End the thoughts, and write the answer."""
        return self._write(values, act, lambda chat, settings: chat.answer_now(act.target))

    def on_delete(self, values: Values, act: Act) -> Updates:
        """Forget a version of a turn and all that followed."""
        shown: Shown = values[self.tab.shown]
        shown.conversation.delete(act.target)
        return self.tab.show(shown)

    def on_earlier(self, values: Values, act: Act) -> Updates:
        """Draw more of a long conversation."""
        shown: Shown = values[self.tab.shown]
        shown.show_earlier()
        return self.tab.show(shown)

    def on_copy(self, values: Values, act: Act) -> Updates | None:
        """Answer with the text of the reply, or of the question, as it was written."""
        if turn := self._turn(values, act):
            return self.events.reply(act, text=turn.question if act.name == "copy_question" else turn.answer)
        return None

    def on_edit(self, values: Values, act: Act) -> Updates | None:
        """Answer with the question and with the words for the place where it is edited."""
        if turn := self._turn(values, act):
            words = {"save": say("Send"), "cancel": say("Cancel"), "label": say("Edit the message")}
            return self.events.reply(act, text=turn.question, **words)
        return None

    def _turn(self, values: Values, act: Act) -> Turn | None:
        shown: Shown = values[self.tab.shown]
        return shown.conversation.turn(act.target)

    def _choose(self, values: Values, act: Act, step: int) -> Updates:
        shown: Shown = values[self.tab.shown]
        shown.conversation.choose(act.target, step)
        return self.tab.show(shown)

    def _rate(self, values: Values, act: Act, rating: Rating) -> Updates:
        shown: Shown = values[self.tab.shown]
        if turn := shown.conversation.turn(act.target):
            shown.conversation.rate(turn.id, None if turn.rating == rating else rating)
        return self.tab.show(shown)

    def _write(self, values: Values, act: Act, opening: Opening) -> Iterator[Updates]:
        shown: Shown = values[self.tab.shown]
        try:
            # An empty target would mean the last turn, and no button of ours has one.
            ticket = opening(shown.conversation, self.tab.settings(values, act.text)) if act.target else None
        except SpaceError as error:
            show_refusal(error)
            ticket = None
        if ticket is None:
            yield gr.skip()
        else:
            yield from self.tab.reply(shown, ticket)
