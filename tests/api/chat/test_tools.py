"""Tools over the routes, with the real clients: offered, called in pieces, answered, refused."""

import json

import anthropic
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.model_host import BASE_TITLE
from tiny_service import TinyService

FUNCTION = {
    "name": "weather",
    "description": "Tell the weather.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
TOOLS = [{"type": "function", "function": FUNCTION}]
ASKED = {"role": "user", "content": "What is the weather?"}
CITIES = [{"city": "Hangzhou"}, {"city": "Beijing"}]


@pytest.fixture
def backend():
    return ScriptedBackend(delay_s=0, change_s=0)


def http(backend):
    routes = FastAPI()
    install(routes, backend)
    return TestClient(routes, base_url="http://app")


@pytest.fixture
def client(backend):
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=http(backend), max_retries=0)


@pytest.fixture
def claude(backend):
    return anthropic.Anthropic(base_url="http://app", api_key="-", http_client=http(backend), max_retries=0)


def ask(client, *messages, **options):
    return client.chat.completions.create(**{"model": "", "messages": messages or [ASKED], "tools": TOOLS, **options})


def test_calls_come_whole(client):
    choice = ask(client).choices[0]
    calls = choice.message.tool_calls
    assert choice.finish_reason == "tool_calls"
    assert [(call.type, call.function.name, json.loads(call.function.arguments)) for call in calls] == [
        ("function", "weather", city) for city in CITIES
    ]
    assert len({call.id for call in calls}) == 2
    assert choice.message.content == "I look at both cities."
    assert choice.message.reasoning_content


def test_calls_come_in_pieces_with_id_type_and_name_once(client):
    deltas = [call for piece in ask(client, stream=True) for call in piece.choices[0].delta.tool_calls or []]
    for index in (0, 1):
        first, *rest = [delta for delta in deltas if delta.index == index]
        assert (first.type, first.function.name, first.function.arguments) == ("function", "weather", "")
        assert first.id.startswith("call_")
        assert all((delta.id, delta.type, delta.function.name) == (None, None, None) for delta in rest)
        assert json.loads("".join(delta.function.arguments for delta in rest)) == CITIES[index]
        assert len(rest) > 1


def test_openai_s_own_helper_reads_the_stream(client):
    with client.chat.completions.stream(model="", messages=[ASKED], tools=TOOLS) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        message = stream.get_final_completion().choices[0].message
    assert [(event.name, json.loads(event.arguments)) for event in done] == [("weather", city) for city in CITIES]
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == CITIES


def test_results_go_back(client, backend):
    called = ask(client).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": text}
        for call, text in zip(called.tool_calls, ("sun", "rain"), strict=True)
    ]
    sent = {"role": "assistant", "content": called.content, "reasoning_content": called.reasoning_content}
    sent["tool_calls"] = [call.model_dump() for call in called.tool_calls]
    assert ask(client, ASKED, sent, *results).choices[0].finish_reason == "stop"
    turns = backend.requests[-1].messages
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "tool"]
    assert [call.name for call in turns[1].tool_calls] == ["weather", "weather"]
    assert turns[1].reasoning == called.reasoning_content
    assert [turn.content for turn in turns[2:]] == ["sun", "rain"]
    assert turns[2].tool_call_id == called.tool_calls[0].id


