"""Tools and their calls in the words of servers, and the calls that they stream, as events. Knows no connection."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deepseek_space.backends.remote.model import RemoteModel
from deepseek_space.events import ToolArguments, ToolCallBegun
from deepseek_space.types import Message, Request, Tool

Called = list[ToolCallBegun | ToolArguments]


def tools_json(model: RemoteModel, request: Request) -> dict[str, Any]:
    """Return the fields that offer the tools of ``request``; none where it has none."""
    if not request.tools:
        return {}
    forced = set(request.forced_tools)
    # llama.cpp forces no call by name: there the one tool is offered that is wanted.
    narrows = model.kind == "llamacpp" and len(forced) == 1
    offered = [_tool(tool) for tool in request.tools if not narrows or tool.name in forced]
    choice = {"tool_choice": _choice(request, narrows=narrows)} if forced else {}
    return {"tools": offered, **choice, **({"parallel_tool_calls": False} if request.calls_once else {})}


def message_json(message: Message) -> dict[str, Any]:
    """Return one turn, with its calls, or as a call's result."""
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    # Thoughts between calls go back: DeepSeek's API asks for them. vLLM has renamed the field.
    thought = {"reasoning_content": message.reasoning, "reasoning": message.reasoning} if message.reasoning else {}
    return {"role": "assistant", "content": message.content or None, "tool_calls": calls, **thought}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": json.loads(tool.definition)}


def _choice(request: Request, *, narrows: bool) -> object:
    if narrows or len(request.forced_tools) == len(request.tools):
        return "required"
    return {"type": "function", "function": {"name": request.forced_tools[0]}}


class StreamedCalls:
    """Reads the calls of one reply, piece by piece. Some servers repeat a name, or leave out the index."""

    def __init__(self) -> None:
        self._indices: dict[object, int] = {}  # theirs to ours

    def __bool__(self) -> bool:
        return bool(self._indices)

    def push(self, deltas: object) -> Called:
        """Return the events of what a piece holds of calls."""
        found = deltas if isinstance(deltas, Sequence) and not isinstance(deltas, str) else ()
        return [event for delta in found if isinstance(delta, Mapping) for event in self._read(delta)]

    def _read(self, delta: Mapping[str, Any]) -> Called:
        function = delta.get("function")
        function = function if isinstance(function, Mapping) else {}
        name, arguments = function.get("name"), function.get("arguments")
        given = delta.get("index")
        key = given if isinstance(given, int) else (delta.get("id") if name else next(reversed(self._indices), None))
        events: Called = []
        if key not in self._indices:
            if not isinstance(name, str) or not name:
                return []
            self._indices[key] = len(self._indices)
            events.append(ToolCallBegun(index=self._indices[key], name=name))
        if isinstance(arguments, Mapping):
            arguments = json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str) and arguments:
            events.append(ToolArguments(index=self._indices[key], text=arguments))
        return events
