"""What a reply must be that has to call a tool, or may call one alone: a grammar in the format of each generation.

In the notation that llguidance calls Lark. Control tokens stand in it by their ids, so that no text can pass for one.
Arguments are held to the schema of their tool; of DSML, whose values of the type string are bare text, those are held
to an ``enum`` or ``const`` alone. Knows no tokenizer and no engine.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from deepseek_space.errors import FieldRefused
from deepseek_space.text.tools.conversation import (
    CALL_BEGIN,
    CALL_END,
    CALL_SEP,
    CALLS_BEGIN,
    CALLS_END,
    DSML_BLOCKS,
)
from deepseek_space.types import Tool, ToolFormat

_DSML = "｜DSML｜"
_TEXT = r"/(?s:.*)/"
_UP_TO_TAG = r"/(?s:.*)</"
_UP_TO_END_TAG = r"/(?s:.*)<\//"
_COMBINED = ("anyOf", "oneOf", "allOf", "$ref", "enum", "const", "not", "if", "patternProperties")
_BLANKS = r"( |\r?\n[ \t]{0,40})"

IdOf = Callable[[str], int | None]


def call_grammar(
    style: ToolFormat, tools: Sequence[Tool], *, is_forced: bool, calls_once: bool, id_of: IdOf, field: str
) -> str:
    """Return the grammar of a reply that may call ``tools``, of which ``id_of`` tells the control tokens.

    Raises FieldRefused, by ``field``, for parameters that cannot be held to.
    """
    written = _Dsml(style, id_of, field) if style in DSML_BLOCKS else _Marked(style, id_of, field)
    calls = "call" if calls_once else f"call ({written.between} call)*"
    lines = [
        f"start: {written.block(calls)}" if is_forced else f"start: {_TEXT} | {written.text_and_block(calls)}",
        "call: " + " | ".join(f"call_{number}" for number in range(len(tools))),
    ]
    for number, tool in enumerate(tools):
        lines += written.rules(f"call_{number}", tool.name, _parameters(tool))
    return "\n".join(lines)


def _parameters(tool: Tool) -> dict[str, Any]:
    return json.loads(tool.definition).get("parameters") or {"type": "object"}


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(schema: Mapping[str, Any] | bool) -> str:
    if isinstance(schema, bool):
        return f"%json {json.dumps(schema)}"
    return "%json " + json.dumps({**schema, "x-guidance": {"whitespace_pattern": _BLANKS}}, ensure_ascii=False)


class _Marked:
    """V3's and V3.1's calls: a control token before and behind each part, arguments as one object of JSON."""

    def __init__(self, style: ToolFormat, id_of: IdOf, field: str) -> None:
        self._is_fenced = style == "v3"
        self._mark = lambda text: _control(text, id_of, field)
        self.between = r'"\n"' if self._is_fenced else '""'

    def block(self, calls: str) -> str:
        return f"{self._mark(CALLS_BEGIN)} {calls} {self._mark(CALLS_END)}"

    def text_and_block(self, calls: str) -> str:
        return f"{_TEXT} {self.block(calls)}"

    def rules(self, rule: str, name: str, parameters: Mapping[str, Any]) -> Iterator[str]:
        begin, separator, end = self._mark(CALL_BEGIN), self._mark(CALL_SEP), self._mark(CALL_END)
        yield f"{rule}_json: {_json(parameters)}"
        if self._is_fenced:
            opening, closing = _literal(f"{name}\n```json\n"), _literal("\n```")
            yield f'{rule}: {begin} "function" {separator} {opening} {rule}_json {closing} {end}'
        else:
            yield f"{rule}: {begin} {_literal(name)} {separator} {rule}_json {end}"


class _Dsml:
    """V3.2's and V4's calls: tags that hold one control token each, a parameter at a time."""

    def __init__(self, style: ToolFormat, id_of: IdOf, field: str) -> None:
        self._block, self._field = DSML_BLOCKS[style], field
        self._mark = _control(_DSML, id_of, field)
        self.between = r'"\n<"'

    def block(self, calls: str) -> str:
        return f'"\\n\\n<" {self._rest_of_block(calls)}'

    def text_and_block(self, calls: str) -> str:
        return f"{_UP_TO_TAG} {self._rest_of_block(calls)}"

    def rules(self, rule: str, name: str, parameters: Mapping[str, Any]) -> Iterator[str]:
        properties, required = parameters.get("properties", {}), parameters.get("required", [])
        is_plain = isinstance(properties, dict) and isinstance(required, list)
        if not is_plain or parameters.get("type", "object") != "object" or parameters.keys() & set(_COMBINED):
            raise FieldRefused(
                self._field, f"a call of {name} cannot be held to it: its parameters must be an object with properties."
            )
        shared = {word: parameters[word] for word in ("$defs", "definitions") if word in parameters}
        parts = []
        for number, (key, schema) in enumerate(properties.items()):
            yield f"{rule}_{number}: {self._parameter(key, schema, shared)}"
            parts.append(f"{rule}_{number}{'' if key in required else '?'}")
        opening = _literal(f'invoke name="{name}">\n')
        closing = '"</"' if required else r'("</" | "\n</")'  # of no parameters a blank line is left
        yield f'{rule}: {self._mark} {opening} {" ".join(parts)} {closing} {self._mark} "invoke>"'

    def _rest_of_block(self, calls: str) -> str:
        opening, closing = _literal(f"{self._block}>\n<"), _literal(f"{self._block}>")
        return f'{self._mark} {opening} {calls} "\\n</" {self._mark} {closing}'

    def _parameter(self, key: str, schema: Any, shared: Mapping[str, Any]) -> str:
        kind = schema.get("type") if isinstance(schema, dict) else None
        as_text = f"{self._opening(key, is_text=True)} {self._text_value(schema)}"
        value = {**schema, **shared} if isinstance(schema, dict) else schema
        as_json = f'{self._opening(key, is_text=False)} {_json(value)} "</" {self._mark} "parameter>\\n"'
        if kind is None and not (isinstance(schema, dict) and schema):
            return f"{as_text} | {as_json}"
        return as_text if kind == "string" else as_json

    def _opening(self, key: str, *, is_text: bool) -> str:
        head = f'parameter name="{key}" string="{"true" if is_text else "false"}">'
        return f'"<" {self._mark} {_literal(head)}'

    def _text_value(self, schema: Any) -> str:
        allowed = (
            schema.get("enum", [schema["const"]] if "const" in schema else None) if isinstance(schema, dict) else None
        )
        end = f'{self._mark} "parameter>\\n"'
        if allowed is None:
            return f"{_UP_TO_END_TAG} {end}"
        return f'({" | ".join(_literal(str(value)) for value in allowed)}) "</" {end}'


def _control(text: str, id_of: IdOf, field: str) -> str:
    found = id_of(text)
    if found is None:
        raise FieldRefused(field, f"this model's vocabulary has no {text}, by which calls are told. Leave it out.")
    return f"<[{found}]>"