def test_the_model_reads_what_was_offered_unless_none_is_to_be_called(client, backend):
    ask(client)
    tool = backend.requests[-1].tools[0]
    assert (tool.name, json.loads(tool.definition)) == ("weather", FUNCTION)
    assert ask(client, tool_choice="none").choices[0].finish_reason == "stop"
    assert backend.requests[-1].tools == ()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"tool_choice": "required"}, "tool_choice"),  # it thinks
        ({"tool_choice": {"type": "function", "function": {"name": "tides"}}}, "tool_choice"),
        ({"tool_choice": "always"}, "tool_choice"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools.0"),
        ({"tools": TOOLS * 129}, "tools"),
        ({"messages": [ASKED, {"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages.1.tool_call_id"),
        ({"messages": [ASKED, {"role": "tool", "content": "y"}]}, "messages.1.tool_call_id"),
        ({"messages": [ASKED, {"role": "assistant", "tool_calls": [{"id": "x"}]}]}, "messages.1.tool_calls.0"),
    ],
)
def test_what_cannot_be_had_is_refused_by_its_name(client, options, field):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **options)
    assert refused.value.param == field


def test_a_model_that_calls_no_tools_names_those_that_do(client, backend):
    backend.load(next(choice.name for choice in backend.choices() if choice.title == BASE_TITLE))
    with pytest.raises(
        openai.BadRequestError, match=r"not trained to call tools\. Those that were: DeepSeek V3"
    ) as refused:
        ask(client)
    assert refused.value.param == "tools"
    with pytest.raises(openai.BadRequestError, match=r"messages\.1"):
        ask(client, ASKED, {"role": "tool", "tool_call_id": "x", "content": "y"}, tools=[])


CLAUDE_TOOLS = [{"name": "weather", "description": "Tell.", "input_schema": FUNCTION["parameters"]}]


def test_anthropic_s_client_has_calls_as_blocks(claude, backend):
    message = claude.messages.create(model="", max_tokens=99, messages=[ASKED], tools=CLAUDE_TOOLS)
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block.input for block in message.content[2:]] == CITIES
    assert message.stop_reason == "tool_use"
    with claude.messages.stream(model="", max_tokens=99, messages=[ASKED], tools=CLAUDE_TOOLS) as stream:
        streamed = stream.get_final_message()
    assert [(block.name, block.input) for block in streamed.content[2:]] == [("weather", city) for city in CITIES]
    results = [
        {"type": "tool_result", "tool_use_id": message.content[2].id, "content": [{"type": "text", "text": "sun"}]},
        {"type": "tool_result", "tool_use_id": message.content[3].id, "content": "down", "is_error": True},
        {"type": "text", "text": "Go on."},
    ]
    sent = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}
    claude.messages.create(
        model="", max_tokens=99, messages=[ASKED, sent, {"role": "user", "content": results}], tools=CLAUDE_TOOLS
    )
    turns = backend.requests[-1].messages
    assert [(turn.role, turn.content) for turn in turns[2:]] == [
        ("tool", "sun"),
        ("tool", "Error: down"),
        ("user", "Go on."),
    ]
    assert [json.loads(call.arguments) for call in turns[1].tool_calls] == CITIES


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tool_choice": {"type": "any"}}, "tool_choice: a call cannot be forced while the model thinks"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools.0: this app runs no web_search"),
    ],
)
def test_anthropic_s_client_is_told_what_cannot_be_had(claude, options, said):
    with pytest.raises(anthropic.BadRequestError) as refused:
        claude.messages.create(**{"model": "", "max_tokens": 9, "messages": [ASKED], "tools": CLAUDE_TOOLS, **options})
    assert refused.value.body["error"]["message"].startswith(said)


# -- calls that are forced, of random models that would make none ----------------------------------------------


def function(name, **properties):
    """A function whose arguments a random model cannot but end."""
    keys = {"properties": properties, "required": list(properties), "additionalProperties": False}
    return {"name": name, "parameters": {"type": "object", **keys}}


DAYS, CITY = function("tides", days={"enum": [1, 2]}), function("weather", city={"type": "string", "enum": ["Rome"]})
FORCED = [{"type": "function", "function": function} for function in (DAYS, CITY)]


@pytest.fixture(scope="module", params=["v3", "v3.1", "v3.2-exp", "v3.2", "v4-flash"])
def trained(request):
    with TinyService(request.param, has_tools=True) as service:
        yield openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=http(service), max_retries=0)


def forced(client, **options):
    thinking = {"extra_body": {"thinking": {"type": "disabled"}}}
    wanted = {"tools": FORCED, "parallel_tool_calls": False, "max_tokens": 300, "temperature": 1.5, "seed": 2}
    return ask(client, **wanted, **options, **thinking)


def test_a_model_makes_the_call_that_it_is_told_to_make(trained):
    choice = forced(trained, tool_choice={"type": "function", "function": {"name": "weather"}}).choices[0]
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content, call.function.name) == ("tool_calls", None, "weather")
    assert json.loads(call.function.arguments) == {"city": "Rome"}
    (call,) = forced(trained, tool_choice="required").choices[0].message.tool_calls
    assert call.function.name in ("tides", "weather")


def test_a_form_of_the_answer_does_not_go_with_tools(trained):
    with pytest.raises(openai.BadRequestError, match="response_format: it cannot be had together with tools"):
        forced(trained, response_format={"type": "json_object"})


def test_anthropic_s_client_forces_a_call_too():
    with TinyService("v3.1", has_tools=True) as service:
        claude = anthropic.Anthropic(base_url="http://app", api_key="-", http_client=http(service), max_retries=0)
        tools = [{"name": "weather", "input_schema": CITY["parameters"]}]
        choice = {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}
        message = claude.messages.create(model="", max_tokens=200, messages=[ASKED], tools=tools, tool_choice=choice)
    (block,) = message.content
    assert (message.stop_reason, block.name) == ("tool_use", "weather")
