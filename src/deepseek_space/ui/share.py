"""What a link carries: a message, a model's name and parameters; never a conversation. Pure; knows no Gradio.

It stands behind the # of the address, which browsers do not send to any server. What comes back from there may have
been written by anybody: what is not exactly right is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from deepseek_space.errors import RequestError
from deepseek_space.types import Request, Sampling, check_number

MARK = "say"  # so that a fragment of another kind is none of ours
MOST_LINK_CHARACTERS = 60_000
MOST_PROMPT_CHARACTERS = 16_000
# A name of the catalogue or of the Hub, and no file of this machine.
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_WHOLE = ("top_k", "max_new_tokens", "seed")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The contents of a link. ``parameters`` are those that were changed: fields of Sampling, and thinking_budget."""

    prompt: str = ""
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def to_fragment(shared: Shared) -> str:
    """Return what stands behind the # of the link; raises RequestError for a message too long for one."""
    if len(shared.prompt) > MOST_PROMPT_CHARACTERS:
        raise RequestError(
            f"The message has {len(shared.prompt):,} characters; a link can carry {MOST_PROMPT_CHARACTERS:,}."
        )
    words = [(MARK, shared.prompt)]
    if _MODEL.fullmatch(shared.model):
        words.append(("model", shared.model))
    for name, value in shared.parameters.items():
        words += [(name, str(text)) for text in (value if name == "stop" else [value])]
    return urlencode(words)


def from_fragment(fragment: str) -> Shared | None:
    """Return what a link carries; None where it is none of ours."""
    text = fragment.removeprefix("#")
    if len(text) > MOST_LINK_CHARACTERS or not text.startswith(f"{MARK}="):
        return None
    try:
        words = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        return None
    given = dict(words)
    prompt = given[MARK] if len(given[MARK]) <= MOST_PROMPT_CHARACTERS else ""
    model = given.get("model", "")
    stop = tuple(value for name, value in words if name == "stop")
    return Shared(
        prompt=prompt,
        model=model if _MODEL.fullmatch(model) else "",
        parameters=_parameters(given, stop),
    )


def _parameters(given: Mapping[str, str], stop: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in (*Sampling.LIMITS, "thinking_budget"):
        if name in given and (value := _number(name, given[name])) is not None:
            found[name] = value
    try:
        return {**found, "stop": Sampling(stop=stop).stop} if stop else found
    except RequestError:
        return found


def _number(name: str, text: str) -> float | int | None:
    limits = Request.BUDGET_LIMITS if name == "thinking_budget" else Sampling.LIMITS[name]
    is_whole = name in (*_WHOLE, "thinking_budget")
    try:
        value = int(text) if is_whole else float(text)
        check_number(name, value, limits)
    except (ValueError, RequestError):
        return None
    return value
