"""The component that shows messages, the same wherever it stands; ``transcript`` has its data."""

import gradio as gr

from deepseek_space.ui.html.render import LATEX_DELIMITERS


def build_message_view(
    elem_id: str,
    *,
    height: str,
    placeholder: str | None = None,
    can_copy: bool = True,
    follows: bool = True,
) -> gr.Chatbot:
    """Return a Chatbot; ``can_copy`` has Gradio put a copy button under each message.

    Where it ``follows``, the end of what is written stays in sight until the reader scrolls; else the beginning does.
    """
    return gr.Chatbot(
        elem_id=elem_id,
        elem_classes="ds-transcript",
        height=height,
        placeholder=placeholder,
        latex_delimiters=LATEX_DELIMITERS,
        # Thoughts, answer and figures apart: the copy button under an answer then copies the answer alone.
        group_consecutive_messages=False,
        buttons=["copy"] if can_copy else [],
        feedback_options=None,
        allow_tags=False,
        show_label=False,
        container=False,
        autoscroll=follows,
    )
