"""Where a message is written: the text box, Send and Stop, and what goes with a message."""

import json
from dataclasses import dataclass

import gradio as gr

from deepseek_space.status import Status
from deepseek_space.text.templates import MATH_DIRECTIVE_EN, MATH_DIRECTIVE_ZH
from deepseek_space.ui.html.outbox import outbox, uploads
from deepseek_space.ui.parts.attachments import build_file_button
from deepseek_space.ui.parts.wiring import Updates

MATHS_JS = f"(text) => deepseekSpace.withMaths(text, {json.dumps([MATH_DIRECTIVE_EN, MATH_DIRECTIVE_ZH])})"
"""What the button does, without the server."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    """The components. ``think`` is there for models that leave the choice.

    ``chips`` are the documents of the message, ``meter`` is what takes the context, ``fit_panel`` the choice over it.
    """

    message: gr.Textbox
    send: gr.Button
    stop: gr.Button
    think: gr.Checkbox
    maths: gr.Button
    attach: gr.UploadButton
    chips: gr.HTML
    meter: gr.HTML
    fit_panel: gr.HTML

    def busy(self) -> Updates:
        """Return the updates for while a reply is being written."""
        return {self.send: gr.Button(visible=False), self.stop: gr.Button(visible=True)}

    def idle(self) -> Updates:
        """Return the updates for when none is."""
        return {self.send: gr.Button(visible=True), self.stop: gr.Button(visible=False)}

    def follow(self, status: Status) -> Updates:
        """Return the updates that fit the model that answers."""
        return {self.think: gr.Checkbox(visible=status.can_choose_thinking)}


def build_composer(*, takes_files: bool = True) -> Composer:
    """Place the components where it is called for."""
    with gr.Column(elem_id="composer", scale=0):
        fit_panel = gr.HTML("", elem_id="fit-panel", padding=False)
        gr.HTML("<div>Drop files here to attach them</div>", elem_id="drop-hint", padding=False)
        gr.HTML(outbox(), elem_id="outbox-place", padding=False)
        chips = gr.HTML("", elem_id="attached", padding=False)
        gr.HTML(uploads(), elem_id="uploads-place", padding=False)
        with gr.Column(elem_id="composer-row"):
            message = gr.Textbox(
                "",
                elem_id="chat-input",
                show_label=False,
                label="Message",
                placeholder="Write a message",
                container=False,
                lines=1,
                max_lines=10,
                autofocus=True,
                scale=1,
                min_width=0,
            )
            with gr.Row(elem_id="composer-actions"):
                attach = build_file_button(visible=takes_files)
                think = gr.Checkbox(
                    True, label="Think", elem_id="chat-think", visible=False, container=False, scale=0, min_width=0
                )
                maths = gr.Button("Maths prompt", elem_id="chat-maths", size="sm", scale=0, min_width=0)
                send = gr.Button("Send", elem_id="chat-send", variant="primary", scale=0, min_width=0)
                stop = gr.Button("Stop", elem_id="chat-stop", visible=False, scale=0, min_width=0)
        meter = gr.HTML("", elem_id="context-meter", padding=False)
        gr.HTML("Enter sends · Shift + Enter breaks the line", elem_id="chat-hint", padding=False)
    return Composer(
        message=message,
        send=send,
        stop=stop,
        think=think,
        maths=maths,
        attach=attach,
        chips=chips,
        meter=meter,
        fit_panel=fit_panel,
    )
