"""What stays through a reload besides chats: parameters, the Code tab, documents not sent yet.

``assets/page/unsent.js`` keeps it in the reader's browser, for the tab that it is in, and asks for it here when the
page has been loaded anew. All of it comes from a browser and may be anything: what is not exactly right is left out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from pydantic import TypeAdapter, ValidationError

from deepseek_space.chat.context.attached import Attached
from deepseek_space.chat.records.chat_record import read_turn
from deepseek_space.errors import RequestError
from deepseek_space.text import codegen
from deepseek_space.text.attachment import Attachment
from deepseek_space.text.bounds import MAX_CHARACTERS
from deepseek_space.text.documents.document import Document
from deepseek_space.text.json_size import holds_more
from deepseek_space.types import Sampling, check_number
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.parts.wiring import QUIET
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.tabs.code_tab import CodeTab
from deepseek_space.ui.tabs.code_task import CodeTask, modes_for

MOST_VALUES = 100_000
_FILES = TypeAdapter(list[Attachment])


@dataclass(frozen=True, kw_only=True)
class Unsent:
    """The handlers; there are none where nothing is to be kept."""

    chat: ChatTab
    code: CodeTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        code, attached = self.code, self.chat.context.attached
        parts = [*self._tasks.values(), *code.followed, code.code, code.explanation]
        self.events.on("restore_parameters", self.on_parameters, [], [*self._parameters.values()])
        self.events.on("restore_code", self.on_code, [], list(dict.fromkeys(parts)))
        self.events.on("restore_files", self.on_files, [attached], self.chat.context.outputs)

    def wire(self) -> None:
        """Tell the page's script what is set and what is written, as it changes. The server hears nothing of it."""
        parameters, tasks = self._parameters, {**self._tasks, "code": self.code.code}
        keeps = {"parameters": _keep("parameters", parameters), "code": _keep("code", tasks)}
        for name, parts in (("parameters", parameters), ("code", tasks)):
            gr.on([part.change for part in parts.values()], None, [*parts.values()], None, js=keeps[name], **QUIET)
        # A panel that is not built yet hears of no change.
        self.events.draw("keep_parameters", keeps["parameters"], [*parameters.values()], [])

    def on_parameters(self, _values: Values, act: Act) -> Updates:
        """Show the parameters as they were last set."""
        kept, parts = _record(act.text), self._parameters
        valid = {name: value for name, value in kept.items() if name in parts and _is_parameter(name, value)}
        return {**{parts[name]: value for name, value in valid.items()}, **self.events.reply(act)}

    def on_code(self, _values: Values, act: Act) -> Iterator[Updates]:
        """Show the task, and the reply to the one that was asked last."""
        kept, code = _record(act.text), self.code
        written = {name: kept[name] for name in self._tasks if _is_text(kept.get(name))}
        mode = written.pop("mode", "")
        if written.get("language") not in codegen.LANGUAGES:
            written.pop("language", "")
        yield {**{self._tasks[name]: text for name, text in written.items()}, **self._reply(kept)}
        known = mode in modes_for(code.backend.status())
        yield {**({code.mode: mode, **code.on_mode(mode)} if known else {}), **self.events.reply(act)}

    def on_files(self, values: Values, act: Act) -> Updates:
        """Attach the documents again that were not sent."""
        attached: Attached = values[self.chat.context.attached]
        try:
            files = [] if holds_more(act.text, MOST_VALUES) else _FILES.validate_json(act.text)
        except ValidationError:
            files = []
        documents = [(Document(name=file.name, text=file.text), file.tokens) for file in files]
        attached.add(documents, self.chat.context.attachments.limits)
        return {**self.chat.context.attachments.view(attached), **self.events.reply(act)}

    @property
    def _parameters(self) -> dict[str, Component]:
        controls = self.chat.controls
        sampling = {name: getattr(controls, name) for name in (*Sampling.LIMITS, "stop")}
        others = {
            "budget": controls.budget,
            "system_prompt": self.chat.system_prompt,
            "think": self.chat.composer.think,
        }
        return {**sampling, **others}

    @property
    def _tasks(self) -> dict[str, Component]:
        return {name: getattr(self.code, name) for name in ("mode", "task", "before", "after", "language")}

    def _reply(self, kept: Mapping[str, Any]) -> Updates:
        asked = kept.get("reply")
        if not isinstance(asked, dict) or not all(_is_text(asked.get(name)) for name in self._tasks):
            return {}
        try:
            turn = read_turn(json.dumps(asked.get("turn")))
        except RequestError:
            return {}
        task = CodeTask(**{name: asked[name] for name in self._tasks})
        updates = self.code.show(turn, task)
        # The editor may have been written in since. A mere beginning is what it showed while the reply was arriving.
        edited = kept.get("code")
        if not _is_text(edited) or task.code(turn.answer).startswith(edited.rstrip()):
            return updates
        return {**updates, self.code.code: self.code.editor(edited, task.language)}


def _keep(what: str, names: Iterable[str]) -> str:
    return f"(...values) => deepseekSpace.keepUnsent({what!r}, {json.dumps([*names])}, values)"


def _record(text: str) -> dict[str, Any]:
    if holds_more(text, MOST_VALUES):
        return {}
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_CHARACTERS


def _is_parameter(name: str, value: object) -> bool:
    if name == "think":
        return isinstance(value, bool)
    if name in Sampling.LIMITS and name != "seed":
        try:
            check_number(name, value, Sampling.LIMITS[name])
        except RequestError:
            return False
        return True
    return _is_text(value)
