"""What the composer asks of the next message: size, documents, the choice where it is too long."""

from collections.abc import Iterator
from dataclasses import dataclass

from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.errors import SpaceError
from deepseek_space.ui.parts.attachments import READING
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.sent_text import uploaded_paths
from deepseek_space.ui.tabs.chat_tab import ChatTab


@dataclass(frozen=True, kw_only=True)
class ContextEvents:
    """The handlers."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        for name, handler in {
            "count": self.on_count,
            "file_remove": self.on_file_remove,
            "files_too_large": self.on_files_too_large,
            "fit_cancel": self.on_fit_cancel,
        }.items():
            self.events.on(name, handler, self.tab.written_with, self.tab.outputs)
        context = self.tab.context
        self.events.on("attach", self.on_attach, [context.attached], context.attachments.outputs, READING)

    def on_count(self, values: Values, act: Act) -> Updates:
        """Show what takes the context now: the page asks after a pause, so that typing is never slowed."""
        try:
            return {**self.tab.show_use(values), **self.events.reply(act)}
        except SpaceError:  # said when the message is sent
            return self.events.reply(act)

    def on_attach(self, values: Values, act: Act) -> Iterator[Updates]:
        """Read the files that were uploaded under these paths, and answer when they are read."""
        attached: Attached = values[self.tab.context.attached]
        yield from self.tab.context.attachments.read(attached, uploaded_paths(act.text))
        yield self.events.reply(act)

    def on_file_remove(self, values: Values, act: Act) -> Updates:
        """Take a document off the message."""
        attached: Attached = values[self.tab.context.attached]
        attached.remove(act.target)
        page_view: PageView = values[self.tab.page_view]
        page_view.too_long = None
        return {**self.tab.context.attachments.view(attached), self.tab.context.panel: ""}

    def on_files_too_large(self, values: Values, act: Act) -> Updates:
        """Say which of the files that were chosen are too large; their names come on a line each."""
        attached: Attached = values[self.tab.context.attached]
        names, is_alone = act.text.split("\n"), act.target == "alone"
        return self.tab.context.attachments.hold_back(attached, names, is_alone=is_alone)

    def on_fit_cancel(self, values: Values, act: Act) -> Updates:
        """Go back to writing."""
        page_view: PageView = values[self.tab.page_view]
        page_view.too_long = None
        return {self.tab.context.panel: ""}
