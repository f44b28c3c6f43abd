"""Calls out of pieces of an answer: at every split the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepseek_space.events import Answer, ToolArguments, ToolCallBegun
from deepseek_space.text.tools.call_parser import ToolCallParser
from deepseek_space.text.tools.conversation import render_with_tools
from deepseek_space.types import Message, ToolCall

STYLES = ["v3", "v3.1", "v3.2", "v4"]
TRICKY = {
    "code": 'if a < b:\n\tprint("</x> ```")\n',
    "text": '  杭州 <｜tool <｜DSML｜ </｜DSML｜ \\n " ',
    "number": 1.5,
    "list": [1, "zwei", {"drei": None}],
    "flag": True,
}


def written(style, calls, content="I look."):
    """Return what a model writes that calls: what stands in a prompt for it."""
    said = [ToolCall(id=str(i), name=name, arguments=json.dumps(args, ensure_ascii=False)) for i, (name, args) in calls]
    turns = (
        Message(role="user", content="?"),
        Message(role="assistant", content=content, tool_calls=tuple(said)),
        Message(role="user", content="?"),
    )
    text = render_with_tools(style, turns, [])
    opening = "<｜Assistant｜>" if style == "v3" else "<｜Assistant｜></think>"
    return text.split(opening)[1].split("<｜end▁of▁sentence｜>")[0]


def read(style, pieces):
    parser = ToolCallParser(style)
    events = [event for piece in pieces for event in parser.push(piece)] + parser.flush()
    text = "".join(event.text for event in events if isinstance(event, Answer))
    names = [event.name for event in events if isinstance(event, ToolCallBegun)]
    arguments = [
        "".join(event.text for event in events if isinstance(event, ToolArguments) and event.index == index)
        for index in range(len(names))
    ]
    return text, [(name, json.loads(one)) for name, one in zip(names, arguments, strict=True)]


CALLED = [("weather", TRICKY), ("stop", {}), ("weather", {"city": "Hangzhou"})]


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_split_gives_the_same_calls(style, data):
    text = written(style, enumerate(CALLED))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(style, pieces) == ("I look.", CALLED)


@pytest.mark.parametrize("style", STYLES)
def test_letter_by_letter_too(style):
    assert read(style, written(style, enumerate(CALLED))) == ("I look.", CALLED)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", ["", "Plain.\n\n", "a < b <", "<｜", "</｜DSML｜tool_calls>", "x\n\n y"])
def test_what_is_no_call_stays_text(style, text):
    assert read(style, text) == (text, [])


@pytest.mark.parametrize(
    ("style", "opening"),
    [("v3", "<｜tool▁calls▁begin｜>"), ("v3.1", "<｜tool▁calls▁begin｜>"), ("v4", "<｜DSML｜tool_calls>\n")],
)
def test_a_block_whose_opening_was_left_out_is_read(style, opening):
    text = written(style, enumerate(CALLED)).replace(opening, "")
    assert read(style, text) == ("I look.", CALLED)


def test_arguments_grow_while_they_are_written():
    parser = ToolCallParser("v4")
    parser.push('<｜DSML｜tool_calls>\n<｜DSML｜invoke name="f">\n<｜DSML｜parameter name="k" string="true">')
    assert parser.push("one ") == [ToolArguments(index=0, text="one ")]
    assert parser.push('"two"') == [ToolArguments(index=0, text='\\"two\\"')]
    assert parser.has_called


def test_v3_s_arguments_may_have_lines():
    text = written("v3", [(0, ("f", {"a": 1}))], "").replace('{"a": 1}', '{\n  "a": 1\n}')
    assert read("v3", text) == ("", [("f", {"a": 1})])


def test_a_call_that_breaks_off_stays_as_far_as_it_came():
    parser = ToolCallParser("v3.1")
    events = parser.push('<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1<｜tool')
    assert events == [ToolCallBegun(index=0, name="f"), ToolArguments(index=0, text='{"a": 1')]
    assert parser.flush() == []
