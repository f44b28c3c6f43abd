"""A conversation with tools in, the exact prompt string of a generation out.

V3 and R1-0528, V3.1: the chat templates on the Hub. V3.2, V4: ``encoding`` in their repositories. After a result V3 and
V3.1 go on right there, V3.2 with a tag for thoughts, V4 as after a user's turn. Knows no tokenizer.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from deepseek_space.errors import RequestError
from deepseek_space.text.templates import ASSISTANT, BOS, END_THINK, EOS, THINK, USER, without_thoughts
from deepseek_space.text.tools.declaration import declaration
from deepseek_space.types import Message, Tool, ToolCall, ToolFormat

CALLS_BEGIN, CALLS_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL_BEGIN, CALL_SEP, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"
_OUTPUT_BEGIN, _OUTPUT_END = "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>"
DSML_BLOCKS = {"v3.2": "function_calls", "v4": "tool_calls"}
# Text in the vocabulary's eyes: what a tool returns could end its own result with it.
_END_TAGS = {"v3.2": ("</result>", "</function_results>"), "v4": ("</tool_result>",)}


def texts_of(messages: Sequence[Message], tools: Sequence[Tool]) -> Iterator[str]:
    """Yield all that others have written of a conversation with tools."""
    for message in messages:
        yield from (message.content, message.reasoning)
        for call in message.tool_calls:
            yield from (call.name, call.arguments)
    for tool in tools:
        yield tool.definition


def render_with_tools(
    style: ToolFormat, messages: Sequence[Message], tools: Sequence[Tool], *, thinking: bool = False
) -> str:
    """Return the prompt string, from BOS to where the reply begins.

    Of V3.2 the thoughts after the last user's turn stay, of V4 all of them. Raises RequestError for arguments that are
    no JSON object where they have to be taken apart.
    """
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    parts = [BOS, system, f"\n\n{declaration(style, tools)}" if tools else ""]
    turns = _in_order_of_calls([message for message in messages if message.role != "system"])
    last_user = max((at for at, message in enumerate(turns) if message.role == "user"), default=-1)
    for role, group in groupby(enumerate(turns), key=lambda item: _side(style, item[1])):
        if role != "assistant":
            parts.append(_given(style, role, [message for _, message in group]))
            continue
        for at, message in group:
            keeps = thinking and ((style == "v4" and bool(tools)) or (style in DSML_BLOCKS and at > last_user))
            parts.append(_opening(style, turns[at - 1] if at else None, thinks=keeps) + _said(style, message, keeps))
    return "".join(parts) + _opening(style, turns[-1] if turns else None, thinks=thinking)


def _side(style: ToolFormat, message: Message) -> str:
    """Return who speaks: V4 has results and a user's words in one turn."""
    return "user" if style == "v4" and message.role == "tool" else message.role


def _in_order_of_calls(turns: Sequence[Message]) -> list[Message]:
    """Return the turns with the results that follow one another in the order of the calls that they are for."""
    ordered: list[Message] = []
    order: dict[str, int] = {}
    for role, group in groupby(turns, key=lambda message: message.role):
        found = list(group)
        if role == "assistant":
            order = {call.id: at for at, call in enumerate(found[-1].tool_calls)} or order
        ordered += sorted(found, key=lambda turn: order.get(turn.tool_call_id, 0)) if role == "tool" else found
    return ordered


def _opening(style: ToolFormat, before: Message | None, *, thinks: bool) -> str:
    """Return what stands before what the assistant says after ``before``."""
    is_result = before is not None and before.role == "tool"
    tag = THINK if thinks else END_THINK
    match style:
        case "v3":
            return "" if is_result else ASSISTANT
        case "v3.1":
            return "" if is_result else ASSISTANT + tag
        case "v3.2":
            return f"\n\n{tag}" if is_result else ASSISTANT + tag
    return ASSISTANT + tag


def _said(style: ToolFormat, message: Message, keeps_thought: bool) -> str:
    thought = message.reasoning + END_THINK if keeps_thought else ""
    calls = _calls(style, message.tool_calls) if message.tool_calls else ""
    return f"{thought}{without_thoughts(message)}{calls}{EOS}"


def _given(style: ToolFormat, role: str, messages: Sequence[Message]) -> str:
    if role == "user" and style == "v4":
        return USER + "\n\n".join(
            f"<tool_result>{_sealed(style, message.content)}</tool_result>"
            if message.role == "tool"
            else message.content
            for message in messages
        )
    if role == "user":
        return "".join(USER + message.content for message in messages)
    contents = [_sealed(style, message.content) for message in messages]
    if style == "v3.2":
        results = "".join(f"\n<result>{content}</result>" for content in contents)
        return f"\n\n<function_results>{results}\n</function_results>"
    outputs = [f"{_OUTPUT_BEGIN}{content}{_OUTPUT_END}" for content in contents]
    if style == "v3":
        return "<｜tool▁outputs▁begin｜>" + "\n".join(outputs) + "<｜tool▁outputs▁end｜>"
    return "".join(outputs)


def _sealed(style: ToolFormat, content: str) -> str:
    """Return a result that cannot end itself."""
    for tag in _END_TAGS.get(style, ()):
        content = content.replace(tag, f"<\\{tag[1:]}")
    return content


def _calls(style: ToolFormat, calls: Sequence[ToolCall]) -> str:
    if style == "v3":
        written = [
            f"{CALL_BEGIN}function{CALL_SEP}{call.name}\n```json\n{call.arguments}\n```{CALL_END}" for call in calls
        ]
        return CALLS_BEGIN + "\n".join(written) + CALLS_END
    if style == "v3.1":
        written = [f"{CALL_BEGIN}{call.name}{CALL_SEP}{call.arguments}{CALL_END}" for call in calls]
        return CALLS_BEGIN + "".join(written) + CALLS_END
    block = DSML_BLOCKS[style]
    written = [f'<｜DSML｜invoke name="{call.name}">\n{_parameters(call)}\n</｜DSML｜invoke>' for call in calls]
    return f"\n\n<｜DSML｜{block}>\n" + "\n".join(written) + f"\n</｜DSML｜{block}>"


def _parameters(call: ToolCall) -> str:
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise RequestError(
            "The arguments of the call of {name} are no JSON object. Send them as they came.", name=call.name
        )
    return "\n".join(
        f'<｜DSML｜parameter name="{key}" string="{"true" if isinstance(value, str) else "false"}">'
        f"{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}</｜DSML｜parameter>"
        for key, value in arguments.items()
    )
