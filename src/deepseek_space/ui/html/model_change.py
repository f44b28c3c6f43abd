"""What answers now and how a change of model goes: the texts of the models panel. Pure functions."""

import re
from collections.abc import Collection
from html import escape

from deepseek_space.status import Status
from deepseek_space.ui.html.model_bar import UNNAMED, answers_meanwhile, coming_text, facts_list, shown_name
from deepseek_space.ui.html.pace import Pace
from deepseek_space.ui.words.language import say

SHOWN_LINES = 60
_NAME = re.compile(r"[\w.-]*\w")


def is_loading(status: Status) -> bool:
    """Tell whether a model is on its way."""
    return bool(status.progress) or status.state == "loading"


def now_text(status: Status) -> str:
    """Return the block on top of the panel: what answers."""
    return f'<div class="ds-now"><h3>{escape(shown_name(status))}</h3>{facts_list(status)}</div>'


def change_text(status: Status, pace: Pace, *, with_error: bool = True) -> str:
    """Return how the change of model goes and, ``with_error``, why the last one failed."""
    parts = []
    if is_loading(status):
        named = status.loading_model if status.loading_model != UNNAMED else ""
        name = f"<strong>{escape(named)}</strong><br>" if named else ""
        parts.append(f"<p>{name}{escape(coming_text(status, pace))}</p>")
    if status.progress and status.progress.total:
        parts.append(f'<progress value="{status.progress.done}" max="{status.progress.total}"></progress>')
    if status.progress and answers_meanwhile(status):
        parts.append(f"<p>{escape(say('{model} goes on answering meanwhile.', model=status.model))}</p>")
    if status.error and with_error:
        parts.append(refused(status.error))
    return f'<div class="ds-coming">{"".join(parts)}</div>'


def log_text(status: Status) -> str:
    """Return what the program that runs the model printed last; its end is in sight."""
    if not status.log:
        return ""
    lines = escape("\n".join(status.log[-SHOWN_LINES:]))
    return f'<div class="ds-log" tabindex="0" role="region" aria-label="{escape(say("Log"))}"><pre>{lines}</pre></div>'


def refused(why: str, *, offered: Collection[str] = ()) -> str:
    """Return ``why`` a model does not come; where it names one of those ``offered`` a click takes that one instead."""
    said = _NAME.sub(lambda found: _meant(found[0]) if found[0] in offered else found[0], escape(say(why)))
    return f'<p class="ds-error" role="alert">{said}</p>'


def _meant(name: str) -> str:
    return f'<button type="button" class="ds-meant" value="{name}">{name}</button>'
