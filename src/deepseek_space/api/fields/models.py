"""Which names a program may call the model by that answers: its own, and those of DeepSeek's own service.

Programs have the service's names built in. What is loaded answers to them, and the reply's ``model`` says what that is.
Knows no request and no backend.
"""

from collections.abc import Mapping

from deepseek_space.errors import ModelNotFound, NotReady
from deepseek_space.status import Status

# What each says of thoughts; None: as the model does by itself.
_ALIASES: Mapping[str, bool | None] = {
    "deepseek-chat": False,
    "deepseek-reasoner": True,
    "deepseek-flash": None,
    "deepseek-v4-flash": None,
    "deepseek-v4-pro": None,
}


def check_model(wanted: str, status: Status) -> None:
    """Raise NotReady while a model is on its way, ModelNotFound if it is not the ``wanted`` one that answers here."""
    check_ready(status)
    is_alias = wanted in _ALIASES
    if not wanted or wanted == status.model:
        return
    if not is_alias or status.state != "ready":
        raise ModelNotFound(f"There is no model {wanted} here; {status.model or 'none'} answers.")
    if _ALIASES[wanted] and not status.can_think:
        raise ModelNotFound(f"There is no {wanted} here: {status.model} answers, which does not think.")


def check_ready(status: Status) -> None:
    """Raise NotReady while the first model is on its way: what it will be called is not known before it is there."""
    if status.state == "loading":
        stage = f" ({status.progress.stage})" if status.progress else ""
        raise NotReady(f"{status.loading_model or status.model} is not ready yet{stage}. Try again in a moment.")


def thinking_of(wanted: str, status: Status) -> bool | None:
    """Return whether the name ``wanted`` asks for thoughts; None where it says nothing, or the model has no choice."""
    return _ALIASES.get(wanted) if status.can_choose_thinking and wanted != status.model else None
