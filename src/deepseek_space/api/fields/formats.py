"""The fields of a request that say what the answer must be, to ours: OpenAI's, vLLM's, SGLang's and llama.cpp's.

Knows no grammar: whether it can be enforced is seen where it is compiled.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from deepseek_space.errors import FieldRefused
from deepseek_space.types import Constraint

_OBJECT = {"type": "object"}
_NAMES = ("response_format", "structured_outputs", "json_schema", "grammar", "regex", "ebnf")
_OF_A_SCHEMA = frozenset({"name", "description", "schema", "strict"})
_OF_STRUCTURED_OUTPUTS = ("json", "json_object", "regex", "choice", "grammar")


def read_constraint(given: Mapping[str, Any]) -> Constraint | None:
    """Return what ``given`` says the answer must be, None for any text. Raises FieldRefused for what says nothing."""
    found = {name: constraint for name in _NAMES if (constraint := _read(name, given.get(name))) is not None}
    if len(found) > 1:
        raise FieldRefused(next(iter(found)), f"{' and '.join(found)} ask for different things. Give one of them.")
    return next(iter(found.values()), None)


def _read(name: str, value: Any) -> Constraint | None:
    if value is None:
        return None
    match name:
        case "response_format":
            return _response_format(value)
        case "structured_outputs":
            return _structured_outputs(value)
        case "json_schema":
            return _schema(name, value)
        case "regex":
            return _text("regex", name, value)
    return _text("grammar", name, value)  # llama.cpp's "grammar", SGLang's "ebnf"


def _response_format(value: Any) -> Constraint | None:
    field = "response_format"
    match value:
        case {"type": "text", **rest} if not rest:
            return None
        case {"type": "json_object", **rest} if not rest.keys() - {"schema"}:
            return _schema(field, rest.get("schema", _OBJECT))
        case {"type": "json_schema", "json_schema": dict(inner), **rest} if not rest:
            for unknown in inner.keys() - _OF_A_SCHEMA:
                raise FieldRefused(f"{field}.json_schema.{unknown}", "there is no such field here. Leave it out.")
            return _schema(field, inner.get("schema", _OBJECT))
        case {"type": "json_schema", "schema": schema, **rest} if not rest:  # llama.cpp's shorter way
            return _schema(field, schema)
    raise FieldRefused(
        field, 'it must be {"type": "text"}, {"type": "json_object"} or {"type": "json_schema", "json_schema": {…}}.'
    )


def _structured_outputs(value: Any) -> Constraint | None:
    field = "structured_outputs"
    if not isinstance(value, dict):
        raise FieldRefused(field, f"it must hold one of {', '.join(_OF_STRUCTURED_OUTPUTS)}.")
    said = {name: inner for name, inner in value.items() if inner is not None and inner is not False}
    for name in said.keys() - set(_OF_STRUCTURED_OUTPUTS):
        raise FieldRefused(f"{field}.{name}", "there is no such field here. Leave it out.")
    if len(said) > 1:
        raise FieldRefused(field, f"{' and '.join(said)} ask for different things. Give one of them.")
    return _structured(*next(iter(said.items()))) if said else None


def _structured(name: str, value: Any) -> Constraint:
    field = f"structured_outputs.{name}"
    match name:
        case "json":
            return _schema(field, value)
        case "json_object":
            return _schema(field, _OBJECT)
        case "choice":
            return _choice(field, value)
        case "regex":
            return _text("regex", field, value)
    return _text("grammar", field, value)


def _schema(field: str, schema: Any) -> Constraint:
    if isinstance(schema, str):  # vLLM takes it as text too
        try:
            schema = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise FieldRefused(field, f"the schema is no JSON: {error}.") from error
    if not isinstance(schema, dict | bool):
        raise FieldRefused(field, "the schema must be an object.")
    try:
        text = json.dumps(schema, ensure_ascii=False)
    except RecursionError as error:
        raise FieldRefused(field, "the schema is nested too deeply.") from error
    return Constraint(kind="json_schema", text=text, field=field)


def _choice(field: str, value: Any) -> Constraint:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
        raise FieldRefused(field, "it must be a list of texts, none of them empty.")
    return Constraint(kind="regex", text="|".join(map(_literally, value)), field=field)


def _literally(text: str) -> str:
    return re.sub(r"[^\w\s]|_", lambda sign: f"\\x{{{ord(sign[0]):x}}}", text)


def _text(kind: Any, field: str, value: Any) -> Constraint:
    if not isinstance(value, str) or not value:
        raise FieldRefused(field, "it must be text.")
    return Constraint(kind=kind, text=value, field=field)
