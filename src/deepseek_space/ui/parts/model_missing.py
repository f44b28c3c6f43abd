"""A message needs a model: where none answers or is on its way it is refused, and not lost."""

from html import escape

import gradio as gr

from deepseek_space.backends.base import Backend, ModelHost
from deepseek_space.ui.words.language import say


def refuse_without_model(backend: Backend) -> bool:
    """Tell whether nothing can answer, and say so on the page with the way to the models.

    A server elsewhere may be back at any time, so it is asked whatever it last said.
    """
    status = backend.status()
    if not isinstance(backend, ModelHost) or status.state not in ("empty", "failed"):
        return False
    text = escape(say(status.error) or say("No model is loaded, so the message was not sent."))
    way = f'<button type="button" class="ds-act ds-pill" name="open_models">{escape(say("Choose a model"))}</button>'
    gr.Warning(f"{text} {way}", title=say("That did not work"))
    return True
