"""What the workbench asks for: files written, brought, taken; changes accepted or not; misses asked for again."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deepseek_space.chat import memory_quota
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.workspace.answers import block_of, take_answer, take_block, usual_name
from deepseek_space.chat.workspace.archive import packed, unpacked
from deepseek_space.chat.workspace.paths import checked_path
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.text.edits.instructions import again
from deepseek_space.ui.html.workspace_view import missed
from deepseek_space.ui.parts.page_events import Act, PageEvents, Updates, Values
from deepseek_space.ui.tabs.chat_tab import ChatTab
from deepseek_space.ui.words.language import say

Change = Callable[[Workspace], Workspace]


@dataclass(frozen=True, kw_only=True)
class WorkspaceEvents:
    """The handlers, for the conversation that the tab shows. What a browser sends may be anything."""

    tab: ChatTab
    events: PageEvents

    def register(self) -> None:
        """Have the page's events call the handlers."""
        changing: dict[str, Callable[[Act], Change]] = {
            "file_write": lambda act: lambda now: now.put(act.target, act.text),
            "file_rename": lambda act: lambda now: now.rename(act.target, act.text),
            "file_delete": lambda act: lambda now: now.delete(act.target),
            "file_back": lambda act: lambda now: now.back_to(act.target, _number(act.text)),
            "change_accept": lambda act: lambda now: now.accept(act.target),
            "change_force": lambda act: lambda now: now.accept(act.target, theirs_win=True),
            "change_reject": lambda act: lambda now: now.reject(act.target),
            "hunk_accept": lambda act: lambda now: now.accept_one(act.target, _number(act.text)),
            "hunk_reject": lambda act: lambda now: now.reject_one(act.target, _number(act.text)),
            "files_bring": _brought,
        }
        for name, change in changing.items():
            self.events.on(name, self._changing(change), [self.tab.page_view], self._outputs)
        self.events.on("answer_open", self.on_answer, [self.tab.page_view], self._outputs)
        self.events.on("block_open", self.on_block, [self.tab.page_view], self._outputs)
        self.events.on("files_take", self.on_take, [self.tab.page_view], [])
        self.events.on("code_page", self.on_page, [self.tab.page_view], self._outputs)
        self.events.on("missed_again", self.on_again, [self.tab.page_view], [])

    def on_page(self, values: Values, act: Act) -> Updates | None:
        """Note whether the page shows the workbench: then answers are to be files.

        A chat without files has nothing to show, and must not overtake one that is being opened.
        """
        page_view: PageView = values[self.tab.page_view]
        page_view.shows_code = act.target == "code"
        return self.tab.show_files(page_view) if page_view.conversation.workspace.files else None

    def on_block(self, values: Values, act: Act) -> Updates:
        """Put a code block of an answer into a file; answer with its name: the answer's, else the language's usual one.

        A file of the answer's name that is there already is not written over: the block is a proposal to it, as are
        edits, which may not fit.
        """
        page_view: PageView = values[self.tab.page_view]
        conversation = page_view.conversation
        block = block_of((turn.answer for turn in reversed(conversation.turns)), act.text)
        taken = take_block(conversation.workspace, block)
        if taken.paths:
            path = checked_path(taken.paths[0])
            return self._change(page_view, act, lambda now: take_block(now, block).workspace, path=path)
        if taken.failures:
            told = missed(taken.failures[0])
            return self.events.reply(act, error=f"{told['path'] or '?'}: {told['reason']}")
        texts = conversation.workspace.texts
        if block and block[0].path in texts:  # and is what the block says
            return self.events.reply(act, path=block[0].path)
        path = _free_name(usual_name(act.target, {}) or "main.txt", act.text, texts)
        return self._change(page_view, act, lambda now: now.put(path, act.text, "answer"), path=path)

    def on_answer(self, values: Values, act: Act) -> Updates:
        """Put all files of an answer into the workspace, those that are there already as proposals; answer with one."""
        page_view: PageView = values[self.tab.page_view]
        turn = page_view.conversation.turn(act.target)
        if turn is None:
            return self.events.reply(act)
        taken = take_answer(page_view.conversation.workspace, turn.answer, turn.id)
        refused = dict(taken.refused)
        path = next((path for path in taken.paths if path not in refused), "")
        error = " ".join(say(one.sentence) for one in refused.values())
        return self._change(
            page_view, act, lambda now: take_answer(now, turn.answer, turn.id).workspace, path=path, error=error
        )

    def on_take(self, values: Values, act: Act) -> Updates:
        """Answer with an archive of the files."""
        page_view: PageView = values[self.tab.page_view]
        archive = packed(page_view.conversation.workspace.texts)
        return self.events.reply(act, archive=b64encode(archive).decode())

    def on_again(self, values: Values, act: Act) -> Updates:
        """Answer with the message that asks for the edits again that did not go in, with the reasons."""
        page_view: PageView = values[self.tab.page_view]
        return self.events.reply(act, text=again(page_view.conversation.missed))

    @property
    def _outputs(self) -> list[Any]:
        return [self.tab.workbench, *([self.tab.history.component] if self.tab.history else [])]

    def _changing(self, change: Callable[[Act], Change]) -> Callable[[Values, Act], Updates]:
        def handler(values: Values, act: Act) -> Updates:
            try:
                wanted = change(act)
            except SpaceError as error:
                return self.events.reply(act, error=say(error.sentence))
            return self._change(values[self.tab.page_view], act, wanted)

        return handler

    def _change(self, page_view: PageView, act: Act, change: Change, **words: Any) -> Updates:
        conversation = page_view.conversation
        try:
            memory_quota.texts.hold(conversation, conversation.characters + len(act.text))
            conversation.change_workspace(change)
        except SpaceError as error:
            return {**self.tab.show_files(page_view), **self.events.reply(act, error=say(error.sentence))}
        return {**self.tab.show_files(page_view), **self.tab.save(conversation), **self.events.reply(act, **words)}


def _brought(act: Act) -> Change:
    """Return the change that takes in files: ``{"texts": {path: text}, "archives": {name: base64}}``."""
    try:
        asked = json.loads(act.text)
        texts = {str(path): str(text) for path, text in dict(asked.get("texts", {})).items()}
        for name, data in dict(asked.get("archives", {})).items():
            texts |= unpacked(str(name), b64decode(data, validate=True))
    except (ValueError, TypeError, AttributeError, RecursionError, NoBase64):
        raise RequestError("These files cannot be read. Choose them again.") from None
    return lambda now: now.put_all(texts, "import")


def _free_name(path: str, text: str, texts: dict[str, str]) -> str:
    """Return ``path``, or the next number of it that is free or holds the very text."""
    stem, dot, ending = path.rpartition(".")
    names = [path, *(f"{stem or path}-{number}{dot}{ending if stem else ''}" for number in range(2, 200))]
    return next(name for name in names if texts.get(name, text) == text)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else -1
