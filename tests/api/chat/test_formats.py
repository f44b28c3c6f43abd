"""Answers that must have a form, asked for by OpenAI's own client of a tiny model."""

import json
import re

import openai
import pydantic
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from tiny_service import TinyService

ASK = {"model": "", "messages": [{"role": "user", "content": "hello there, answer in JSON"}], "max_tokens": 250}
SCHEMA = {
    "title": "Sum",
    "type": "object",
    "properties": {
        "first": {"title": "First", "type": "integer", "minimum": 0, "maximum": 99},
        "kind": {"enum": ["fib", "answer"]},
    },
    "required": ["first", "kind"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "sum", "schema": SCHEMA, "strict": True}}


class Sum(pydantic.BaseModel):
    first: int = pydantic.Field(ge=0, le=9)
    is_even: bool


def client_of(backend):
    app = FastAPI()
    install(app, backend)
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(app), max_retries=0)


@pytest.fixture(scope="module")
def tiny():
    with TinyService("v3") as service:
        yield service


@pytest.fixture(scope="module")
def thinker():
    with TinyService("r1") as service:
        yield service


def ask(service, **options):
    return client_of(service).chat.completions.create(**{"temperature": 1.5, "seed": 1} | ASK | options)


def is_sum(text):
    value = json.loads(text)
    return 0 <= value["first"] <= 99 and value["kind"] in ("fib", "answer") and len(value) == 2


def test_an_answer_is_json_of_its_schema_each_of_several(tiny):
    choices = ask(tiny, response_format=FORMAT, n=4).choices
    assert all(is_sum(choice.message.content) and choice.finish_reason == "stop" for choice in choices)
    assert len({choice.message.content for choice in choices}) > 1


def test_openai_s_parse_takes_a_pydantic_model(tiny):
    reply = client_of(tiny).chat.completions.parse(**ASK, response_format=Sum)
    assert isinstance(reply.choices[0].message.parsed, Sum)


def test_an_answer_that_was_cut_is_a_beginning_in_pieces_too(tiny):
    pieces = list(ask(tiny, response_format={"type": "json_object"}, max_tokens=12, stream=True))
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert text.startswith("{")
    assert pieces[-1].choices[0].finish_reason in ("length", "stop")


@pytest.mark.parametrize(
    ("given", "pattern"),
    [
        ({"structured_outputs": {"choice": ["yes", "no (1+1)", "思"]}}, r"yes|no \(1\+1\)|思"),
        ({"structured_outputs": {"regex": r"[a-f]{3}-\d"}}, r"[a-f]{3}-\d"),
        ({"structured_outputs": {"grammar": 'root ::= "a" [0-9] "b"'}}, r"a\db"),
        ({"structured_outputs": {"json": json.dumps(SCHEMA)}}, r"\{.*\}"),
        ({"grammar": 'root ::= ("x" | "y") "z"'}, r"[xy]z"),
        ({"grammar": 'start: "x" /[0-9]{2}/'}, r"x\d\d"),
        ({"json_schema": SCHEMA}, r"\{.*\}"),
        ({"response_format": {"type": "json_object", "schema": SCHEMA}}, r"\{.*\}"),
        ({"response_format": {"type": "json_schema", "schema": {"const": 5}}}, "5"),
    ],
)
def test_other_programs_ways_of_asking_are_taken(tiny, given, pattern):
    answer = ask(tiny, extra_body=given).choices[0]
    assert re.fullmatch(pattern, answer.message.content, re.DOTALL)
    assert answer.finish_reason == "stop"


def test_the_thought_is_free_and_the_answer_is_not(thinker):
    message = ask(thinker, response_format=FORMAT, extra_body={"thinking_token_budget": 6}).choices[0].message
    assert message.reasoning_content
    assert is_sum(message.content)
    tag = str(thinker.tokenizer.convert_tokens_to_ids("</think>"))
    assert is_sum(ask(thinker, response_format=FORMAT, logit_bias={tag: 100}).choices[0].message.content)


@pytest.mark.parametrize("token", ["<｜User｜>", "</think>", "<｜end▁of▁sentence｜>"])
def test_no_string_holds_a_control_token(tiny, token):
    bias = {str(tiny.tokenizer.convert_tokens_to_ids(token)): 100}
    schema = {"type": "object", "properties": {"a": {"type": "string", "minLength": 20}}, "required": ["a"]}
    answer = ask(tiny, response_format={"type": "json_schema", "schema": schema}, logit_bias=bias).choices[0]
    assert token not in answer.message.content
    assert answer.message.content.startswith("{")


def test_an_answer_that_was_begun_goes_on_within_its_form_or_is_refused(tiny):
    def go_on(begun):
        messages = [*ASK["messages"], {"role": "assistant", "content": begun}]
        return ask(tiny, messages=messages, response_format=FORMAT).choices[0].message.content

    begun = '{"first": 7'
    rest = go_on(begun)
    assert is_sum(begun + rest)
    assert json.loads(begun + rest)["first"] in (7, *range(70, 80))
    with pytest.raises(openai.BadRequestError, match="no beginning of what response_format asks for"):
        go_on("Sure! Here")


def a_schema(schema):
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (a_schema({"type": "array", "uniqueItems": True}), "response_format"),
        (a_schema({"not": {"type": "string"}}), "response_format"),
        (a_schema({"type": "nothing"}), "response_format"),
        (a_schema({"$ref": "http://elsewhere/schema"}), "response_format"),
        (a_schema({"enum": ["x" * 70_000]}), "response_format"),
        (a_schema([]), "response_format"),
        (a_schema({"type": "string", "pattern": "(?<=a)b"}), "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schem": {}}}},
            "response_format.json_schema.schem",
        ),
        ({"structured_outputs": {"regex": "("}}, "structured_outputs.regex"),
        ({"structured_outputs": {"choice": []}}, "structured_outputs.choice"),
        ({"structured_outputs": {"structural_tag": "{}"}}, "structured_outputs.structural_tag"),
        ({"structured_outputs": {"regex": "a", "choice": ["a"]}}, "structured_outputs"),
        ({"structured_outputs": {"json": "{oops"}}, "structured_outputs.json"),
        ({"grammar": "start: nowhere"}, "grammar"),
        ({"grammar": 5}, "grammar"),
        ({"grammar": 'root ::= "a"', "json_schema": SCHEMA}, "json_schema"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_name_before_anything_is_written(tiny, given, field):
    steps = tiny.engine.counters.steps
    with pytest.raises(openai.BadRequestError) as refused:
        ask(tiny, extra_body=given)
    assert (refused.value.param, refused.value.type) == (field, "invalid_request_error")
    assert tiny.engine.counters.steps == steps


def test_a_schema_may_be_nested_too_deeply(tiny):
    text = '{"messages": [{"role": "user", "content": "hi"}], "json_schema": ' + '{"items":' * 900 + "{}" + "}" * 901
    app = FastAPI()
    install(app, tiny)
    answer = TestClient(app).post("/v1/chat/completions", content=text)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "json_schema")


def test_text_is_text(tiny):
    free = ask(tiny).choices[0].message.content
    assert ask(tiny, response_format={"type": "text"}).choices[0].message.content == free


def test_a_script_cannot_be_held():
    with pytest.raises(openai.BadRequestError, match="cannot be held to a format"):
        ask(ScriptedBackend(), response_format=FORMAT)
