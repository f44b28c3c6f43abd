"""What the editor asks for as its reader pauses: what belongs at the cursor; and that it is not wanted any more."""

import json
from dataclasses import asdict, dataclass

from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.workspace.completion import suggest
from deepseek_space.errors import SpaceError
from deepseek_space.text.repository import Gap
from deepseek_space.ui.parts.page_events import Act, Lane, PageEvents, Updates, Values
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say

AT_ONCE = Lane(name="cursor", at_once=16)  # what nobody waits for any more leaves its place at once
MOST_VARIANTS = 100


@dataclass(frozen=True, kw_only=True)
class CursorEvents:
    """The handlers, for the files of the conversation that the tab shows. What a browser sends may be anything.

    ``takes_quota`` says that each request costs its visitor seconds of a card: then nothing is asked unbidden.
    """

    tab: ChatTab
    events: PageEvents
    takes_quota: bool = False

    def register(self) -> None:
        """Have the page's events call the handlers."""
        self.events.on("complete_at", self.on_complete, [self.tab.page_view], [], AT_ONCE)
        self.events.on("complete_end", self.on_end, [self.tab.page_view], [])

    def on_complete(self, values: Values, act: Act) -> Updates:
        """Answer with what belongs at the cursor of the file ``act.target``; or why nothing can be suggested."""
        page_view: PageView = values[self.tab.page_view]
        asked = _read(act)
        if asked is None:
            return self.events.reply(act)
        gap, number, variant = asked
        status = self.tab.backend.status()
        if status.state != "ready":
            return self.events.reply(act)
        if self.takes_quota or not status.can_infill:
            return self.events.reply(act, cannot=_no_quota() if status.can_infill else _no_infill(status.model))
        page_view.cursor.ask(number)
        if not page_view.cursor.wants(number):
            return self.events.reply(act)
        try:
            suggestion = suggest(
                self.tab.backend,
                gap,
                page_view.conversation.workspace.texts,
                variant=variant,
                is_wanted=lambda: page_view.cursor.wants(number),
                own=by_visitor,
            )
        except SpaceError as error:
            return self.events.reply(act, error=say(error.sentence))
        return self.events.reply(act, **(asdict(suggestion) if suggestion else {}))

    def on_end(self, values: Values, act: Act) -> Updates:
        """Stop what is written for a cursor that has gone on."""
        page_view: PageView = values[self.tab.page_view]
        page_view.cursor.end(_number(act.target))
        return self.events.reply(act)


def _no_quota() -> str:
    return say("On ZeroGPU each suggestion would take from your quota, so none is made while you type.")


def _no_infill(model: str) -> str:
    return say(
        "{model} was not trained to fill in at a cursor, so nothing is suggested while you type. "
        "It can be asked in words.",
        model=model,
    )


def _read(act: Act) -> tuple[Gap, int, int] | None:
    """Return the gap, the number of the question and which of its answers is wanted; None for what is no question."""
    try:
        asked = json.loads(act.text)
        gap = Gap(path=act.target, before=str(asked["before"]), after=str(asked["after"]))
        number, variant = int(asked["number"]), int(asked["variant"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    is_blank = not (gap.before + gap.after).strip()
    return None if is_blank or not 0 <= variant < MOST_VARIANTS else (gap, number, variant)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0
