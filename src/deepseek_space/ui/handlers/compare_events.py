"""What the Compare tab asks for: both answers, and those again that were there before a reload."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.chat.records.chat_record import read_turn
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.errors import RequestError
from deepseek_space.text.bounds import MAX_CHARACTERS
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.wiring import QUIET
from deepseek_space.ui.tabs.compare_side import MODELS, Side
from deepseek_space.ui.tabs.compare_tab import THINKING, CompareTab


@dataclass(frozen=True, kw_only=True)
class CompareEvents:
    """The handlers. What comes from a browser may be anything: what is not exactly right is left out."""

    tab: CompareTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        tab = self.tab
        written = [side.written for side in tab.sides]
        self.events.on("compare", self.on_send, tab.sent_with, tab.answered)
        self.events.on("restore_compare", self.on_restore, [], [*tab.answered, *written, *self._kept.values()])
        answers = [side.answer for side in tab.sides]
        drawn = [*answers, tab.send_button, tab.stop, *(side.take for side in tab.sides)]
        self.events.draw("draw_compared", "() => deepseekSpace.drawCompared()", [], drawn)

    def wire(self) -> None:
        """Tell the page's script what is written and chosen, as it changes. The server hears nothing of it."""
        kept = self._kept
        keep = f"(...values) => deepseekSpace.keepUnsent('compare', {json.dumps(list(kept))}, values)"
        gr.on([part.change for part in kept.values()], None, list(kept.values()), None, js=keep, **QUIET)

    def on_send(self, values: Values, act: Act) -> Iterator[Updates]:
        """Have both answers written."""
        yield from self.tab.send(values, act.text, lambda state: self.events.reply(act, state=state))

    def on_restore(self, values: Values, act: Act) -> Iterator[Updates]:
        """Show what was written and chosen, and both answers; those that are still being written as they grow."""
        kept, tab = _record(act.text), self.tab
        chosen = {part: kept[name] for name, part in self._kept.items() if _is_choice(name, kept.get(name))}
        written = self._written(kept.get("reply"))
        shown = tab.show(written) if written else {}
        states = {side.written: conversation for side, conversation in written.items()}
        first = {**chosen, **shown, **states, **self.events.reply(act)}
        open_sides = [side for side, conversation in written.items() if conversation.open_turn]
        if open_sides:
            watch = tab.chat.runner.watch
            yield from tab.write({side: watch(written[side].id) for side in open_sides}, written, first)
        else:
            yield first

    @property
    def _kept(self) -> dict[str, Component]:
        left, right = self.tab.sides
        sides = {"left": left, "right": right}
        chosen = {f"{name}_{part}": getattr(side, part) for name, side in sides.items() for part in _CHOSEN}
        own = {f"{name}_own_{item}": part for name, side in sides.items() for item, part in side.own.by_name.items()}
        return {"message": self.tab.message, **chosen, **own}

    def _written(self, reply: object) -> dict[Side, Conversation]:
        """Return both conversations as they are written here at this moment, else as they were kept; none of one."""
        sides = reply if isinstance(reply, list) and len(reply) == len(self.tab.sides) else []
        found = [self._conversation(kept) for kept in sides if isinstance(kept, dict)]
        both = [conversation for conversation in found if conversation]
        return dict(zip(self.tab.sides, both, strict=True)) if len(both) == len(self.tab.sides) else {}

    def _conversation(self, kept: Mapping[str, Any]) -> Conversation | None:
        if written := self.tab.chat.runner.find(str(kept.get("id"))):
            return written
        try:
            turn = read_turn(json.dumps(kept.get("turn")))
        except RequestError:
            return None
        return Conversation(tree={turn.id: turn})


_CHOSEN = ("model", "settings", "thinking")


def _record(text: str) -> dict[str, Any]:
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _is_choice(name: str, value: object) -> bool:
    if name.endswith("_model"):
        return value in MODELS
    if name.endswith("_thinking"):
        return isinstance(value, str) and value in THINKING
    return isinstance(value, str) and len(value) <= MAX_CHARACTERS
