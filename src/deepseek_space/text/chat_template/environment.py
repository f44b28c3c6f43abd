"""What a published chat template may use: Jinja's sandbox with the few additions that transformers documents.

``transformers.utils.chat_template_utils`` is the standard. It is not imported: that takes seconds and three times the
memory, in a process that does nothing else. Knows no conversation.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from jinja2 import Template, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace


class Refusal(TemplateError):
    """What a template says by ``raise_exception``: its publisher's own words."""


class _Generation(Extension):
    """``{% generation %}`` marks what the model is to learn; outside of training its body is all there is to it."""

    tags = {"generation"}  # noqa: RUF012 (as Jinja declares it)

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Dictionaries:
    """``dict`` without its attributes, which lead out of a sandbox."""

    def __call__(self, *args: Any, **values: Any) -> dict[Any, Any]:
        return dict(*args, **values)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


class _Names(Namespace):
    """A namespace without names that begin with an underscore, for the same reason."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise TemplateError(f"{name!r} begins with an underscore.")
        super().__setitem__(name, value)


def compiled(source: str) -> Template:
    """Return the template of ``source``, ready to be rendered. Raises TemplateError if it is none."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals.update(
        raise_exception=_refuse, strftime_now=_now, dict=_Dictionaries(), namespace=_namespace(environment)
    )
    return environment.from_string(source)


def _namespace(environment: ImmutableSandboxedEnvironment) -> Callable[..., _Names]:
    def namespace(*args: Any, **values: Any) -> _Names:
        names = _Names()
        for name, value in dict(*args, **values).items():
            names[name] = value
        return names

    return namespace


def _refuse(message: object) -> NoReturn:
    raise Refusal(str(message))


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own writes "<" and its like in another way, for web pages.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
