"""How a refusal is shown. Knows no model."""

import gradio as gr

from deepseek_space.errors import SpaceError
from deepseek_space.ui.words.language import retell, say


def show_refusal(error: SpaceError) -> None:
    """Show why something was not done. An error raised in Gradio would leave its badge on every output besides."""
    gr.Warning(retell(str(error)), title=say("That did not work"))


def refusal(error: SpaceError | str) -> gr.Error:
    """Return what to raise so that Gradio shows the message, and no more than the message."""
    return gr.Error(retell(str(error)), title=say("That did not work"), print_exception=False)
