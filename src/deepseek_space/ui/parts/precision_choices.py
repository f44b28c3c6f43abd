"""What the list beside Load offers: the precisions of a checkpoint, or the quantisations of a GGUF repository.

A quantisation is chosen by the whole name of the model at it. Asks nothing of a backend.
"""

from collections.abc import Sequence

import gradio as gr

from deepseek_space.settings import PRECISIONS
from deepseek_space.status import Choice, Quantisation
from deepseek_space.ui.html.model_list import VERDICTS
from deepseek_space.ui.words.amounts import size_text
from deepseek_space.ui.words.language import say

_WORDS = {
    "fp32": "fp32: exact, twice bf16",
    "bf16": "bf16: as most are published",
    "fp16": "fp16: for older GPUs",
    "int8": "int8: half of bf16",
    "nf4": "nf4: a quarter of bf16",
    "fp4": "fp4: a quarter, coarser",
}
# A quantisation is part of the name, so that what is loaded is what can be read; the card of that name is framed.
CHOOSE_JS = """(precision, model) => {
  const name = precision.includes("/") ? precision : model;
  for (const card of document.querySelectorAll("#model-list input")) card.checked = card.value === name;
  return name;
}"""


def asked_model(written: str, chosen: str) -> tuple[str, str]:
    """Return the model and the precision to ask for, of the name that is ``written`` and what is ``chosen`` here.

    A name without its quantisation takes the one chosen; what was chosen for another name is nothing.
    """
    if chosen in PRECISIONS:
        return written, chosen
    is_of_it = written.lower().rstrip("/").endswith(chosen.rpartition(":")[0].lower())
    return (chosen if is_of_it else written), "auto"


def offered_precisions(choice: Choice | None, chosen: str) -> gr.Dropdown:
    """Return the list of them for ``choice``, None: one of which nothing is known; ``chosen`` stays if it is one."""
    automatic = choice.precision if choice and choice.verdict != "no" else ""
    kept = {} if chosen in PRECISIONS else {"value": "auto"}
    return gr.Dropdown(precisions(automatic), **kept)


def offered_quantisations(quantised: Sequence[Quantisation], named: str) -> gr.Dropdown:
    """Return the list of what a GGUF repository publishes, with the one called ``named`` chosen."""
    return gr.Dropdown([(quantisation_label(each), each.name) for each in quantised], value=named)


def quantisation_label(each: Quantisation) -> str:
    """Return in a line what is to be known of a quantisation to choose it."""
    size = size_text(each.disk_bytes) if each.disk_bytes else ""
    here = say("On this disk") if each.is_on_disk else ""
    return " · ".join(filter(None, (each.label, size, here, say(VERDICTS[each.verdict]), say(each.quality))))


def precisions(automatic: str = "") -> list[tuple[str, str]]:
    """Return the precisions as (label, value); ``automatic`` is what "auto" would take here, if that is known."""
    first = say("Automatic: {precision} here", precision=automatic) if automatic else say("Automatic")
    return [(first, "auto"), *((say(_WORDS[name]), name) for name in PRECISIONS if name != "auto")]
