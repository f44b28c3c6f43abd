"""What a model is told of the tools that it may call, word for word as its generation was trained with.

V3.1: its model card. V3.2 and V4: ``encoding`` in their repositories. V3 and R1-0528 came without such a text: theirs
is V3.1's, with their own way of writing a call. Knows no conversation.
"""

import json
from collections.abc import Sequence

from deepseek_space.types import Tool, ToolFormat

_LISTED = """## Tools
You have access to the following tools:

{tools}

IMPORTANT: ALWAYS adhere to this exact format for tool use:
{example}

Where:
- `tool_call_name` must be an exact match to one of the available tools
- `tool_call_arguments` must be valid JSON that strictly follows the tool's Parameters Schema
- For multiple tool calls, chain them directly without separators or spaces"""
_TOOL = "### {name}\nDescription: {description}\n\nParameters: {parameters}"
_V3_EXAMPLE = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>tool_call_name\n```json\ntool_call_arguments\n```"
    "<｜tool▁call▁end｜>{additional_tool_calls}<｜tool▁calls▁end｜>"
)
_V3_1_EXAMPLE = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tool_call_name<｜tool▁sep｜>tool_call_arguments"
    "<｜tool▁call▁end｜>{additional_tool_calls}<｜tool▁calls▁end｜>"
)
_V3_2 = """## Tools

You have access to a set of tools you can use to answer the user's question.
You can invoke functions by writing a "<｜DSML｜function_calls>" block like the following as part of your reply to the \
user:
<｜DSML｜function_calls>
<｜DSML｜invoke name="$FUNCTION_NAME">
<｜DSML｜parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</｜DSML｜parameter>
...
</｜DSML｜invoke>
<｜DSML｜invoke name="$FUNCTION_NAME2">
...
</｜DSML｜invoke>
</｜DSML｜function_calls>

String and scalar parameters should be specified as is without any escaping or quotes, while lists and objects should \
use JSON format. The "string" attribute should be set to "true" for string type parameters and "false" for other types \
(numbers, booleans, arrays, objects).

If the thinking_mode is enabled, then after function results you should strongly consider outputting a thinking block. \
Here is an example:

<｜DSML｜function_calls>
...
</｜DSML｜function_calls>

<function_results>
...
</function_results>

<think>...thinking about results</think>

Here are the functions available in JSONSchema format:
<functions>
{tools}
</functions>
"""
_V4 = """## Tools

You have access to a set of tools to help answer the user's question. You can invoke tools by writing a \
"<｜DSML｜tool_calls>" block like the following:

<｜DSML｜tool_calls>
<｜DSML｜invoke name="$TOOL_NAME">
<｜DSML｜parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</｜DSML｜parameter>
...
</｜DSML｜invoke>
<｜DSML｜invoke name="$TOOL_NAME2">
...
</｜DSML｜invoke>
</｜DSML｜tool_calls>

String parameters should be specified as is and set `string="true"`. For all other types (numbers, booleans, arrays, \
objects), pass the value in JSON format and set `string="false"`.

If thinking_mode is enabled (triggered by <think>), you MUST output your complete reasoning inside <think>...</think> \
BEFORE any tool calls or final response.

Otherwise, output directly after </think> with tool calls or final response.

### Available Tool Schemas

{tools}

You MUST strictly follow the above defined tool name and parameter schemas to invoke tool calls.
"""
_WORDS = {"v3.2": _V3_2, "v4": _V4}
_EXAMPLES = {"v3": _V3_EXAMPLE, "v3.1": _V3_1_EXAMPLE}


def declaration(style: ToolFormat, tools: Sequence[Tool]) -> str:
    """Return the text that goes behind the system's, after a blank line."""
    if style in _WORDS:
        return _WORDS[style].replace("{tools}", "\n".join(tool.definition for tool in tools))
    listed = "\n\n".join(_listed(tool) for tool in tools)
    return _LISTED.replace("{example}", _EXAMPLES[style]).replace("{tools}", listed)


def _listed(tool: Tool) -> str:
    function = json.loads(tool.definition)
    parameters = json.dumps(function.get("parameters", {}), ensure_ascii=False)
    return _TOOL.format(name=tool.name, description=function.get("description", ""), parameters=parameters)
