"""The fields of a request that offer tools, to ours: each honoured, or refused by name. Knows no model."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from deepseek_space.errors import FieldRefused
from deepseek_space.status import Status
from deepseek_space.text.bounds import check_length
from deepseek_space.types import Tool, ToolCall

MAX_TOOLS = 128
TRAINED = "Those that were: DeepSeek V3, R1-0528, V3.1, V3.2 and V4."
_FIELDS = ("tools", "tool_choice", "parallel_tool_calls")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_WANTED = 'it must be {"type": "function", "function": {"name": …, "parameters": {…}}}.'


def without_tools(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other fields of ``given``, where it offers tools; all of them where it offers none."""
    return {name: value for name, value in given.items() if not (given.get("tools") and name in _FIELDS)}


def read_tools(given: Mapping[str, Any], status: Status, *, thinking: bool | None) -> tuple[Tool, ...]:
    """Return the tools that the model is told of. Raises FieldRefused, for a model that calls none too."""
    offered = given.get("tools")
    if not offered:
        return ()
    if status.tool_format == "none":
        raise FieldRefused("tools", f"{status.model} was not trained to call tools. {TRAINED}")
    if given.get("tool_choice", "auto") not in ("auto", "none"):
        raise FieldRefused("tool_choice", "a call cannot be forced here. Give auto or none.")
    if given.get("parallel_tool_calls") is False:
        raise FieldRefused("parallel_tool_calls", "how many calls there are is the model's choice. Leave it out.")
    if thinking and status.tool_format == "v3.1":
        raise FieldRefused("tools", f"{status.model} calls tools without thinking alone. Turn thinking off.")
    if not isinstance(offered, list) or len(offered) > MAX_TOOLS:
        raise FieldRefused("tools", f"it must be a list of at most {MAX_TOOLS} functions.")
    tools = tuple(_tool(f"tools.{number}", item) for number, item in enumerate(offered))
    check_length("The list of tools", "".join(tool.definition for tool in tools))
    return () if given.get("tool_choice") == "none" else tools


def read_calls(place: str, given: Sequence[Any]) -> tuple[ToolCall, ...]:
    """Return the calls that an assistant made, as it was told of them. Raises FieldRefused by the place."""
    return tuple(_call(f"{place}.{number}", item) for number, item in enumerate(given))


def _tool(place: str, item: Any) -> Tool:
    match item:
        case {"type": "function", "function": {"name": str(name)} as function} if _NAME.fullmatch(name):
            if not isinstance(function.get("parameters", {}), dict):
                raise FieldRefused(place, _WANTED)
            known = {key: value for key, value in function.items() if value is not None}
            return Tool(name=name, definition=json.dumps(known, ensure_ascii=False))
    raise FieldRefused(place, _WANTED)


def _call(place: str, item: Any) -> ToolCall:
    match item:
        case {"id": str(id), "function": {"name": str(name), "arguments": str(arguments)}} if _NAME.fullmatch(name):
            return ToolCall(id=id, name=name, arguments=arguments)
    raise FieldRefused(place, 'it must be {"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}.')
