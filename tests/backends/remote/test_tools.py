"""Tools, probabilities and formats at a server: how they are asked for, and what is made of all the ways they come."""

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import FieldRefused
from deepseek_space.events import Answer, Done, Reasoning, ToolArguments, ToolCallBegun
from deepseek_space.types import Message, Request, Tool, ToolCall
from openai_server import card, delta, openai_server, spoken

TOOLS = tuple(Tool(name=name, definition=f'{{"name": "{name}", "parameters": {{}}}}') for name in ("look", "go"))
QUESTION = Message(role="user", content="Where?")


@pytest.fixture(params=["vllm"])
def server(request):
    with openai_server(card("some/model", owner=request.param)) as server:
        yield server


def reply(server, *script, messages=(QUESTION,), **fields):
    server.says(list(script) or spoken("Hm."))
    backend = RemoteBackend(Server(url=server.url))
    try:
        return list(backend.stream(Request(messages=messages, **fields)))
    finally:
        backend.close()


def sent(server, *names):
    return [server.asked[-1].body.get(name) for name in names]


def call(index=None, name=None, arguments=None, **more):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {**({} if index is None else {"index": index}), "function": function, **more}


def told(events):
    return [event for event in events if isinstance(event, ToolCallBegun | ToolArguments)]


LOOK = [ToolCallBegun(index=0, name="look"), ToolArguments(index=0, text='{"at": '), ToolArguments(index=0, text="1}")]


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "look", "", id="a"), call(0, None, '{"at": '), call(0, None, "1}")],
        [call(0, "look", '{"at": ', id="a"), call(0, "look", "1}", id="a")],  # the name once more
        [call(None, "look", '{"at": ', id="a"), call(None, None, "1}")],  # no index
        [call(7, "look", '{"at": ', id="a"), call(7, None, "1}")],  # counted from elsewhere
    ],
)
def test_a_call_is_the_same_however_it_is_streamed(server, deltas):
    events = reply(server, *(delta(tool_calls=[one]) for one in deltas), delta(finish="tool_calls"), tools=TOOLS)
    assert told(events) == LOOK
    assert events[-1].usage.finish_reason == "tool_calls"


def test_several_calls_and_arguments_that_are_an_object(server):
    both = [call(None, "look", {"at": 1}, id="a"), call(None, "go", {"to": "sea"}, id="b")]
    events = told(reply(server, delta("I look."), delta(tool_calls=both), delta(finish="stop"), tools=TOOLS))
    assert [(event.index, event.name) for event in events[::2]] == [(0, "look"), (1, "go")]
    assert [event.text for event in events[1::2]] == ['{"at": 1}', '{"to": "sea"}']


def test_tools_choices_calls_and_results_are_sent_in_the_protocol_s_words(server):
    past = (
        QUESTION,
        Message(
            role="assistant",
            content="",
            reasoning="Let me see.",
            tool_calls=(ToolCall(id="a", name="look", arguments="{}"),),
        ),
        Message(role="tool", content="sea", tool_call_id="a"),
    )
    finished = delta(tool_calls=[call(0, "go", "{}", id="a")], finish="stop")
    reply(server, finished, messages=past, tools=TOOLS, forced_tools=("look", "go"), calls_once=True)
    tools, choice, is_parallel, messages = sent(server, "tools", "tool_choice", "parallel_tool_calls", "messages")
    assert [tool["function"]["name"] for tool in tools] == ["look", "go"]
    assert (choice, is_parallel) == ("required", False)
    assert messages[1]["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
    assert (messages[1]["content"], messages[1]["reasoning_content"]) == (None, "Let me see.")
    assert messages[2] == {"role": "tool", "tool_call_id": "a", "content": "sea"}
    reply(server, finished, tools=TOOLS, forced_tools=("go",))
    assert sent(server, "tool_choice") == [{"type": "function", "function": {"name": "go"}}]


@pytest.mark.parametrize("server", ["llamacpp"], indirect=True)
def test_llamacpp_is_offered_the_one_tool_that_is_wanted(server):
    reply(server, delta(tool_calls=[call(0, "go", "{}")], finish="stop"), tools=TOOLS, forced_tools=("go",))
    tools, choice = sent(server, "tools", "tool_choice")
    assert ([tool["function"]["name"] for tool in tools], choice) == (["go"], "required")


def test_a_server_that_forces_no_call_is_told_of(server):
    with pytest.raises(FieldRefused, match=r"tool_choice: .* without a call"):
        reply(server, *spoken("I would look."), tools=TOOLS, forced_tools=("look",))


def test_a_server_that_sends_no_probabilities_or_no_json_is_told_of(server):
    with pytest.raises(FieldRefused, match=r"logprobs: .* sends none"):
        reply(server, *spoken("Hm."), top_logprobs=0)


@pytest.mark.parametrize("server", ["somebody"], indirect=True)
def test_an_answer_that_is_not_held_to_its_format_is_told_of(server):
    as_json = {"response_format": {"type": "json_object"}}
    with pytest.raises(FieldRefused, match=r"response_format: .* does not hold"):
        reply(server, *spoken("Of course: ", "{}"), server_fields=as_json)
    assert reply(server, *spoken("\n", "{}"), server_fields=as_json)


def test_probabilities_come_with_the_text_that_their_tokens_make(server):
    def scored(text, *tokens, field="content", **channel):
        found = [{"token": token, "logprob": -0.5, "bytes": None, "top_logprobs": []} for token in tokens]
        piece = delta(text, **channel)
        piece["choices"][0]["logprobs"] = {field: found}
        return piece

    events = reply(
        server,
        scored("", "Hm", reasoning_content="Hm", field="reasoning_content"),
        scored("a b", "a", " b"),
        scored("", "<end>"),
        delta(finish="stop"),
        top_logprobs=3,
    )
    texts = [event for event in events if isinstance(event, Reasoning | Answer) and event.text]
    assert [[token.bytes for token in event.tokens] for event in texts] == [[b"Hm"], [b"a", b" b"]]
    assert sent(server, "logprobs", "top_logprobs") == [True, 3]
    assert isinstance(events[-1], Done)
