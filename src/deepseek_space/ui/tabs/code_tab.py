"""The Code tab: a task or the code around a gap goes in, code comes out in an editor."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.records.chat_record import reply_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.reply import stream_turns
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.text import codegen
from deepseek_space.types import Completion, Request
from deepseek_space.ui.html.transcript import explanation, note
from deepseek_space.ui.parts.browser_store import build_browser_store
from deepseek_space.ui.parts.controls import Controls, Values
from deepseek_space.ui.parts.message_view import build_message_view
from deepseek_space.ui.parts.model_missing import refuse_without_model
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import QUIET, Generation, Updates
from deepseek_space.ui.tabs.code_task import CodeTask, Mode, modes_for
from deepseek_space.ui.words.language import say

KEEP_S = 2.0
# The editor's words for the languages it can colour; the others are shown plain.
_EDITOR_LANGUAGES = {
    "Python": "python",
    "JavaScript": "javascript",
    "TypeScript": "typescript",
    "C": "c",
    "C++": "cpp",
    "R": "r",
    "SQL": "sql",
    "Shell": "shell",
    "HTML": "html",
    "CSS": "css",
    "YAML": "yaml",
    "JSON": "json",
    "Dockerfile": "dockerfile",
}
EXAMPLES = {
    "Fibonacci, memoized": ["Find the nth Fibonacci number using memoization.", "Python"],
    "Debounce": ["A debounce function, with tests.", "TypeScript"],
    "Best customers": ["The ten customers with the highest revenue in each month of 2025.", "SQL"],
}


@dataclass(frozen=True, kw_only=True)
class CodeTab:
    """The components of the tab and what happens in them."""

    backend: Backend
    controls: Controls
    conversation: gr.State
    mode: gr.Radio
    task: gr.Textbox
    before: gr.Textbox
    after: gr.Textbox
    language: gr.Dropdown
    run: gr.Button
    stop: gr.Button
    take: gr.Button
    examples: gr.Column
    code: gr.Code
    explanation: gr.Chatbot
    kept: gr.HTML | None

    def on_run(self, values: Values) -> Iterator[Updates]:
        """Stream code for the task."""
        # A box that was never shown has no text.
        asked = {name: values[getattr(self, name)] or "" for name in ("mode", "task", "before", "after", "language")}
        task = CodeTask(**asked)
        if not task.question.strip():
            gr.Info(say("Describe the task first.") if task.mode == "write" else say("Write some code first."))
            yield gr.skip()
            return
        if refuse_without_model(self.backend):
            yield gr.skip()
            return
        try:
            request = task.request(self.controls.sampling(values, self.backend.status()))
            settings = ReplySettings(sampling=request.sampling, follows=self.controls.unchanged(values))
        except SpaceError as error:
            show_refusal(error)
            yield gr.skip()
            return
        yield from self._reply(values[self.conversation], request, task, settings)

    def on_mode(self, mode: Mode) -> Updates:
        """Show what the mode needs."""
        words = {"write": say("Write code"), "complete": say("Complete"), "fill": say("Fill the gap")}
        return {
            self.task: gr.Textbox(visible=mode == "write"),
            self.examples: gr.Column(visible=mode == "write"),
            self.before: gr.Textbox(visible=mode != "write"),
            self.after: gr.Textbox(visible=mode == "fill"),
            self.take: gr.Button(visible=mode != "write"),
            self.run: gr.Button(words[mode]),
        }

    def on_take(self, code: str) -> Updates:
        """Take what the editor shows as the code to go on from."""
        return {self.before: code, self.after: ""}

    def follow(self, values: Values, status: Status) -> Updates:
        """Return the updates that offer what the model that answers can do; a mode that it has too stays chosen."""
        modes = modes_for(status)
        mode = values[self.mode] if values[self.mode] in modes else modes[0]
        names = {"write": say("Write"), "complete": say("Complete"), "fill": say("Fill a gap")}
        choices = [(names[one], one) for one in modes]
        is_base = not status.can_chat
        return {
            **self.on_mode(mode),
            self.mode: gr.Radio(choices, value=mode, visible=len(modes) > 1 or is_base, info=_base_info(is_base)),
        }

    @property
    def followed(self) -> list[Component]:
        """The components that ``follow`` and ``on_mode`` update."""
        return [self.mode, self.task, self.examples, self.before, self.after, self.take, self.run]

    def on_stop(self, conversation: Conversation) -> None:
        """End the reply that is being written; its writer shows what there is."""
        conversation.stop()

    def _reply(
        self, conversation: Conversation, request: Request | Completion, task: CodeTask, settings: ReplySettings
    ) -> Iterator[Updates]:
        conversation.clear()
        lease = conversation.ask(task.question, settings)
        turn = lease.turn
        yield {
            **self.show(turn, task),
            **self._save(turn, task),
            self.run: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
        }
        replies = stream_turns(self.backend, by_visitor(request), turn, must_end=lambda: conversation.must_end(lease))
        kept_s = time.monotonic()
        try:
            for reply in replies:
                is_news = reply is not turn or reply.is_thinking
                turn = reply
                if not conversation.write(lease, turn):
                    return
                updates = self._view(turn, task) if is_news else {}
                if time.monotonic() - kept_s >= KEEP_S:
                    updates, kept_s = {**updates, **self._save(turn, task)}, time.monotonic()
                yield updates or gr.skip()
        finally:
            replies.close()
            conversation.close_turn(lease)
        buttons = {self.run: gr.Button(visible=True), self.stop: gr.Button(visible=False)}
        yield {**self._view(turn, task), **self._save(turn, task), **buttons}

    def show(self, turn: Turn, task: CodeTask) -> Updates:
        """Return the updates that show a reply to ``task``, in an editor for its language."""
        return {**self._view(turn, task), self.code: self.editor(task.code(turn.answer), task.language)}

    def editor(self, code: str, language: str) -> gr.Code:
        """Return the update that shows ``code``."""
        return gr.Code(code, language=_EDITOR_LANGUAGES.get(language))

    def _save(self, turn: Turn, task: CodeTask) -> Updates:
        record = {**asdict(task), "turn": reply_record(turn)}
        return {self.kept: {"reply": record, "at_s": time.time()}} if self.kept else {}

    def _view(self, turn: Turn, task: CodeTask) -> Updates:
        code = task.code(turn.answer)
        messages = explanation(turn, task.explanation(turn.answer), time.monotonic())
        if turn.state != "open":  # where all is code, there is nothing to copy here
            messages = [message for message in messages if message["content"][0]["text"].strip()]
        if turn.state == "done" and turn.answer.strip() and not code:
            text = note(say("There is no code block in this answer. Ask for code, or try again."))
            messages.append({"role": "assistant", "content": [{"type": "text", "text": text}], "metadata": {}})
        return {self.code: code, self.explanation: messages}


def build_code_tab(backend: Backend, controls: Controls, generation: Generation, *, keeps: bool = False) -> CodeTab:
    """Place the tab's components where it is called for, and wire them; ``keeps`` has the browser keep the reply."""
    with gr.Row(elem_id="code-tab", equal_height=False):
        with gr.Column(scale=2, min_width=280, elem_id="code-ask"):
            parts = _build_question()
            explained = build_message_view("code-explanation", height="auto")
        code = _build_editor()
    tab = CodeTab(
        backend=backend,
        controls=controls,
        conversation=gr.State(Conversation()),
        code=code,
        explanation=explained,
        kept=build_browser_store("code") if keeps else None,
        **parts,
    )
    _wire(tab, generation)
    return tab


