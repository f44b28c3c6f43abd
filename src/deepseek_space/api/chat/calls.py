"""The calls of one reply as OpenAI's clients read them: each with an id, which its result is to name.

In pieces, id, type and name come once for each call: clients join what comes twice. Knows no route.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from deepseek_space.events import ToolArguments, ToolCallBegun


@dataclass(kw_only=True)
class ToldCall:
    """One call, as far as it has come."""

    id: str
    name: str
    arguments: str = ""


@dataclass(kw_only=True)
class ToldCalls:
    """The calls of one reply so far."""

    found: list[ToldCall] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found)

    def take(self, event: ToolCallBegun | ToolArguments) -> None:
        """Take in what comes next of the calls."""
        if isinstance(event, ToolCallBegun):
            self.found.append(ToldCall(id=new_id("call"), name=event.name))
        else:
            self.found[event.index].arguments += event.text

    def json(self) -> list[dict[str, Any]]:
        """Return the calls of a reply that has ended."""
        return [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in self.found
        ]


def begun_json(event: ToolCallBegun) -> dict[str, Any]:
    """Return the piece that begins a call."""
    function = {"name": event.name, "arguments": ""}
    return {"index": event.index, "id": new_id("call"), "type": "function", "function": function}


def grown_json(event: ToolArguments) -> dict[str, Any]:
    """Return the piece by which a call's arguments grow."""
    return {"index": event.index, "function": {"arguments": event.text}}


def new_id(kind: str) -> str:
    """Return an id for a call."""
    return f"{kind}_{secrets.token_hex(12)}"
