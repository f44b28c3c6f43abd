"""A flag on the command line that is an environment variable too: what describes it, and how its value is read.

Knows none of the flags.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import Field, field, fields

from deepseek_space.errors import UsageError

ENV_PREFIX = "DEEPSEEK_SPACE_"


def _shown(default: object) -> str:
    words = {True: "on", False: "off", "": "none"}
    if isinstance(default, float):
        return f"{default:g}"
    return words[default] if isinstance(default, bool | str) and default in words else str(default)


def flag(
    default: object,
    text: str,
    *,
    choices: Sequence[str] = (),
    kind: type = str,
    metavar: str = "",
    shown: str = "",
    on_space: object = None,
    also: str = "",
    alone: str = "",
) -> object:
    """Return a field; ``on_space`` is its default on a Space, where that is another one.

    ``also`` is another variable that counts, ``alone`` what the flag is where no value follows it.
    """
    metadata = {
        "on_space": default if on_space is None else on_space,
        "help": text,
        "choices": tuple(choices),
        "kind": kind,
        "metavar": metavar or None,
        "shown": shown or _shown(default),
        "also": also,
        "alone": alone,
    }
    return field(default=default, metadata=metadata)


def add(parser: argparse.ArgumentParser, form: type, environ: Mapping[str, str], names: Sequence[str] = ()) -> None:
    """Add the flags of ``form`` called ``names``, or all; their defaults are as ``environ`` has them."""
    for item in fields(form):
        if item.metadata and (not names or item.name in names):
            _add_flag(parser, item, _default(item, environ))


def _add_flag(parser: argparse.ArgumentParser, item: Field[object], default: object) -> None:
    meta = item.metadata
    name = "--" + item.name.replace("_", "-")
    also = f", else {meta['also']}" if meta["also"] else ""
    text = f"{meta['help']} [env {ENV_PREFIX}{item.name.upper()}{also}; default {meta['shown']}]".replace("%", "%%")
    if meta["kind"] is bool:
        parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=text)
        return
    parser.add_argument(
        name,
        type=meta["kind"],
        default=default,
        choices=meta["choices"] or None,
        metavar=meta["metavar"],
        help=text,
        nargs="?" if meta["alone"] else None,
        const=meta["alone"] or None,
    )


def _default(item: Field[object], environ: Mapping[str, str]) -> object:
    kind = item.metadata["kind"]
    for name in filter(None, (ENV_PREFIX + item.name.upper(), item.metadata["also"])):
        # A Space's form and a compose file set a variable to nothing where none is meant.
        if preset := environ.get(name, "").strip():
            return _truth(name, preset) if kind is bool else _number(name, preset, kind)
    return item.metadata["on_space"] if is_space(environ) else item.default


def is_space(environ: Mapping[str, str]) -> bool:
    """Whether this runs on a Space."""
    return bool(environ.get("SPACE_ID")) or environ.get("SYSTEM") == "spaces"


def _number(name: str, value: str, kind: type) -> str | float:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}; write a {'whole ' if kind is int else ''}number.") from None


def _truth(name: str, value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in words:
        raise UsageError(f"{name} is {value!r}; write 1 or 0.")
    return words[value.lower()]
