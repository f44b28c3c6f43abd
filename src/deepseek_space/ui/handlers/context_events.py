"""What the composer asks of the next message: size, documents, the choice where it is too long."""

from collections.abc import Iterator
from dataclasses import dataclass

from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.errors import SpaceError
from deepseek_space.ui.handlers.message_events import editor_words
from deepseek_space.ui.html.file_chips import prompt_for
from deepseek_space.ui.html.welcome import STARTS
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class ContextEvents:
    """The handlers."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        outputs = [*self.tab.outputs, self.tab.composer.message]
        for name, handler in {
            "count": self.on_count,
            "file_remove": self.on_file_remove,
            "files_too_large": self.on_files_too_large,
            "file_prompt": self.on_file_prompt,
            "start": self.on_start,
            "fit": self.on_fit,
            "fit_cancel": self.on_fit_cancel,
        }.items():
            self.events.on(name, handler, self.tab.asked_with, outputs)

    def on_count(self, values: Values, act: Act) -> Updates:
        """Show what takes the context now: the page asks after a pause, so that typing is never slowed."""
        try:
            return {**self.tab.show_use(values), **self.events.reply(act)}
        except SpaceError:  # said when the message is sent
            return self.events.reply(act)

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

    def on_file_prompt(self, values: Values, act: Act) -> Iterator[Updates]:
        """Ask what a button at the documents stands for."""
        attached: Attached = values[self.tab.context.attached]
        if attached.files and (text := prompt_for(act.target, len(attached.files))):
            yield from self.tab.ask(values, text)

    def on_start(self, values: Values, act: Act) -> Iterator[Updates]:
        """Ask what a button of the empty chat stands for; what is being written stays."""
        if act.target in STARTS:
            yield from self.tab.ask(values, say(STARTS[act.target].message))

    def on_fit(self, values: Values, act: Act) -> Iterator[Updates]:
        """Send the message in the way that was chosen."""
        page_view: PageView = values[self.tab.page_view]
        message, wanted = self.tab.composer.message, page_view.too_long
        if wanted and wanted.kind != "ask":
            yield from self.tab.send(values, wanted, way=act.target)
        else:  # as it is written now
            yield from self.tab.ask(values, values[message], taken={message: ""}, way=act.target)

    def on_fit_cancel(self, values: Values, act: Act) -> Updates:
        """Go back to writing; answer with a question that was edited, so that its words are not lost."""
        page_view: PageView = values[self.tab.page_view]
        wanted, page_view.too_long = page_view.too_long, None
        is_edit = wanted is not None and wanted.kind == "edit"
        words = {"turn": wanted.turn_id, "text": wanted.question, **editor_words()} if is_edit else {}
        return {self.tab.context.panel: "", **self.events.reply(act, **words)}
