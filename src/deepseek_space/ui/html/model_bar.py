"""What the model button in the head shows: which model answers, how, and how far another one has come.

Its parts are HTML of our own; whatever comes from elsewhere is escaped.
"""

import json
import re
from html import escape

from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.html.pace import STANDING, Pace
from deepseek_space.ui.words.amounts import progress_text, size_text
from deepseek_space.ui.words.language import say

NO_MODEL = "No model"
UNNAMED = "auto"  # what a backend calls a model that it has yet to choose
_SCRIPTED = Sentence("Scripted replies")  # how its note begins, on the page as it is first sent
_FIRST_CLAUSE = re.compile(r"(?:[:;,.](?=\s|$)|[：；，。]).*", re.DOTALL)


def model_line(status: Status, pace: Pace = STANDING) -> str:
    """Return the line: state, name, precision; ``pace`` is how fast the model on its way comes."""
    name = escape(shown_name(status))
    parts = [
        '<span class="ds-dot" aria-hidden="true"></span>',
        f'<strong class="ds-name" id="model-name-shown" title="{name}">{name}</strong>',
        _precision(status),
        _gist(status),
        _saying(status, pace),
        _bar(status.progress) if status.progress else "",
    ]
    return (
        f'<div class="ds-model" role="status" data-state="{status.state}" data-own="{_own(status)}"{_base(status)}>'
        f"{''.join(parts)}</div>"
    )


def _base(status: Status) -> str:
    """Return the mark of a model that cannot chat: the Code page then shows the form for it alone."""
    if status.can_chat or status.state != "ready":
        return ""
    return ' data-base="infill"' if status.can_infill else " data-base"


def warning_notes(status: Status) -> str:
    """Return a button that unfolds the model's warnings; nothing where there are none."""
    if not status.warnings:
        return ""
    count = len(status.warnings)
    items = "".join(f"<li>{escape(say(warning))}</li>" for warning in status.warnings)
    label = say("1 note") if count == 1 else say("{count} notes", count=count)
    title = escape(say("About {model}", model=status.model))
    return (
        f'<button type="button" class="ds-chip is-warning" popovertarget="ds-warnings">{label}</button>'
        f'<div id="ds-warnings" class="ds-popover" popover><h2>{title}</h2><ul>{items}</ul></div>'
    )


def about(status: Status) -> str:
    """Return what unfolds from the button where the model cannot be changed: all that is known of it."""
    note = f"<p>{escape(say(status.note))}</p>" if status.note else ""
    name = escape(shown_name(status))
    return f'<div id="model-about" class="ds-popover" popover><h2>{name}</h2>{note}{facts_list(status)}</div>'


def facts_list(status: Status) -> str:
    """Return what is known of the model that answers as a list; nothing while nothing is."""
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts(status).items())
    return f'<dl class="ds-facts">{rows}</dl>' if rows else ""


def facts(status: Status) -> dict[str, str]:
    """Return what is known of the model that answers, by what it is."""
    if status.state != "ready":
        return {}
    known = {
        say("Precision"): status.precision if status.precision != "none" else "",
        say("Device"): say(status.device),
        say("Memory in use"): size_text(status.memory_bytes) if status.memory_bytes else "",
        say("Context"): say("{count} tokens", count=f"{status.context_tokens:,}") if status.context_tokens else "",
    }
    return {name: fact for name, fact in known.items() if fact}


def shown_name(status: Status) -> str:
    """Return the model's name as it is shown."""
    if status.state == "loading" and status.model == UNNAMED:
        return say("Choosing a model")
    return status.model if is_named(status) else say(NO_MODEL)


def is_named(status: Status) -> bool:
    """Tell whether there is a model whose name is known."""
    return status.state != "empty" and status.model not in ("", UNNAMED)


def answers_meanwhile(status: Status) -> bool:
    """Tell whether one model answers while another is on its way; the new one may wait for the old one's answers."""
    return status.state == "ready" and status.loading_model != status.model


def coming_text(status: Status, pace: Pace) -> str:
    """Say what is on its way and how far it has come."""
    if status.progress is None:
        return say("Getting ready")
    rate = pace.text()
    return progress_text(status.progress) + (f" · {rate}" if rate else "")


def _own(status: Status) -> str:
    """Return the model's own parameters, which ``assets/page/fields.js`` puts into a field that was emptied."""
    return escape(json.dumps({name: getattr(status.sampling, name) for name in Sampling.LIMITS if name != "seed"}))


def _precision(status: Status) -> str:
    if status.state != "ready" or status.precision in ("", "none"):
        return ""
    return f'<span class="ds-chip ds-precision" title="{say("Precision")}">{escape(status.precision)}</span>'


def _gist(status: Status) -> str:
    """Return in a few words what a model is that DeepSeek did not make; it gives way before the name does."""
    if status.state != "ready" or status.is_deepseek or not status.note:
        return ""
    note = say(status.note)
    return f'<span class="ds-chip ds-gist" title="{escape(note)}">{escape(_FIRST_CLAUSE.sub("", note))}</span>'


def _saying(status: Status, pace: Pace) -> str:
    if status.progress or status.state == "loading":
        # What moves comes first: a narrow line cuts off the rest.
        text = escape(
            coming_text(status, pace) + (" · " + say("answers meanwhile") if answers_meanwhile(status) else "")
        )
        return f'<span class="ds-says" title="{text}">{text}</span>'
    if status.error and status.state != "ready":
        error = escape(say(status.error))
        return f'<span class="ds-says ds-problem" title="{error}">{error}</span>'
    note = say("Choose a model to begin.") if status.state == "empty" else say(status.note)
    if status.state == "ready" and not status.is_deepseek:
        note = ""  # its gist stands there, and an empty chat says all of it
    # What the model is stays in sight; why another could not be loaded comes after it.
    failed = say("Not loaded: {reason}", reason=status.error) if status.error else ""
    return _says(note) + _says(failed, "ds-problem")


def _says(text: str, kind: str = "") -> str:
    return f'<span class="ds-says {kind}" title="{escape(text)}">{escape(text)}</span>' if text else ""


def _bar(progress: Loading) -> str:
    amount = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    return f'<progress{amount} aria-label="{escape(say(progress.stage))}"></progress>'
