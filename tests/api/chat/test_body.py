"""A table of what programs send, and what is understood."""

import json

import pytest

from deepseek_space.api.chat.body import read_body, to_request
from deepseek_space.errors import FieldRefused, ModelNotFound, NotReady, RequestError
from deepseek_space.events import Loading
from deepseek_space.status import Status
from deepseek_space.types import Begun, Message, Sampling

LOCAL = Status(state="ready", model="m", sampling=Sampling(temperature=0.6))
HYBRID = Status(state="ready", model="m", can_think=True, can_choose_thinking=True)
THINKER = Status(state="ready", model="m", can_think=True)
SERVER = Status(state="ready", model="m", passes_on=frozenset({"response_format", "presence_penalty"}))
ASK = [{"role": "user", "content": "Hi"}]


def read(status=LOCAL, *, messages=ASK, **given):
    return to_request(read_body(json.dumps({"messages": messages, **given}).encode()), status)


@pytest.mark.parametrize(
    "name",
    [
        *("model", "stream", "stream_options", "n", "temperature", "top_p", "top_k", "max_tokens", "seed", "stop"),
        *("chat_template_kwargs", "thinking", "reasoning_effort", "tools", "tool_choice", "functions", "logprobs"),
        *("function_call", "response_format", "logit_bias", "modalities", "audio", "something_new"),
    ],
)
def test_null_is_absent(name):
    assert read(**{name: None}) == read()


def test_nulls_within_a_field_are_absent_too():
    assert read(stream_options={"include_usage": None}, chat_template_kwargs={"thinking": None}) == read()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"top_k": -1}, {"top_k": 0}),
        ({"top_k": 0}, {"top_k": 0}),
        ({"seed": -1}, {"seed": None}),
        ({"top_p": 0}, {"top_p": Sampling.LIMITS["top_p"][0]}),
        ({"max_completion_tokens": 5}, {"max_new_tokens": 5}),
        ({"max_tokens": 4, "max_completion_tokens": 5}, {"max_new_tokens": 4}),
        ({"stop": "END"}, {"stop": ("END",)}),
        ({"temperature": 0, "repetition_penalty": 1.1}, {"temperature": 0, "repetition_penalty": 1.1}),
        ({}, {"temperature": 0.6}),
    ],
)
def test_numbers_mean_what_programs_mean_by_them(given, meant):
    sampling = read(**given).sampling
    assert {name: getattr(sampling, name) for name in meant} == meant


@pytest.mark.parametrize(
    ("given", "thinking"),
    [
        ({"thinking": {"type": "enabled"}}, True),
        ({"thinking": {"type": "disabled"}}, False),
        ({"enable_thinking": False}, False),
        ({"chat_template_kwargs": {"thinking": True}}, True),
        ({"chat_template_kwargs": {"enable_thinking": False}}, False),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_effort": "high", "thinking": {"type": "enabled"}}, True),
        ({}, None),
    ],
)
def test_thinking_has_many_names(given, thinking):
    assert read(HYBRID, **given).thinking is thinking


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        ({"reasoning_effort": "low"}, 1024),
        ({"reasoning_effort": "medium"}, 4096),
        ({"reasoning_effort": "high"}, None),
        ({"reasoning_effort": "low", "thinking_token_budget": 7}, 7),
    ],
)
def test_effort_is_a_budget_of_tokens(given, budget):
    assert read(THINKER, **given).thinking_budget == budget


@pytest.mark.parametrize(
    ("status", "given", "field", "says"),
    [
        (THINKER, {"thinking": {"type": "disabled"}}, "thinking", "m always thinks."),
        (LOCAL, {"reasoning_effort": "high"}, "reasoning_effort", "m does not think."),
        (LOCAL, {"chat_template_kwargs": {"enable_thinking": True}}, "chat_template_kwargs.enable_thinking", "m does"),
        (HYBRID, {"enable_thinking": True, "reasoning_effort": "none"}, "enable_thinking", "ask for different things"),
        (LOCAL, {"chat_template_kwargs": {"tools": []}}, "chat_template_kwargs.tools", "Extra inputs"),
        (LOCAL, {"thinking": {"type": "adaptive"}}, "thinking", "Input should be"),
        (LOCAL, {"n": 9}, "n", "Input should be less than or equal to 8"),
        (LOCAL, {"stop": 5}, "stop", "valid"),
        (LOCAL, {"temperature": "hot"}, "temperature", "valid number"),
    ],
)
def test_what_cannot_be_had_is_refused_by_its_name(status, given, field, says):
    with pytest.raises(FieldRefused, match=says) as refused:
        read(status, **given)
    assert refused.value.field == field


def test_a_limit_to_thoughts_is_refused_where_there_is_none():
    status = Status(state="ready", model="m", can_think=True, can_limit_thoughts=False)
    for given in ({"thinking_token_budget": 5}, {"reasoning_effort": "low"}):
        with pytest.raises(FieldRefused, match="cannot be limited"):
            read(status, **given)


def test_a_server_behind_is_handed_what_it_can_do_and_nothing_else():
    format_ = {"type": "json_object"}
    assert read(SERVER, response_format=format_, presence_penalty=0).server_fields == {"response_format": format_}
    with pytest.raises(FieldRefused, match="response_format: the model that answers here cannot be held to a format"):
        read(LOCAL, response_format=format_)
    with pytest.raises(FieldRefused, match="logit_bias: the model that answers here cannot be asked for it"):
        read(SERVER, logit_bias={"5": 1})


def test_the_assistant_s_last_message_is_gone_on_with():
    begun = {"role": "assistant", "content": "It is", "reasoning_content": "6 × 7", "prefix": True}
    request = read(messages=[*ASK, begun])
    assert request.messages == (Message(role="user", content="Hi"),)
    assert request.begun == Begun(reasoning="6 × 7", answer="It is")
    with pytest.raises(FieldRefused, match="m cannot go on with the assistant's last message"):
        read(Status(state="ready", model="m", can_continue=False), messages=[*ASK, begun])


def test_a_model_on_its_way_is_not_an_unknown_one():
    loading = Status(
        state="loading", model="m", loading_model="m", progress=Loading(stage="Reading the weights", done=1, total=2)
    )
    with pytest.raises(NotReady, match=r"m is not ready yet \(Reading the weights\)"):
        read(loading, model="what-it-will-be")
    with pytest.raises(ModelNotFound, match="There is no model gpt-4 here"):
        read(model="gpt-4")


@pytest.mark.parametrize("data", [b"", b"{oops", b"[]", b"5", b'"x"', b'{"messages": "Hi"}', b"[" * 100_000])
def test_what_is_no_request_is_refused(data):
    with pytest.raises(RequestError):
        read_body(data)


def test_half_a_character_is_no_text():
    with pytest.raises(RequestError, match="The body is no JSON"):
        read_body(b'{"messages": [{"role": "user", "content": "\\ud83d"}]}')
