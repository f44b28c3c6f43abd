"""How a refusal is shown. Knows no model."""

import gradio as gr

from deepseek_space.errors import SpaceError
from deepseek_space.ui.words.language import say


def show_refusal(error: SpaceError) -> None:
    """Show why something was not done. An error raised in Gradio would leave its badge on every output besides."""
    gr.Warning(say(error.sentence), title=say("That did not work"))


def refusal(sentence: str) -> gr.Error:
    """Return what to raise so that Gradio shows ``sentence``, and no more than that."""
    return gr.Error(say(sentence), title=say("That did not work"), print_exception=False)
