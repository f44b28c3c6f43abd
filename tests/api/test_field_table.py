"""Every field of docs/api.md, sent by OpenAI's own client to a tiny model: what it does is seen, or it is refused."""

import json
import re
import string
from pathlib import Path

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from tiny_service import TinyService

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"
ASK = {"model": "tiny", "messages": [{"role": "user", "content": "hello there"}], "temperature": 0, "max_tokens": 12}
HOT = {"temperature": 2, "top_p": 1, "seed": 1}
PARTS = [{"type": "text", "text": "hello "}, {"type": "text", "text": "there"}]
SCHEMA = {"enum": ["yes", "no"]}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
TOGETHER = "yes|no"


@pytest.fixture(scope="module")
def service():
    with TinyService("v3.1", has_tools=True) as service:
        yield service


@pytest.fixture(scope="module")
def create(service):
    app = FastAPI()
    install(app, service)
    client = openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(app), max_retries=0)
    return lambda **options: client.chat.completions.create(**ASK | options)


@pytest.fixture(scope="module")
def plain(create):
    return create()


def text(reply):
    return reply.choices[0].message.content


def body(**fields):
    return {"extra_body": fields}


SAME = [
    ("model", {"model": "deepseek-chat"}),
    ("messages", {"messages": [{"role": "user", "content": PARTS}]}),
    ("max_completion_tokens", {"max_tokens": openai.omit, "max_completion_tokens": 12}),
    ("min_p", HOT | body(min_p=1)),
    ("top_p", HOT | {"top_p": 0}),
    ("top_k", HOT | body(top_k=1)),
    ("top_k", body(top_k=-1)),
    ("seed", {"seed": -1}),
    ("stop", {"stop": ["\x00"] * 16}),
    ("cache_salt", body(cache_salt="mine")),
    ("thinking", body(thinking={"type": "disabled"})),
    ("enable_thinking", body(enable_thinking=False)),
    ("chat_template_kwargs", body(chat_template_kwargs={"enable_thinking": False})),
    ("reasoning_effort", {"reasoning_effort": "none"}),
    ("response_format", {"response_format": {"type": "text"}}),
    ("tools", {"tools": []}),
    ("tool_choice", {"tools": TOOLS, "tool_choice": "none"}),
    ("functions", {"functions": []}),
    ("modalities", {"modalities": ["text"]}),
    ("store", {"store": False}),
    ("user", {"user": "ada"}),
    ("metadata", {"metadata": {"a": "b"}}),
    ("service_tier", {"service_tier": "auto"}),
    ("safety_identifier", {"safety_identifier": "x"}),
    ("prompt_cache_key", {"prompt_cache_key": "x"}),
    ("prediction", {"prediction": {"type": "content", "content": "x"}}),
    ("parallel_tool_calls", {"parallel_tool_calls": True}),
    # vLLM's own, with what they are there when nothing is said
    ("min_tokens", body(min_tokens=0)),
    ("ignore_eos", body(ignore_eos=False)),
    ("length_penalty", body(length_penalty=1.0)),
    ("use_beam_search", body(use_beam_search=False)),
    ("stop_token_ids", body(stop_token_ids=[])),
    ("bad_words", body(bad_words=[])),
    ("priority", body(priority=0)),
    ("skip_special_tokens", body(skip_special_tokens=True)),
    ("spaces_between_special_tokens", body(spaces_between_special_tokens=True)),
    ("add_special_tokens", body(add_special_tokens=False)),
    ("include_reasoning", body(include_reasoning=True)),
    ("return_token_ids", body(return_token_ids=False)),
    ("documents", body(documents=[])),
]


@pytest.mark.parametrize(("field", "options"), SAME)
def test_what_asks_for_the_same_reply_gets_it(create, plain, field, options):
    assert text(create(**options)) == text(plain)


def is_cut(reply):
    return (reply.usage.completion_tokens, reply.choices[0].finish_reason) == (3, "length")


def thinks(reply):
    return reply.usage.completion_tokens_details.reasoning_tokens > 0


def thinks_at_most(tokens):
    return lambda reply: 0 < reply.usage.completion_tokens_details.reasoning_tokens <= tokens


def is_one_of_two(reply):
    return re.fullmatch(TOGETHER, text(reply)) is not None


def has_logprobs(number):
    return lambda reply: {len(token.top_logprobs) for token in reply.choices[0].logprobs.content} == {number}


def has_called(reply):
    return [call.function.name for call in reply.choices[0].message.tool_calls] == ["look"]


SHOWN = [
    ("n", {"n": 2}, lambda reply: [choice.index for choice in reply.choices] == [0, 1]),
    ("max_tokens", {"max_tokens": 3}, is_cut),
    ("max_completion_tokens", {"max_tokens": openai.omit, "max_completion_tokens": 3}, is_cut),
    ("logprobs", {"logprobs": True}, has_logprobs(0)),
    ("top_logprobs", {"logprobs": True, "top_logprobs": 20}, has_logprobs(20)),
    ("thinking", body(thinking={"type": "enabled"}), thinks),
    ("enable_thinking", body(enable_thinking=True), thinks),
    ("chat_template_kwargs", body(chat_template_kwargs={"thinking": True}), thinks),
    ("reasoning_effort", {"reasoning_effort": "high"}, thinks),
    ("thinking_token_budget", body(thinking_token_budget=4, thinking={"type": "enabled"}), thinks_at_most(4)),
    (
        "response_format",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
        lambda reply: json.loads(text(reply)) in SCHEMA["enum"],
    ),
    ("structured_outputs", body(structured_outputs={"choice": ["yes", "no"]}), is_one_of_two),
    ("json_schema", body(json_schema=SCHEMA), lambda reply: json.loads(text(reply)) in SCHEMA["enum"]),
    ("grammar", body(grammar='root ::= "yes" | "no"'), is_one_of_two),
    ("regex", body(regex=TOGETHER), is_one_of_two),
    ("ebnf", body(ebnf='root ::= "yes" | "no"'), is_one_of_two),
    ("tools", {"tools": TOOLS, "tool_choice": "required", "max_tokens": 300}, has_called),
]


