"""The fields of a request that offer tools, to ours: each honoured, or refused by name. Knows no model."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Offered:
    """The tools that a model is told of, those of which one has to be called, and whether one call is the most."""

    tools: tuple[Tool, ...] = ()
    forced: tuple[str, ...] = ()
    calls_once: bool = False


def read_tools(given: Mapping[str, Any], status: Status, *, thinking: bool | None) -> Offered:
    """Return what ``given`` offers. Raises FieldRefused, for a model that calls none too."""
    offered = given.get("tools")
    if not offered:
        return Offered()
    if status.tool_format == "none":
        why = "is not shown any where it runs" if status.passes_on else f"was not trained to call tools. {TRAINED}"
        raise FieldRefused("tools", f"{status.model} {why}")
    if thinking and status.tool_format == "v3.1":
        raise FieldRefused("tools", f"{status.model} calls tools without thinking alone. Turn thinking off.")
    if not isinstance(offered, list) or len(offered) > MAX_TOOLS:
        raise FieldRefused("tools", f"it must be a list of at most {MAX_TOOLS} functions.")
    tools = tuple(_tool(f"tools.{number}", item) for number, item in enumerate(offered))
    check_length("The list of tools", "".join(tool.definition for tool in tools))
    forced, calls_once = _forced(given.get("tool_choice", "auto"), tools), given.get("parallel_tool_calls") is False
    _check_way(forced, status, thinking=thinking, calls_once=calls_once)
    return (
        Offered() if given.get("tool_choice") == "none" else Offered(tools=tools, forced=forced, calls_once=calls_once)
    )


def _forced(choice: Any, tools: Sequence[Tool]) -> tuple[str, ...]:
    names = tuple(tool.name for tool in tools)
    match choice:
        case "auto" | "none":
            return ()
        case "required":
            return names
        case {"type": "function", "function": {"name": str(name)}} if name in names:
            return (name,)
        case {"type": "function", "function": {"name": str(name)}}:
            raise FieldRefused("tool_choice", f"there is no tool {name:.64} among those that are offered.")
    raise FieldRefused(
        "tool_choice", 'it must be auto, none, required or {"type": "function", "function": {"name": …}}.'
    )


def _check_way(forced: Sequence[str], status: Status, *, thinking: bool | None, calls_once: bool) -> None:
    """Raise FieldRefused where calls cannot be forced, or held to one."""
    if status.tool_format == "server":
        for name, is_asked in (("tool_choice", bool(forced)), ("parallel_tool_calls", calls_once)):
            if is_asked and name not in status.passes_on:
                raise FieldRefused(name, f"the server of {status.model} takes no notice of it. Leave it out.")
    elif forced and status.can_think and (status.thinks_by_default if thinking is None else thinking):
        raise FieldRefused("tool_choice", "a call cannot be forced while the model thinks. Turn thinking off, or auto.")


def read_calls(place: str, given: Sequence[Any]) -> tuple[ToolCall, ...]:
    """Return the calls that an assistant made, as it was told of them. Raises FieldRefused by the place."""
    return tuple(_call(f"{place}.{number}", item) for number, item in enumerate(given))


def _tool(place: str, item: Any) -> Tool:
    match item:
        case {"type": "function", "function": {"name": str(name)} as function, **rest} if _NAME.fullmatch(name):
            for unknown, value in rest.items():
                if value is not None and unknown != "cache_control":  # for the caches of a service that is asked
                    raise FieldRefused(f"{place}.{unknown}", "there is no such field here. Leave it out.")
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
