"""What a link carries: a message, a model's name, parameters, a system prompt; never a chat. Knows no Gradio.

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
MOST_SYSTEM_CHARACTERS = 8_000
# A name of the catalogue or of the Hub, and no file of this machine.
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_THINKING = {True: "yes", False: "no"}
_WHOLE = ("top_k", "max_new_tokens", "seed")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The contents of a link. ``parameters`` are those that were changed: fields of Sampling, and thinking_budget.

    ``thinking`` is None where the model leaves no choice.
    """

    prompt: str = ""
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    system_prompt: str = ""
    thinking: bool | None = None


def to_fragment(shared: Shared) -> str:
    """Return what stands behind the # of the link; raises RequestError for what is too long for one."""
    message, system_prompt = len(shared.prompt), len(shared.system_prompt)
    if message > MOST_PROMPT_CHARACTERS:
        raise RequestError(
            "The message has {count:,} characters; a link can carry {limit:,}.",
            count=message,
            limit=MOST_PROMPT_CHARACTERS,
        )
    if system_prompt > MOST_SYSTEM_CHARACTERS:
        raise RequestError(
            "The system prompt has {count:,} characters; a link can carry {limit:,}.",
            count=system_prompt,
            limit=MOST_SYSTEM_CHARACTERS,
        )
    words = [(MARK, shared.prompt)]
    if _MODEL.fullmatch(shared.model):
        words.append(("model", shared.model))
    for name, value in shared.parameters.items():
        words += [(name, str(text)) for text in (value if name == "stop" else [value])]
    if shared.thinking is not None:
        words.append(("thinking", _THINKING[shared.thinking]))
    if shared.system_prompt.strip():
        words.append(("system", shared.system_prompt))
    fragment = urlencode(words)
    if len(fragment) > MOST_LINK_CHARACTERS:  # a Chinese character is nine in an address
        raise RequestError(
            "The link would be {count:,} characters long; the most is {limit:,}. Shorten the message or "
            "the system prompt.",
            count=len(fragment),
            limit=MOST_LINK_CHARACTERS,
        )
    return fragment


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
    system_prompt = given.get("system", "")
    stop = tuple(value for name, value in words if name == "stop")
    return Shared(
        prompt=prompt,
        model=model if _MODEL.fullmatch(model) else "",
        parameters=_parameters(given, stop),
        system_prompt=system_prompt if len(system_prompt) <= MOST_SYSTEM_CHARACTERS else "",
        thinking={text: value for value, text in _THINKING.items()}.get(given.get("thinking", "")),
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
