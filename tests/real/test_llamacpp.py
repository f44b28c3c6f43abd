"""llama.cpp's real server behind the page: a small model that a grammar makes think, in each of its conventions.

``--reasoning-format`` is the default of a field that requests have too; so one server with a known name and one with
none but its file's play all of them.
"""

import json
import math
from contextlib import contextmanager
from dataclasses import replace

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import RequestError
from deepseek_space.events import Answer, Done, Prefill, Reasoning, Resorted
from deepseek_space.types import Begun, Message, Request, Sampling
from llamacpp_server import OPAQUE_TEMPLATE, TOOLS_TEMPLATE, llamacpp_server

pytestmark = pytest.mark.starter

KNOWN, OWN = "deepseek-ai/DeepSeek-R1", ""
FORMATS = ("none", "auto", "deepseek")


@pytest.fixture(scope="module")
def urls(starter_gguf):
    with llamacpp_server(starter_gguf, alias=KNOWN) as known, llamacpp_server(starter_gguf) as own:
        yield {KNOWN: known, OWN: own}


@contextmanager
def speaking(url, convention):
    """Yield what makes the server say a text; it returns the events of the reply."""
    backend = RemoteBackend(Server(url=url))
    pieces = backend._connection.pieces

    def reply(text, *, stop=(), most=40, **fields):
        grammar = {"grammar": f"root ::= {json.dumps(text)}", "reasoning_format": convention}
        backend._connection.pieces = lambda order: pieces(replace(order, body={**order.body, **grammar}))
        sampling = Sampling(temperature=0, max_new_tokens=most, stop=stop)
        question = (Message(role="user", content="2?"),)
        return list(backend.stream(Request(messages=question, sampling=sampling, **fields)))

    reply.backend = backend
    try:
        yield reply
    finally:
        backend.close()


@pytest.fixture(params=[(name, convention) for name in (KNOWN, OWN) for convention in FORMATS], ids=str)
def says(request, urls):
    """What makes the server say a text, in one convention and under one name."""
    name, convention = request.param
    with speaking(urls[name], convention) as reply:
        yield reply


def told(events):
    """Return thoughts, answer, and why it ended, as they stand in the end."""
    thought = answer = ""
    for event in events:
        match event:
            case Resorted():
                thought, answer = event.reasoning, event.answer
            case Reasoning(text=text):
                thought += text
            case Answer(text=text):
                answer += text
    assert isinstance(events[-1], Done)
    return thought, answer, events[-1].usage.finish_reason


def test_a_reply_is_sorted_whatever_the_one_before_was(says):
    assert told(says("Hm")) == ("Hm", "", "stop")  # ends within its thought
    assert told(says("Hm END", most=2))[1:] == ("", "length")
    events = says("Hm END\n</think>\n\n4 END", stop=("END",))
    assert told(events) == ("Hm END", "4 ", "stop")
    usage = events[-1].usage
    assert usage.prompt_tokens > 10
    assert usage.generated_tokens > 5
    assert any(isinstance(event, Prefill) and event.total for event in events)


def test_what_it_cannot_do_is_refused_by_name_and_not_offered(says):
    for fields in ({"thinking_budget": 3}, {"begun": Begun(reasoning="Hm", is_thinking=True)}):
        with pytest.raises(RequestError, match=r"cannot (limit thoughts|go on)"):
            says("Hm", **fields)
    status = says.backend.status()
    assert (status.can_limit_thoughts, status.can_answer_now, status.can_continue) == (False, False, False)
    assert status.model in ("DeepSeek R1", "SmolLM2-135M-Instruct.Q4_1")  # and not the path of a file


def test_a_thought_is_one_where_only_its_closing_tag_comes(starter_gguf):
    with llamacpp_server(starter_gguf, template=OPAQUE_TEMPLATE) as url, speaking(url, "auto") as says:
        assert told(says("Hm")) == ("", "Hm", "stop")  # ended without a tag: more use as an answer
        assert told(says("Hm END", most=2))[1:] == ("", "length")
        assert told(says("Hm END\n</think>\n\n4 END", stop=("END",))) == ("Hm END", "4 ", "stop")


# -- what programs ask for, by OpenAI's own client ------------------------------------------------------------


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
CITY = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris"]}},
    "required": ["city"],
    "additionalProperties": False,
}


def called(city, number):
    """A call and its result, after which even a small model makes the next one."""
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    return [
        {"role": "user", "content": f"{city}?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": f"c{number}", "content": "mild"},
        {"role": "assistant", "content": "mild"},
    ]


@contextmanager
def program(url):
    """Yield what asks our routes over the server at ``url``."""
    backend, routes = RemoteBackend(Server(url=url)), FastAPI()
    backend.look().result(timeout=20)
    install(routes, backend)
    http = TestClient(routes, base_url="http://app")
    client = openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=http, max_retries=0)

    def ask(*messages, **options):
        asked = [*messages, {"role": "user", "content": "Oslo?"}]
        wanted = {"model": "", "messages": asked, "max_tokens": 40, "temperature": 0, **options}
        return client.chat.completions.create(**wanted)

    try:
        yield ask
    finally:
        backend.close()


@pytest.fixture(scope="module")
def ask(starter_gguf):
    with llamacpp_server(starter_gguf, template=TOOLS_TEMPLATE) as url, program(url) as ask:
        yield ask


def test_tools_are_called_whole_and_in_pieces(ask):
    past = [*called("Paris", 1), *called("Rome", 2)]
    found = ask(*past, tools=[TOOL], tool_choice="required").choices[0]
    (call,) = found.message.tool_calls
    assert (found.finish_reason, call.function.name) == ("tool_calls", "weather")
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    pieces = list(ask(*past, tools=[TOOL], stream=True))
    deltas = [call for piece in pieces for call in piece.choices[0].delta.tool_calls or []]
    assert [delta.function.name for delta in deltas if delta.id] == ["weather"]
    assert "".join(delta.function.arguments for delta in deltas) == '{"city": "Oslo"}'


def test_answers_are_held_to_a_format_there(ask):
    schema = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    assert json.loads(ask(response_format=schema).choices[0].message.content) == {"city": "Paris"}
    assert ask(extra_body={"grammar": 'root ::= "yes"'}).choices[0].message.content == "yes"


def test_how_likely_tokens_were_is_told(ask):
    reply = ask(logprobs=True, top_logprobs=2, max_tokens=6).choices[0]
    tokens = reply.logprobs.content
    assert "".join(token.token for token in tokens) == reply.message.content
    for token in tokens:
        assert len(token.top_logprobs) == 2
        assert (token.token, token.logprob) == (token.top_logprobs[0].token, token.top_logprobs[0].logprob)
        assert bytes(token.bytes).decode() == token.token
        assert math.exp(token.logprob) <= 1
    pieces = [piece.choices[0].logprobs for piece in ask(logprobs=True, max_tokens=6, stream=True)]
    assert [token.token for piece in pieces if piece for token in piece.content] == [token.token for token in tokens]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "odd"}}}},
            "unrecognized type odd",
        ),
        ({"tools": [TOOL], "logprobs": True}, "logprobs is not supported with tools"),
        ({"extra_body": {"min_tokens": 3}}, "min_tokens: "),
    ],
)
def test_what_the_server_refuses_is_refused_in_its_words(ask, options, words):
    with pytest.raises(openai.BadRequestError, match=words):
        ask(**options)


def test_tools_that_a_template_would_not_show_are_refused(urls):
    with program(urls[OWN]) as ask, pytest.raises(openai.BadRequestError, match=r"tools: .* is not shown any"):
        ask(tools=[TOOL])
