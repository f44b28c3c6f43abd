"""The tools that an agent may call, as far as the model that answers can do them, to requests. Knows no protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deepseek_space.api.fields.models import check_model
from deepseek_space.api.fields.sampling import SamplingFields, to_sampling
from deepseek_space.api.wire.request_body import checked, without_nulls
from deepseek_space.errors import FieldRefused
from deepseek_space.status import Status
from deepseek_space.text.bounds import check_length
from deepseek_space.text.codegen import LANGUAGES, generation_messages
from deepseek_space.types import Completion, Message, Request, Sampling


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    max_tokens: int | None = Field(default=None, description="The most tokens to write; left out: as recommended.")
    temperature: float | None = Field(default=None, description="0 always takes the likeliest token.")


class _Chat(_Given):
    message: str = Field(description="What to answer, with all that has to be known for it.")
    system_prompt: str = Field(default="", description="Instructions that come before the message.")
    thinking: bool | None = Field(default=None, description="Whether to think first, where the model has the choice.")


class _Code(_Given):
    task: str = Field(description="What the code should do.")
    language: str = Field(default=LANGUAGES[0], description="The programming language.")


class _Infill(_Given):
    prefix: str = Field(description="The code before the gap, to the character.")
    suffix: str = Field(default="", description="The code after the gap.")


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool: what an agent is told of it, the arguments that it takes, and what it asks of the model."""

    name: str
    description: str
    form: type[_Given]
    asks: Callable[[Any, Sampling], Request | Completion]
    is_there: Callable[[Status], bool]


def _chat(given: _Chat, sampling: Sampling) -> Request:
    check_length("The message", given.message + given.system_prompt)
    system = (Message(role="system", content=given.system_prompt),) if given.system_prompt.strip() else ()
    messages = (*system, Message(role="user", content=given.message))
    return Request(messages=messages, sampling=sampling, thinking=given.thinking)


def _code(given: _Code, sampling: Sampling) -> Request:
    check_length("The task", given.task)
    return Request(messages=generation_messages(given.task, given.language), sampling=sampling)


def _infill(given: _Infill, sampling: Sampling) -> Completion:
    check_length("The code", given.prefix + given.suffix)
    return Completion(prefix=given.prefix, suffix=given.suffix, sampling=sampling)


TOOLS = (
    Tool(
        name="chat",
        description="Ask the language model a question. It remembers nothing of earlier ones.",
        form=_Chat,
        asks=_chat,
        is_there=lambda status: status.can_chat,
    ),
    Tool(
        name="code",
        description="Have the language model write code for a task, with an explanation, as Markdown.",
        form=_Code,
        asks=_code,
        is_there=lambda status: status.can_chat,
    ),
    Tool(
        name="infill",
        description="Have the language model write the code that belongs between two pieces of it.",
        form=_Infill,
        asks=_infill,
        is_there=lambda status: status.can_infill,
    ),
)


def listed(status: Status) -> list[dict[str, Any]]:
    """Return the tools that there are now, as the protocol has them."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": tool.form.model_json_schema(),
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        }
        for tool in TOOLS
        if tool.is_there(status)
    ]


def find(name: object) -> Tool | None:
    """Return the tool called ``name``."""
    return next((tool for tool in TOOLS if tool.name == name), None)


def asked(tool: Tool, arguments: Mapping[str, Any], status: Status) -> Request | Completion:
    """Return what ``tool`` asks of the model. Raises NotReady, and RequestError for arguments that cannot be used."""
    check_model("", status)
    if not tool.is_there(status):
        raise FieldRefused("name", f"{status.model} cannot be asked to {tool.name}. Load another model for that.")
    given = checked(tool.form, without_nulls(arguments))
    fields = SamplingFields(max_tokens=given.max_tokens, temperature=given.temperature)
    return tool.asks(given, to_sampling(fields, status.sampling))
