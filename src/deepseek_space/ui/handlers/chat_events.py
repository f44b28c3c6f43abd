"""What the list of chats asks for: another chat, a new one, the end of one, a file to read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deepseek_space.chat import memory_quota
from deepseek_space.chat.records.chat_import import read_import
from deepseek_space.chat.records.chat_record import read_record
from deepseek_space.chat.records.chatgpt_export import LEFT_OUT
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.errors import SpaceError
from deepseek_space.ui.html.chat_page import chat_page
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class ChatEvents:
    """The handlers. A browser sends the records that it has; who knows an id may see what is written under it."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        self.events.on("new", self.on_new, [self.tab.page_view], self.tab.outputs)
        self.events.on("open_chat", self.on_open, [self.tab.page_view], self.tab.outputs)
        self.events.on("stop_chat", self.on_stop, [], [])
        self.events.on("import_chats", self.on_import, [], [])
        self.events.on("export_page", self.on_export, [], [])

    def on_new(self, values: Values, act: Act) -> Updates:
        """Begin a new chat; a reply in the old one is written to its end."""
        page_view: PageView = values[self.tab.page_view]
        page_view.turn_to(Conversation())
        return {**self.tab.show(page_view), self.tab.context.bar: ""}

    def on_open(self, values: Values, act: Act) -> Iterator[Updates]:
        """Show the chat of a record: as it is written here at this moment, else as the record has it."""
        page_view: PageView = values[self.tab.page_view]
        try:
            conversation = self._opened(act.text)
        except SpaceError as error:
            yield self.events.reply(act, error=say(error.sentence))
            return
        page_view.turn_to(conversation)
        yield {**self.tab.show(page_view), **self.events.reply(act)}
        if conversation.open_turn:
            yield from self.tab.show_reply(page_view, self.tab.runner.watch(conversation.id), first={})

    def on_stop(self, values: Values, act: Act) -> None:
        """End the reply that is written in a chat, shown or not."""
        if conversation := self.tab.runner.find(act.target):
            conversation.stop()

    def on_import(self, values: Values, act: Act) -> Updates:
        """Answer with the records in a file, or with what is wrong in it."""
        try:
            with memory_quota.parsing.reading(len(act.text)):
                found = read_import(act.text)
                return self.events.reply(act, chats=found.chats, left_out=_left_out(found.left_out))
        except SpaceError as error:
            reason = say(error.sentence).rstrip(".。")
            return self.events.reply(act, error=say("{reason}. Nothing was imported.", reason=reason))

    def on_export(self, values: Values, act: Act) -> Updates:
        """Answer with the HTML file of a record, under the title that is named."""
        try:
            with memory_quota.parsing.reading(len(act.text)):
                turns = read_record(act.text).turns
                return self.events.reply(act, page=chat_page(act.target, turns))
        except SpaceError as error:
            return self.events.reply(act, error=say(error.sentence))

    def _opened(self, record: str) -> Conversation:
        with memory_quota.parsing.reading(len(record)):
            kept = read_record(record)
        if written := self.tab.runner.find(kept.id):
            return written
        memory_quota.texts.hold(kept, len(record))
        return kept


def _left_out(counts: Mapping[str, int]) -> str:
    """Say what of a file could not be taken; "" where all was."""
    kinds = [f"{say(LEFT_OUT[kind])} ({count:,})" for kind, count in counts.items() if count]
    return say("Not taken over: {kinds}.", kinds=", ".join(kinds)) if kinds else ""
