"""What buttons under messages do: another version, the rest of a reply, a branch, a rating."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from deepseek_space.chat.turns.page_view import Kind, PageView, PendingMessage
from deepseek_space.chat.turns.turn import Rating, ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.tabs.chat_tab import ChatTab, Told

# What is sent by which button; the composer sends too.
_SENDING: dict[str, Kind] = {
    "send": "ask",
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
        writing = {**dict.fromkeys(_SENDING, self.on_send), "fit": self.on_fit, "answer_now": self.on_answer_now}
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
            self.events.on(name, handler, self.tab.sent_with, self.tab.outputs)
        tab, js = self.tab, "(messages, chips) => deepseekSpace.drawChat(messages, chips)"
        sending = [tab.chatbot, tab.composer.send, tab.composer.stop, tab.composer.chips]
        self.events.draw("draw_chat", js, [tab.chatbot, tab.composer.chips], sending)
        for name in ("copy", "copy_question", "edit"):
            self.events.on(name, self.on_text, [self.tab.page_view], [])

    def on_send(self, values: Values, act: Act) -> Iterator[Updates]:
        """Send a message, or have another version of a reply written, the reply to other words, or the rest of one."""
        kind, turn = _SENDING[act.name], self._turn(values, act)
        if turn is None and kind != "ask":
            yield self.tab.refused(values, self._told(act))
            return
        try:
            wanted = self._again(values, act, turn, kind) if turn and kind != "ask" else self._new(values, act)
        except SpaceError as error:
            show_refusal(error)
            yield self.tab.refused(values, self._told(act))
            return
        yield from self.tab.send(values, wanted, self._told(act))

    def on_fit(self, values: Values, act: Act) -> Iterator[Updates]:
        """Send what did not fit in the way that was chosen; a new message as it is written now."""
        page_view: PageView = values[self.tab.page_view]
        wanted = page_view.too_long
        try:
            is_new = wanted is None or wanted.kind == "ask"
            wanted = self._new(values, act) if wanted is None or is_new else replace(wanted, new_id=act.key)
        except SpaceError as error:
            show_refusal(error)
            yield self.tab.refused(values, self._told(act))
            return
        yield from self.tab.send(values, wanted, self._told(act), way=act.target)

    def on_answer_now(self, values: Values, act: Act) -> Iterator[Updates]:
        """End the thoughts, and write the answer."""
        page_view: PageView = values[self.tab.page_view]
        # An empty target would mean the last turn, and no button of ours has one.
        lease = page_view.conversation.answer_now(act.target) if act.target else None
        if lease is None:
            yield self.tab.refused(values, self._told(act))
        else:
            yield from self.tab.reply(page_view, lease, taken=self._told(act)("sent"))

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

    def on_text(self, values: Values, act: Act) -> Updates | None:
        """Answer with the text of the reply, or of the question, as it was written."""
        if turn := self._turn(values, act):
            return self.events.reply(act, text=turn.answer if act.name == "copy" else turn.question)
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

    def _told(self, act: Act) -> Told:
        return lambda state: self.events.reply(act, state=state)

    def _new(self, values: Values, act: Act) -> PendingMessage:
        return replace(self.tab.message(values, act.text), new_id=act.key)

    def _again(self, values: Values, act: Act, turn: Turn, kind: Kind) -> PendingMessage:
        return PendingMessage(
            question=act.text if kind == "edit" else turn.question,
            files=turn.files,
            settings=self._settings(values, act, turn),
            kind=kind,
            turn_id=turn.id,
            new_id=act.key,
        )

    def _settings(self, values: Values, act: Act, turn: Turn) -> ReplySettings:
        """Return the parameters as they are now; thinking as the button says, and a reply goes on as it was begun."""
        settings = self.tab.settings(values, act.text)
        thinking = {"retry_thinking": True, "retry_plain": False, "go_on": turn.settings.thinking}
        return replace(settings, thinking=thinking.get(act.name, settings.thinking))