def _wire(tab: CodeTab, generation: Generation) -> None:
    asked = {tab.conversation, tab.mode, tab.task, tab.before, tab.after, tab.language}
    generation.on(
        [tab.run.click],
        tab.on_run,
        asked | set(tab.controls.components),
        [tab.code, tab.explanation, tab.run, tab.stop, *([tab.kept] if tab.kept else [])],
    )
    tab.stop.click(tab.on_stop, tab.conversation, None, **QUIET)
    tab.mode.input(tab.on_mode, tab.mode, tab.followed, **QUIET)
    tab.take.click(tab.on_take, tab.code, [tab.before, tab.after], **QUIET)


def _base_info(is_base: bool) -> str | None:
    return say("A base model: it continues what you begin, and was never trained to chat.") if is_base else None


def _build_question() -> dict[str, Component]:
    """Place what is asked, and return the components by their names in CodeTab."""
    mode = gr.Radio([("Write", "write")], value="write", show_label=False, visible=False, elem_id="code-mode")
    task = gr.Textbox(
        "", elem_id="code-task", label="Task", placeholder="What should the code do?", lines=3, max_lines=12
    )
    before = _code_box("code-before", label="Code so far", lines=8)
    after = _code_box("code-after", label="Code after the gap", lines=4)
    with gr.Row(elem_id="code-actions"):
        language = gr.Dropdown(
            list(codegen.LANGUAGES),
            value=codegen.LANGUAGES[0],
            label="Language",
            show_label=False,
            container=False,
            elem_id="code-language",
            min_width=120,
        )
        run = gr.Button("Write code", elem_id="code-run", variant="primary", scale=0, min_width=112)
        stop = gr.Button("Stop", elem_id="code-stop", visible=False, scale=0, min_width=112)
    take = gr.Button("Go on from the result", elem_id="code-take", visible=False, size="sm", scale=0, min_width=0)
    with gr.Column(elem_id="code-suggestions", scale=0) as examples:
        gr.Examples(
            list(EXAMPLES.values()),
            [task, language],
            example_labels=list(EXAMPLES),
            label="Examples",
            elem_id="code-examples",
            cache_examples=False,
        )
    return {
        "mode": mode,
        "task": task,
        "before": before,
        "after": after,
        "language": language,
        "run": run,
        "stop": stop,
        "take": take,
        "examples": examples,
    }


def _code_box(elem_id: str, *, label: str, lines: int) -> gr.Textbox:
    return gr.Textbox("", elem_id=elem_id, label=label, lines=lines, max_lines=20, visible=False)


def _build_editor() -> gr.Code:
    return gr.Code(
        elem_id="code-output",
        label="Code",
        show_label=False,
        language=_EDITOR_LANGUAGES[codegen.LANGUAGES[0]],
        interactive=True,
        lines=24,
        scale=3,
        min_width=280,
        buttons=["copy", "download"],
    )
