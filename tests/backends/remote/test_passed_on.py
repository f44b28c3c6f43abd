"""What a server can be asked for and this app cannot do by itself goes on to that server as it came."""

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.model import PASSES_ON
from deepseek_space.backends.remote.server import Server
from deepseek_space.types import Begun, Message, Request
from openai_server import card, openai_server, spoken

FIELDS = {"response_format": {"type": "json_object"}}


@pytest.mark.parametrize(
    ("owner", "has", "has_not"),
    [
        ("vllm", {"response_format", "structured_outputs", "min_tokens"}, {"guided_json", "grammar"}),
        ("llamacpp", {"response_format", "grammar", "logit_bias"}, {"structured_outputs", "min_tokens"}),
        ("sglang", {"response_format", "regex"}, {"structured_outputs"}),
        ("somebody", {"response_format", "presence_penalty", "logit_bias"}, {"ignore_eos", "grammar"}),
    ],
)
def test_each_kind_of_server_is_handed_what_it_documents(owner, has, has_not):
    with openai_server(card("some/model", owned_by=owner)) as server:
        backend = RemoteBackend(Server(url=server.url))
        backend.look().result(timeout=5)
        passes_on = backend.status().passes_on
        backend.close()
    assert has <= passes_on
    assert not has_not & passes_on


def test_deepseek_s_api_is_asked_for_no_penalty_that_it_would_not_mind():
    assert PASSES_ON["deepseek"] == {"response_format", "tool_choice"}


@pytest.mark.parametrize("begun", [None, Begun(answer="{")], ids=["new", "begun"])
@pytest.mark.parametrize("name", ["some/model", "deepseek-ai/DeepSeek-R1"], ids=["unknown", "r1"])
def test_the_fields_stand_in_the_request_as_they_came(name, begun):
    with openai_server(card(name, owned_by="vllm")) as server:
        backend = RemoteBackend(Server(url=server.url))
        server.says(spoken('{"a": 1}'))
        question = (Message(role="user", content="JSON, please."),)
        list(backend.stream(Request(messages=question, begun=begun, server_fields=FIELDS)))
        backend.close()
        assert FIELDS.items() <= server.asked[-1].body.items()


def test_transformers_serve_is_handed_nothing_that_it_would_pass_over():
    with openai_server(card("some/model", owned_by="some", status={"value": "loaded"})) as server:
        backend = RemoteBackend(Server(url=server.url))
        backend.look().result(timeout=5)
        status = backend.status()
        backend.close()
    assert (status.passes_on, status.honours, status.tool_format) == ({"logit_bias"}, set(), "server")
