"""What the list of chats asks for: another chat, a new one, the end of one, a file to read."""

from collections.abc import Iterator
from dataclasses import dataclass

from deepseek_space.errors import SpaceError
from deepseek_space.ui import held
from deepseek_space.ui.chats.chat_record import read_export, read_record
from deepseek_space.ui.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.turns.conversation import Conversation
from deepseek_space.ui.turns.shown import Shown
from deepseek_space.ui.words.language import retell, say


@dataclass(frozen=True, kw_only=True)
class ChatEvents:
    """The handlers. A browser sends the records that it has; who knows an id may see what is written under it."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        self.events.on("new", self.on_new, [self.tab.shown], self.tab.outputs)
        self.events.on("open_chat", self.on_open, [self.tab.shown], self.tab.outputs)
        self.events.on("stop_chat", self.on_stop, [], [])
        self.events.on("import_chats", self.on_import, [], [])

    def on_new(self, values: Values, act: Act) -> Updates:
        """Begin a new chat; a reply in the old one is written to its end."""
        shown: Shown = values[self.tab.shown]
        shown.turn_to(Conversation())
        return self.tab.show(shown)

    def on_open(self, values: Values, act: Act) -> Iterator[Updates]:
        """Show the chat of a record: as it is written here at this moment, else as the record has it."""
        shown: Shown = values[self.tab.shown]
        try:
            conversation = self._opened(act.text)
        except SpaceError as error:
            yield self.events.reply(act, error=retell(str(error)))
            return
        shown.turn_to(conversation)
        yield {**self.tab.show(shown), **self.events.reply(act)}
        if conversation.open_turn:
            yield from self.tab.follow(shown, self.tab.desk.watch(conversation.id), first={})

    def on_stop(self, values: Values, act: Act) -> None:
        """End the reply that is written in a chat, shown or not."""
        if conversation := self.tab.desk.find(act.target):
            conversation.stop()

    def on_import(self, values: Values, act: Act) -> Updates:
        """Answer with the records in a file, or with what is wrong in it."""
        try:
            with held.parsing.reading(len(act.text)):
                return self.events.reply(act, chats=read_export(act.text))
        except SpaceError as error:
            reason = retell(str(error)).rstrip(".。")
            return self.events.reply(act, error=say("{reason}. Nothing was imported.", reason=reason))

    def _opened(self, record: str) -> Conversation:
        with held.parsing.reading(len(record)):
            kept = read_record(record)
        if written := self.tab.desk.find(kept.id):
            return written
        held.texts.hold(kept, len(record))
        return kept
