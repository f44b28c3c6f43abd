"""Bounds on what a reader can send, and how a refusal is shown. Knows no model."""

import gradio as gr

from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.ui.words.language import retell, say

MAX_CHARACTERS = 400_000  # about 100,000 tokens; what fits the model is the backend's to say


def check_length(name: str, text: str) -> None:
    """Raise RequestError if there is far too much text to be worth a place in the queue."""
    if len(text) > MAX_CHARACTERS:
        raise RequestError(
            f"{name} is {len(text):,} characters long; the most that can be sent is {MAX_CHARACTERS:,}. Shorten it."
        )


def show_refusal(error: SpaceError) -> None:
    """Show why something was not done. An error raised in Gradio would leave its badge on every output besides."""
    gr.Warning(retell(str(error)), title=say("That did not work"))


def refusal(error: SpaceError | str) -> gr.Error:
    """Return what to raise so that Gradio shows the message, and no more than the message."""
    return gr.Error(retell(str(error)), title=say("That did not work"), print_exception=False)