@pytest.mark.parametrize(("field", "options", "shows"), SHOWN)
def test_what_is_asked_for_is_seen(create, field, options, shows):
    assert shows(create(**options))


def test_temperature_and_seed_are_seen(create, plain):
    hot, again, other = (text(create(**HOT | {"seed": seed})) for seed in (1, 1, 2))
    assert hot == again
    assert len({hot, other, text(plain)}) == 3


WEIGHED = [
    ("repetition_penalty", body(repetition_penalty=2)),
    ("presence_penalty", {"presence_penalty": 2}),
    ("frequency_penalty", {"frequency_penalty": 2}),
]


@pytest.mark.parametrize(("field", "options"), WEIGHED)
def test_what_was_written_weighs_less(create, service, field, options):
    ids = service.tokenizer.convert_tokens_to_ids(list(string.ascii_letters))
    letters = {"logit_bias": {str(letter): 60 for letter in ids}}
    assert text(create(logit_bias={str(ids[0]): 100})) == "a" * ASK["max_tokens"]
    assert text(create(**letters)).isalpha()
    assert text(create(**letters, **options)) != text(create(**letters))


def test_a_stream_is_the_same_and_its_figures_come_last(create, plain):
    *pieces, last = create(stream=True, stream_options={"include_usage": True})
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text(plain)
    assert last.usage.completion_tokens == plain.usage.completion_tokens


REFUSED = [
    *(("messages.0.content.0", [{"type": kind}]) for kind in ("image_url", "input_audio", "file")),
    *[("n", 9), ("stop", ["x"] * 17), ("stop", 5), ("temperature", 3), ("top_p", 1.5), ("min_p", 2), ("seed", "x")],
    *[("max_tokens", 0), ("max_completion_tokens", 0), ("top_k", 0.5), ("repetition_penalty", 0)],
    *[("top_logprobs", 3), ("logprobs", 3), ("presence_penalty", 3), ("frequency_penalty", -3)],
    *[("logit_bias", {"a": 1}), ("stream_options", {"include_all": True}), ("thinking", {"budget_tokens": 5})],
    *[("chat_template_kwargs.tools", {"tools": []}), ("reasoning_effort", "extreme")],
    # OpenAI's that ask for what is not here
    *[("functions", [{"name": "f"}]), ("modalities", ["audio"]), ("audio", {"voice": "x"}), ("store", True)],
    *[("verbosity", "low"), ("web_search_options", {}), ("moderation", {}), ("temprature", 1)],
    ("tool_choice", "required"),
    ("tools.0.colour", [TOOLS[0] | {"colour": "red"}]),
    # vLLM's own
    *[
        ("min_tokens", 5),
        ("ignore_eos", True),
        ("best_of", 2),
        ("echo", True),
        ("use_beam_search", True),
        ("length_penalty", 2),
    ],
    *[("stop_token_ids", [5]), ("bad_words", ["x"]), ("allowed_token_ids", [5]), ("prompt_logprobs", 1)],
    *[("include_stop_str_in_output", True), ("skip_special_tokens", False), ("truncate_prompt_tokens", 5)],
    *[("spaces_between_special_tokens", False), ("add_special_tokens", True), ("add_generation_prompt", False)],
    *[("continue_final_message", True), ("documents", [{"text": "x"}]), ("chat_template", "x"), ("priority", 5)],
    *[("return_token_ids", True), ("return_tokens_as_token_ids", True), ("include_reasoning", False)],
    *[("mm_processor_kwargs", {"x": 1}), ("kv_transfer_params", {"x": 1}), ("vllm_xargs", {"x": 1})],
    *[("guided_json", SCHEMA), ("guided_choice", ["yes"]), ("logits_processors", ["x"]), ("request_id", "x")],
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_what_cannot_be_had_is_refused_by_its_name(create, service, field, value):
    name = field.partition(".")[0]
    given = [{"role": "user", "content": value}] if name == "messages" else value
    steps = service.engine.counters.steps
    with pytest.raises(openai.BadRequestError) as refused:
        create(extra_body={name: given})
    assert (refused.value.param or "").startswith(name) or name in refused.value.body["message"].lower()
    assert service.engine.counters.steps == steps


def test_no_row_of_the_page_is_left_out():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", re.sub(r"\(.*?\)|with .*", "", row))}
    tried = {field.partition(".")[0] for field, *_ in (*SAME, *SHOWN, *WEIGHED, *REFUSED)}
    assert named - tried == {"temperature", "logit_bias", "stream", "stream_options.include_usage"} - tried
