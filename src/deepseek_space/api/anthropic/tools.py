"""The tools of a request in Anthropic's words, to those in OpenAI's. Knows no model."""

from collections.abc import Mapping
from typing import Any

from deepseek_space.errors import FieldRefused

_CHOICES = {"auto": "auto", "none": "none", "any": "required"}


def tool_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``given`` says of tools. Raises FieldRefused for those that a service would run by itself."""
    if not given.get("tools"):
        return {}
    tools = [_tool(f"tools.{number}", tool) for number, tool in enumerate(given["tools"])]
    given_choice = given.get("tool_choice")
    choice: Mapping[str, Any] = given_choice if isinstance(given_choice, dict) else {"type": "auto"}
    is_one_by_one = choice.get("disable_parallel_tool_use")
    return {
        "tools": tools,
        "tool_choice": _choice(choice),
        **({"parallel_tool_calls": False} if is_one_by_one else {}),
    }


def _choice(choice: Mapping[str, Any]) -> object:
    if choice.get("type") == "tool":
        return {"type": "function", "function": {"name": str(choice.get("name"))}}
    return _CHOICES.get(str(choice.get("type")), choice)


def _tool(place: str, tool: Any) -> dict[str, Any]:
    match tool:
        case {"name": str(name), "input_schema": dict(parameters)}:
            described = {"description": tool["description"]} if tool.get("description") else {}
            return {"type": "function", "function": {"name": name, **described, "parameters": parameters}}
        case {"type": str(kind), "name": str()} if kind != "custom":
            raise FieldRefused(place, f"this app runs no {kind} by itself. Leave it out.")
    raise FieldRefused(place, 'it must be {"name": …, "description": …, "input_schema": {…}}.')
