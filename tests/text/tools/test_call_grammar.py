"""A reply that has to call, or may call once: what each generation writes fits, and nothing else does."""

import json

import pytest

from deepseek_space.errors import FieldRefused
from deepseek_space.text.grammar import matcher_of_calls
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.text.tools.call_grammar import call_grammar
from deepseek_space.text.tools.conversation import render_with_tools
from deepseek_space.types import Message, Tool, ToolCall
from tiny_tokenizers import deepseek_tokenizer, with_tool_tokens

STYLES = ["v3", "v3.1", "v3.2", "v4"]
TOKENIZER = with_tool_tokens(deepseek_tokenizer())
TOKENS = TokenBytes(TOKENIZER, stop_ids=frozenset({TOKENIZER.eos_token_id}))
WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "maximum": 9},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "place": {"$ref": "#/$defs/place"},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "array", "items": {"type": "number"}}},
}
TOOLS = [
    Tool(name="weather", definition=json.dumps({"name": "weather", "parameters": WEATHER})),
    Tool(name="now", definition=json.dumps({"name": "now"})),
]
ROME = ("weather", {"city": 'Rome\n</b> <｜"', "days": 3, "unit": "C", "place": [1, 2.5]})
OSLO = ("weather", {"city": "Oslo"})
NOW = ("now", {})


def written(style, *calls, content=""):
    """Return what stands in a prompt for a reply that calls."""
    made = tuple(ToolCall(id="", name=name, arguments=json.dumps(given, ensure_ascii=False)) for name, given in calls)
    turns = (Message(role="user", content="?"), Message(role="assistant", content=content, tool_calls=made))
    text = render_with_tools(style, (*turns, turns[0]), [])
    opening = "<｜Assistant｜>" if style == "v3" else "<｜Assistant｜></think>"
    return text.split(opening)[1].split("<｜end▁of▁sentence｜>")[0]


def fits(style, text, *, is_forced=True, calls_once=False, tools=TOOLS):
    """Tell whether ``text`` is a whole reply."""
    wanted = {"is_forced": is_forced, "calls_once": calls_once, "id_of": TOKENS.id_of, "field": "tool_choice"}
    matcher = matcher_of_calls(call_grammar(style, tools, **wanted), TOKENS, field="tool_choice")
    ids = TOKENIZER.encode(text, add_special_tokens=False)
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()


@pytest.mark.parametrize("style", STYLES)
def test_a_forced_reply_is_calls_of_what_is_offered(style):
    for calls in ([ROME], [OSLO], [NOW], [ROME, OSLO, NOW]):
        assert fits(style, written(style, *calls))
    assert not fits(style, "Sunny.")
    assert not fits(style, "")
    assert not fits(style, written(style, ROME, content="I look."))
    assert not fits(style, written(style, ("tides", {})))
    assert not fits(style, written(style, ROME)[:-3])
    assert not fits(style, written(style, OSLO), tools=TOOLS[1:])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "given", [{"days": 3}, {"city": "Oslo", "days": 10}, {"city": "Oslo", "unit": "K"}, {"city": 3}]
)
def test_arguments_are_those_of_the_schema(style, given):
    assert not fits(style, written(style, ("weather", given)))


@pytest.mark.parametrize("style", STYLES)
def test_one_call_is_the_most_where_that_is_asked_for(style):
    assert fits(style, written(style, ROME), calls_once=True)
    assert not fits(style, written(style, ROME, OSLO), calls_once=True)
    for text in ("Sunny, and 3 < 4.", written(style, ROME), written(style, ROME, content="I look: <b>.")):
        assert fits(style, text, is_forced=False, calls_once=True)
    assert not fits(style, written(style, ROME, OSLO), is_forced=False, calls_once=True)
    assert not fits(style, written(style, ROME) + "Done.", is_forced=False, calls_once=True)


@pytest.mark.parametrize("style", STYLES)
def test_what_cannot_be_held_to_is_refused(style):
    odd = [Tool(name="odd", definition=json.dumps({"name": "odd", "parameters": {"type": "object", "not": {}}}))]
    with pytest.raises(FieldRefused, match="tool_choice"):
        fits(style, "", tools=odd)
    plain = TokenBytes(deepseek_tokenizer())
    with pytest.raises(FieldRefused, match=r"tool_choice: .* vocabulary has no"):
        call_grammar(style, TOOLS, is_forced=True, calls_once=False, id_of=plain.id_of, field="tool_choice")
