"""The routes, asked by Anthropic's own client."""

import anthropic
import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.access.door import Door
from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.errors import BusyError
from deepseek_space.events import Answer, Resorted
from deepseek_space.keys import read_keys

SCRIPT = (
    Scene(cue="break", answer="Half an", breaks_off="The engine broke off."),
    Scene(cue="bare", answer="No thoughts."),
    Scene(cue="", reasoning="Six sevens.", answer="It is 42."),
)


@pytest.fixture
def backend():
    return ScriptedBackend(SCRIPT, delay_s=0)


def client_of(backend, *, key="none", root="", **options):
    routes = FastAPI()
    install(routes, backend, **options)
    return anthropic.Anthropic(
        base_url=f"http://app{root}", api_key=key, http_client=TestClient(routes, base_url="http://app"), max_retries=0
    )


@pytest.fixture
def client(backend):
    return client_of(backend)


def ask(client, text="What is 6 × 7?", **options):
    messages = [{"role": "user", "content": text}]
    return client.messages.create(**{"model": "fake", "max_tokens": 50, "messages": messages, **options})


def test_a_reply_comes_whole_with_thoughts_and_figures(client):
    reply = ask(client)
    assert [(block.type, getattr(block, block.type)) for block in reply.content] == [
        ("thinking", "Six sevens."),
        ("text", "It is 42."),
    ]
    assert (reply.type, reply.role, reply.model, reply.stop_reason) == ("message", "assistant", "fake", "end_turn")
    assert (reply.usage.output_tokens, reply.usage.cache_read_input_tokens) == (5, 0)
    assert ask(client, max_tokens=1).stop_reason == "max_tokens"


@pytest.mark.parametrize("root", ["", "/anthropic"])
def test_a_reply_comes_in_blocks(backend, root):
    client = client_of(backend, root=root)
    with client.messages.stream(
        model="fake", max_tokens=50, messages=[{"role": "user", "content": "6 × 7?"}]
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2
    assert [(block.type, getattr(block, block.type)) for block in message.content] == [
        ("thinking", "Six sevens."),
        ("text", "It is 42."),
    ]
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 5)


def test_a_conversation_with_its_blocks_is_taken(client, backend):
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2; cch=1f3a2;"},
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
    ]
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "6 × 7?"}, {"type": "text", "text": "Say it."}]},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "text", "text": "42"}],
        },
        {"role": "user", "content": "Why?"},
    ]
    ask(client, system=system, messages=messages, metadata={"user_id": "u"})
    asked = backend.requests[-1].messages
    assert [(turn.role, turn.content, turn.reasoning) for turn in asked] == [
        ("system", "Be brief.", ""),
        ("user", "6 × 7?\n\nSay it.", ""),
        ("assistant", "42", "hm"),
        ("user", "Why?", ""),
    ]


def test_what_is_asked_for_reaches_the_model(client, backend):
    sampled = {"temperature": 0, "top_k": 5, "top_p": 0.5}  # older clients have names for them
    ask(client, max_tokens=3, stop_sequences=["END"], extra_body=sampled)
    sampling = backend.requests[-1].sampling
    assert (sampling.max_new_tokens, sampling.temperature, sampling.top_k, sampling.top_p) == (3, 0, 5, 0.5)
    assert sampling.stop == ("END",)
    for thinking, expected in (
        ({"type": "enabled", "budget_tokens": 1024}, (True, 1024)),
        ({"type": "disabled"}, (False, None)),
        ({"type": "adaptive"}, (None, None)),
    ):
        ask(client, thinking=thinking)
        assert (backend.requests[-1].thinking, backend.requests[-1].thinking_budget) == expected
    ask(client, extra_body={"output_config": {"effort": "low"}})
    assert backend.requests[-1].thinking_budget == 1024


def test_what_the_assistant_has_begun_is_gone_on_with(client, backend):
    messages = [{"role": "user", "content": "bare"}, {"role": "assistant", "content": "No"}]
    assert ask(client, messages=messages).content[0].text == " thoughts."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"extra_body": {"temperature": 9}}, "temperature: Temperature is 9.0"),
        ({"extra_body": {"mcp_servers": [{"url": "x"}]}}, "mcp_servers: there is no such field here"),
        ({"text": [{"type": "image", "source": {}}]}, "messages.0.content.0: this app takes no pictures"),
        ({"text": [{"type": "document", "source": {}}]}, "messages.0.content.0: this app takes no files here"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0: it must be"),
        ({"text": "  "}, "The message is empty."),
    ],
)
def test_what_cannot_be_used_is_refused_in_anthropic_s_words(client, options, said):
    with pytest.raises(anthropic.BadRequestError) as refused:
        ask(client, **options)
    assert refused.value.body["type"] == "error"
    assert refused.value.body["error"]["type"] == "invalid_request_error"
    assert refused.value.body["error"]["message"].startswith(said)


def test_another_model_a_full_queue_and_a_broken_reply_are_told(client, backend, monkeypatch):
    with pytest.raises(anthropic.NotFoundError, match="There is no model claude here; fake answers"):
        ask(client, model="claude")
    with pytest.raises(anthropic.InternalServerError, match="The engine broke off"):
        ask(client, "break")
    with (
        pytest.raises(anthropic.APIStatusError, match="The engine broke off"),
        client.messages.stream(model="fake", max_tokens=9, messages=[{"role": "user", "content": "break"}]) as stream,
    ):
        list(stream)

    def busy(request):
        raise BusyError("64 requests are waiting already.")
        yield

    monkeypatch.setattr(backend, "stream", busy)
    with pytest.raises(anthropic.RateLimitError, match="64 requests are waiting") as refused:
        ask(client)
    assert int(refused.value.response.headers["retry-after"]) > 0


def test_tokens_are_counted_as_the_model_has_them(client):
    count = client.messages.count_tokens(
        model="fake", system="Be brief.", messages=[{"role": "user", "content": "one two three"}]
    )
    assert count.input_tokens == 5 + 2 * 4


def test_the_key_is_name_and_password_either_way(backend):
    for key, header in (("ada:s:cret", {}), ("x", {"Authorization": "", "x-api-key": "ada:s:cret"})):
        client = client_of(backend, key=key, door=Door(read_keys(password="ada:s:cret")))
        assert ask(client, extra_headers=header).content
    with pytest.raises(anthropic.AuthenticationError, match="USER:PASSWORD"):
        ask(client_of(backend, key="ada:wrong", door=Door(read_keys(password="ada:s:cret"))))


def test_claude_code_s_way_of_asking_is_taken(backend):
    routes = FastAPI()
    install(routes, backend)
    body = {"model": "", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "stream": True}
    answer = TestClient(routes).post("/v1/messages?beta=true", json=body, headers={"anthropic-beta": "x"})
    assert answer.status_code == httpx.codes.OK
    assert answer.text.startswith("event: message_start\n")


class Unsorted(ScriptedBackend):
    """Takes a thought for the answer at first."""

    def stream(self, request):
        *_, done = super().stream(request)
        yield from (Answer(text="Six sevens."), Resorted(reasoning="Six sevens."), Answer(text="It is 42."), done)


def test_a_thought_that_was_taken_for_the_answer_is_one_in_the_end_or_told_by_its_tag():
    client = client_of(Unsorted(SCRIPT, delay_s=0))
    assert [block.type for block in ask(client).content] == ["thinking", "text"]
    with client.messages.stream(model="", max_tokens=9, messages=[{"role": "user", "content": "x"}]) as stream:
        assert stream.get_final_text() == "Six sevens.\n</think>\n\nIt is 42."
