"""A table of what programs send through OpenAI's own client, and what comes of it, on a tiny model that thinks.

That each field does something, or is refused, is in test_field_table.py.
"""

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from tiny_service import TinyService

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "hello there"}], "temperature": 0, "max_tokens": 24}
BUDGET = 6


def client_of(service):
    app = FastAPI()
    install(app, service)
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(app), max_retries=0)


@pytest.fixture(scope="module", params=["r1", "v3.1", "v3"])
def service(request):
    with TinyService(request.param) as service:
        service.name = request.param
        yield service


@pytest.fixture(scope="module")
def hybrid():
    with TinyService("v3.1") as service:
        yield service


@pytest.fixture(scope="module")
def reasoner():
    with TinyService("r1") as service:
        yield service


def reply(service, **options):
    return client_of(service).chat.completions.create(**ASK | options)


def thought_of(message):
    return getattr(message, "reasoning_content", "")


@pytest.mark.parametrize("budget", [None, BUDGET])
def test_a_stop_string_that_a_thought_mentions_ends_no_reply(reasoner, budget):
    limit = {} if budget is None else {"thinking_token_budget": budget}
    plain = reply(reasoner, extra_body=limit)
    thought = thought_of(plain.choices[0].message)
    mentioned = thought.strip()[1:3]
    stopped = reply(reasoner, extra_body=limit, stop=[mentioned])
    assert thought_of(stopped.choices[0].message) == thought
    assert mentioned not in (stopped.choices[0].message.content or "")
    if budget:
        answer = plain.choices[0].message.content
        assert answer
        cut = reply(reasoner, extra_body=limit, stop=[answer.strip()[2:4]]).choices[0]
        assert thought_of(cut.message) == thought
        assert (cut.finish_reason, len(cut.message.content) < len(answer)) == ("stop", True)


def test_a_reply_that_goes_on_stops_in_its_answer(reasoner):
    begun = {"role": "assistant", "content": "It is", "reasoning_content": "a stop in thought"}
    messages = [*ASK["messages"], begun]
    rest = reply(reasoner, messages=messages).choices[0].message.content
    mark = rest.strip()[3:5]
    cut = reply(reasoner, messages=messages, stop=[mark]).choices[0]
    assert cut.message.content == rest[: rest.index(mark)]
    assert cut.finish_reason == "stop"


@pytest.mark.parametrize(
    ("options", "thinks"),
    [
        ({}, False),  # V3.1 answers at once unless told to think
        ({"model": "deepseek-chat"}, False),
        ({"model": "deepseek-reasoner"}, True),
        ({"model": "deepseek-v4-pro"}, False),
        ({"model": "deepseek-chat", "reasoning_effort": "low"}, True),
        ({"model": "deepseek-reasoner", "extra_body": {"thinking": {"type": "disabled"}}}, False),
        ({"reasoning_effort": "high"}, True),
        ({"reasoning_effort": "none"}, False),
        ({"extra_body": {"thinking": {"type": "enabled"}}}, True),
        ({"extra_body": {"chat_template_kwargs": {"thinking": True}}}, True),
        ({"extra_body": {"reasoning_effort": "ultra"}}, True),
    ],
)
def test_names_and_fields_choose_whether_to_think(hybrid, options, thinks):
    answer = reply(hybrid, **options)
    assert bool(thought_of(answer.choices[0].message)) == thinks
    assert answer.model == "tiny"
    assert (answer.usage.completion_tokens_details.reasoning_tokens > 0) == thinks


@pytest.mark.parametrize("model", ["gpt-4o", "deepseek-r1", "tiny2"])
def test_a_model_that_is_not_here_is_told_as_openai_tells_it(service, model):
    with pytest.raises(openai.NotFoundError) as refused:
        reply(service, model=model)
    assert (refused.value.code, refused.value.type) == ("model_not_found", "invalid_request_error")


def test_the_reasoner_is_asked_of_one_that_thinks(service):
    if service.name != "v3":
        assert reply(service, model="deepseek-reasoner").model == "tiny"
        return
    with pytest.raises(openai.NotFoundError, match="does not think"):
        reply(service, model="deepseek-reasoner")


def test_usage_adds_up(service):
    usage = reply(service, logprobs=True).usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_cache_hit_tokens + usage.prompt_cache_miss_tokens == usage.prompt_tokens
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_cache_hit_tokens
