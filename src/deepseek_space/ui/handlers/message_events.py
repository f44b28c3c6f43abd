"""What buttons under messages do: another version, the rest of a reply, a branch, a rating."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import gradio as gr

from deepseek_space.chat.turns.page_view import Kind, PageView, PendingMessage
from deepseek_space.chat.turns.turn import Rating, ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say

# What is sent by which button.
_SENDING: dict[str, Kind] = {
    "retry": "retry",
    "retry_thinking": "retry",
    "retry_plain": "retry",
    "edit_save": "edit",
    "go_on": "go_on",
}


@dataclass(frozen=True, kw_only=True)
class MessageEvents:
    """The handlers, for the conversation that the tab shows; an act on a turn that is not in it does nothing."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        writing = {**dict.fromkeys(_SENDING, self.on_send), "answer_now": self.on_answer_now}
        changing = {
            "previous": lambda values, act: self._choose(values, act, -1),
            "next": lambda values, act: self._choose(values, act, 1),
            "up": lambda values, act: self._rate(values, act, "up"),
            "down": lambda values, act: self._rate(values, act, "down"),
            "delete": self.on_delete,
            "take_in": self.on_take_in,
            "take_in_file": self.on_take_in_file,
            "earlier": self.on_earlier,
        }
        for name, handler in (writing | changing).items():
            self.events.on(name, handler, self.tab.inputs, self.tab.outputs)
        for name, handler in {"copy": self.on_copy, "copy_question": self.on_copy, "edit": self.on_edit}.items():
            self.events.on(name, handler, [self.tab.page_view], [])

    def on_send(self, values: Values, act: Act) -> Iterator[Updates]:
        """Write another version of a reply, the reply to other words, or the rest of one that was cut off."""
        turn = self._turn(values, act)
        if turn is None:
            yield gr.skip()
            return
        try:
            settings = self._settings(values, act, turn)
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        kind = _SENDING[act.name]
        question = act.text if kind == "edit" else turn.question
        wanted = PendingMessage(question=question, files=turn.files, settings=settings, kind=kind, turn_id=turn.id)
        yield from self.tab.send(values, wanted)

    def on_answer_now(self, values: Values, act: Act) -> Iterator[Updates]:
        """End the thoughts, and write the answer."""
        page_view: PageView = values[self.tab.page_view]
        # An empty target would mean the last turn, and no button of ours has one.
        lease = page_view.conversation.answer_now(act.target) if act.target else None
        if lease is None:
            yield gr.skip()
        else:
            yield from self.tab.reply(page_view, lease)

    def on_delete(self, values: Values, act: Act) -> Updates:
        """Forget a version of a turn and all that followed."""
        page_view: PageView = values[self.tab.page_view]
        page_view.conversation.delete(act.target)
        return self.tab.show(page_view)

    def on_take_in(self, values: Values, act: Act) -> Updates:
        """Have the model read a turn again that was left out."""
        page_view: PageView = values[self.tab.page_view]
        page_view.conversation.take_in(act.target)
        return self.tab.show(page_view)

    def on_take_in_file(self, values: Values, act: Act) -> Updates:
        """Have the model read a document again that was left out; the target is turn and position."""
        page_view: PageView = values[self.tab.page_view]
        turn_id, _, position = act.target.partition(":")
        if position.isdecimal():
            page_view.conversation.take_in_file(turn_id, int(position))
        return self.tab.show(page_view)

    def on_earlier(self, values: Values, act: Act) -> Updates:
        """Draw more of a long conversation."""
        page_view: PageView = values[self.tab.page_view]
        page_view.show_earlier()
        return self.tab.show(page_view)

    def on_copy(self, values: Values, act: Act) -> Updates | None:
        """Answer with the text of the reply, or of the question, as it was written."""
        if turn := self._turn(values, act):
            return self.events.reply(act, text=turn.question if act.name == "copy_question" else turn.answer)
        return None

    def on_edit(self, values: Values, act: Act) -> Updates | None:
        """Answer with the question and with the words for the place where it is edited."""
        if turn := self._turn(values, act):
            return self.events.reply(act, text=turn.question, **editor_words())
        return None

    def _turn(self, values: Values, act: Act) -> Turn | None:
        page_view: PageView = values[self.tab.page_view]
        return page_view.conversation.turn(act.target)

    def _choose(self, values: Values, act: Act, step: int) -> Updates:
        page_view: PageView = values[self.tab.page_view]
        page_view.conversation.choose(act.target, step)
        return self.tab.show(page_view)

    def _rate(self, values: Values, act: Act, rating: Rating) -> Updates:
        page_view: PageView = values[self.tab.page_view]
        if turn := page_view.conversation.turn(act.target):
            page_view.conversation.rate(turn.id, None if turn.rating == rating else rating)
        return self.tab.show(page_view)

    def _settings(self, values: Values, act: Act, turn: Turn) -> ReplySettings:
        """Return the parameters as they are now; thinking as the button says, and a reply goes on as it was begun."""
        settings = self.tab.settings(values, act.text)
        thinking = {"retry_thinking": True, "retry_plain": False, "go_on": turn.settings.thinking}
        return replace(settings, thinking=thinking.get(act.name, settings.thinking))


def editor_words() -> dict[str, str]:
    """Return the words for the place where a question is edited."""
    return {"save": say("Send"), "cancel": say("Cancel"), "label": say("Edit the message")}
