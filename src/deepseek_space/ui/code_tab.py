"""The Code tab: a task goes in, code comes out in an editor, the explanation beside it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.text import codegen
from deepseek_space.types import Request
from deepseek_space.ui.controls import Controls, Values
from deepseek_space.ui.conversation import Conversation
from deepseek_space.ui.limits import check_length, refusal
from deepseek_space.ui.message_view import build_message_view
from deepseek_space.ui.reply import follow
from deepseek_space.ui.transcript import explanation
from deepseek_space.ui.turn import Turn
from deepseek_space.ui.wiring import Generation

Updates = dict[Component, Any]

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
    task: gr.Textbox
    language: gr.Dropdown
    run: gr.Button
    stop: gr.Button
    code: gr.Code
    explanation: gr.Chatbot

    def on_run(self, values: Values) -> Iterator[Updates]:
        """Stream code for the task."""
        task, language = values[self.task], values[self.language]
        if not task.strip():
            gr.Info("Describe the task first.")
            yield gr.skip()
            return
        try:
            check_length("The task", task)
            request = Request(
                messages=codegen.generation_messages(task, language),
                sampling=self.controls.sampling(values, self.backend.status()),
            )
        except SpaceError as error:
            raise refusal(error) from None
        yield from self._reply(values[self.conversation], request, task, language)

    def on_stop(self, conversation: Conversation) -> None:
        """End the reply that is being written; its writer shows what there is."""
        conversation.stop()

    def _reply(self, conversation: Conversation, request: Request, task: str, language: str) -> Iterator[Updates]:
        conversation.clear()
        ticket = conversation.ask(task)
        turn = ticket.turn
        yield {
            **self._view(turn, language),
            self.code: gr.Code("", language=_EDITOR_LANGUAGES.get(language)),
            self.run: gr.Button(visible=False),
            self.stop: gr.Button(visible=True),
        }
        replies = follow(self.backend, request, turn, must_end=lambda: conversation.must_end(ticket))
        try:
            for reply in replies:
                is_news = reply is not turn or reply.is_thinking
                turn = reply
                if not conversation.write(ticket, turn):
                    return
                yield self._view(turn, language) if is_news else gr.skip()
        finally:
            replies.close()
            conversation.settle(ticket)
        yield {**self._view(turn, language), self.run: gr.Button(visible=True), self.stop: gr.Button(visible=False)}

    def _view(self, turn: Turn, language: str) -> Updates:
        parts = codegen.split_code(turn.answer, language)
        return {
            # The editor strips the first line of its indentation, and would leave that of the others.
            self.code: dedent(parts.code),
            self.explanation: explanation(turn, parts.explanation, time.monotonic()),
        }


def build_code_tab(backend: Backend, controls: Controls, generation: Generation) -> CodeTab:
    """Place the tab's components where it is called for, and wire them."""
    with gr.Row(elem_id="code-tab", equal_height=False):
        with gr.Column(scale=2, min_width=280, elem_id="code-ask"):
            task, language, run, stop = _build_question()
            explained = build_message_view("code-explanation", height="auto")
        code = _build_editor()
    tab = CodeTab(
        backend=backend,
        controls=controls,
        conversation=gr.State(Conversation()),
        task=task,
        language=language,
        run=run,
        stop=stop,
        code=code,
        explanation=explained,
    )
    inputs = {tab.conversation, task, language, *controls.components}
    generation.on([run.click], tab.on_run, inputs, [code, explained, run, stop])
    stop.click(tab.on_stop, tab.conversation, None, queue=False, api_visibility="private", show_progress="hidden")
    return tab


def _build_question() -> tuple[gr.Textbox, gr.Dropdown, gr.Button, gr.Button]:
    task = gr.Textbox(elem_id="code-task", label="Task", placeholder="What should the code do?", lines=3, max_lines=12)
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
        run = gr.Button("Write code", elem_id="code-run", variant="primary", scale=0, min_width=0)
        stop = gr.Button("Stop", elem_id="code-stop", visible=False, scale=0, min_width=0)
    gr.Examples(
        list(EXAMPLES.values()),
        [task, language],
        example_labels=list(EXAMPLES),
        elem_id="code-examples",
        cache_examples=False,
    )
    return task, language, run, stop


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
