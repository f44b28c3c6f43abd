"""Likelihoods of tokens, asked by OpenAI's own client, beside a plain forward pass of the same tiny model."""

import openai
import pytest
import torch
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.engine.drafter import Drafter
from deepseek_space.types import Message
from tiny_checkpoints import tiny_chat_model
from tiny_service import TinyService

QUESTION = "hello there, hello there, hello there"
MESSAGES = [{"role": "user", "content": QUESTION}]


def client_of(backend):
    app = FastAPI()
    install(app, backend)
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(app), max_retries=0)


@pytest.fixture(scope="module")
def tiny():
    with TinyService() as service:
        yield service


@pytest.fixture(scope="module")
def thinker():
    with TinyService("r1") as service:
        yield service


def ask(service, **options):
    options = {"temperature": 0, "max_tokens": 24, "logprobs": True, "top_logprobs": 3} | options
    return client_of(service).chat.completions.create(model="", messages=MESSAGES, **options)


def expected(service, ids):
    """Return (logprob, the three likeliest) for each of ``ids`` after the prompt, by one plain pass."""
    prompt = service.served.encoder.chat((Message(role="user", content=QUESTION),)).ids
    with torch.inference_mode():
        logprobs = tiny_chat_model()(torch.tensor([[*prompt, *ids]])).logits[0].float().log_softmax(-1)
    rows = logprobs[len(prompt) - 1 :]
    return [(row[token].item(), row.topk(3)) for row, token in zip(rows, ids, strict=False)]


def ids_of(service, entries):
    by_bytes = {service.served.token_bytes.of(token): token for token in range(len(service.tokenizer))}
    return [by_bytes[bytes(entry.bytes)] for entry in entries]


@pytest.mark.parametrize("temperature", [0, 1.3])
def test_they_are_those_of_the_model_whatever_is_weighed_drawn_or_guessed(tiny, temperature, monkeypatch):
    options = {"temperature": temperature, "seed": 3, "logit_bias": {"70": 2}, "frequency_penalty": 1}
    plain = ask(tiny, **options)
    entries = plain.choices[0].logprobs.content
    reply = ids_of(tiny, entries)
    assert len(reply) == plain.usage.completion_tokens
    for entry, (logprob, top) in zip(entries, expected(tiny, reply), strict=True):
        assert entry.logprob == pytest.approx(logprob, abs=2e-3)
        assert [other.logprob for other in entry.top_logprobs] == pytest.approx(top.values.tolist(), abs=2e-3)
        assert ids_of(tiny, entry.top_logprobs) == top.indices.tolist()
    taken = tiny.engine.counters.accepted_tokens

    def foretell(_, ids, *, at_most):
        done = next(n for n in range(len(reply), -1, -1) if list(ids[len(ids) - n :]) == reply[:n])
        return reply[done : done + min(4, at_most)]

    monkeypatch.setattr(Drafter, "draft", foretell)
    guessed = ask(tiny, **options).choices[0].logprobs.content
    assert tiny.engine.counters.accepted_tokens > taken
    assert ids_of(tiny, guessed) == reply
    assert [entry.logprob for entry in guessed] == pytest.approx([entry.logprob for entry in entries], abs=2e-3)


def test_tokens_are_told_by_their_bytes_parts_of_characters_too(tiny):
    first = tiny.tokenizer.convert_tokens_to_ids("Ã")  # as the first byte of é is written
    entries = ask(tiny, max_tokens=6, logit_bias={str(first): 100}).choices[0].logprobs.content
    assert {tuple(entry.bytes) for entry in entries} <= {(0xC3,)}
    assert {entry.token for entry in entries} <= {"\ufffd"}


def test_bytes_of_an_answer_make_its_text_whole_or_in_pieces(tiny):
    options = {"temperature": 1, "seed": 1}
    whole = ask(tiny, **options).choices[0]
    joined = b"".join(bytes(entry.bytes) for entry in whole.logprobs.content)
    text = joined.decode("utf-8", "replace")  # where it ends inside a character, that is not shown
    assert whole.message.content in (text, text.removesuffix("\ufffd"))
    pieces = [piece.choices[0] for piece in ask(tiny, **options, stream=True)]
    told = [entry for piece in pieces if piece.logprobs for entry in piece.logprobs.content]
    assert [entry.bytes for entry in told] == [entry.bytes for entry in whole.logprobs.content]


def test_thoughts_have_a_field_of_their_own_and_their_tag_is_in_none(thinker):
    tag = str(thinker.tokenizer.convert_tokens_to_ids("</think>"))
    limited = ask(thinker, extra_body={"thinking_token_budget": 5}).choices[0]
    thought = b"".join(bytes(entry["bytes"]) for entry in limited.logprobs.reasoning_content)
    assert len(limited.logprobs.reasoning_content) == 5
    assert thought.decode("utf-8", "replace").strip() == limited.message.reasoning_content.strip()
    closed = ask(thinker, max_tokens=6, logit_bias={tag: 100}).choices[0]
    assert closed.message.content.startswith("</think>")
    assert len(closed.logprobs.content) == 5  # the first tag ended the thought, those after it are text


def test_none_are_told_where_none_are_asked_for(tiny):
    assert ask(tiny, logprobs=False, top_logprobs=None).choices[0].logprobs is None
    assert ask(tiny, top_logprobs=None).choices[0].logprobs.content[0].top_logprobs == []


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"logprobs": False, "top_logprobs": 2}, "top_logprobs"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": -1}, "top_logprobs"),
        ({"logprobs": 3}, "logprobs"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(tiny, options, field):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(tiny, **options)
    assert refused.value.param == field


def test_a_script_has_none_to_tell():
    with pytest.raises(openai.BadRequestError, match="logprobs"):
        ask(ScriptedBackend())


def test_usage_tells_what_was_thought_and_what_was_remembered(thinker):
    messages = [{"role": "user", "content": "hello there " * 12}]
    options = {"temperature": 0, "max_tokens": 8, "extra_body": {"thinking_token_budget": 3}}
    usage = client_of(thinker).chat.completions.create(model="", messages=messages, n=2, **options).usage
    assert usage.completion_tokens_details.reasoning_tokens == 6
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_cache_hit_tokens
    assert usage.prompt_cache_hit_tokens + usage.prompt_cache_miss_tokens == usage.prompt_tokens
