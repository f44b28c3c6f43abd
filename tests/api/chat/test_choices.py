"""Several replies to one request, asked by OpenAI's own client: of a script, and of a tiny model."""

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.errors import EngineError
from deepseek_space.events import Answer
from tiny_service import TinyService

SCRIPT = (Scene(cue="", reasoning="Six sevens.", answer="It is 42."),)
ASK = {"model": "", "messages": [{"role": "user", "content": "hello there, what is 6 x 7?"}]}


def client_of(backend):
    app = FastAPI()
    install(app, backend)
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(app), max_retries=0)


@pytest.fixture(scope="module")
def tiny():
    with TinyService() as service:
        yield service


def test_each_choice_has_its_number_and_the_prompt_counts_once():
    client = client_of(ScriptedBackend(SCRIPT, delay_s=0))
    reply = client.chat.completions.create(**ASK, n=3)
    assert [(choice.index, choice.message.content) for choice in reply.choices] == [(i, "It is 42.") for i in range(3)]
    one = client.chat.completions.create(**ASK)
    assert reply.usage.prompt_tokens == one.usage.prompt_tokens
    assert reply.usage.completion_tokens == 3 * one.usage.completion_tokens


def test_pieces_carry_the_number_of_their_choice():
    client = client_of(ScriptedBackend(SCRIPT, delay_s=0.001))
    texts, ends, figures = {}, [], []
    for piece in client.chat.completions.create(**ASK, n=2, stream=True, stream_options={"include_usage": True}):
        for choice in piece.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
            ends += [choice.index] if choice.finish_reason else []
        figures += [piece.usage] if piece.usage else []
    assert texts == {0: "It is 42.", 1: "It is 42."}
    assert sorted(ends) == [0, 1]
    assert [usage.completion_tokens for usage in figures] == [10]


def test_rows_of_one_request_read_its_prompt_once_and_have_seeds_of_their_own(tiny):
    client, counters = client_of(tiny), tiny.engine.counters
    options = {"temperature": 1.5, "top_p": 1, "max_tokens": 12}
    ids, read = counters.prompt_tokens, counters.cached_tokens
    reply = client.chat.completions.create(**ASK, **options, n=3, seed=5)
    prompt_tokens = reply.usage.prompt_tokens
    assert counters.prompt_tokens - ids == 3 * prompt_tokens
    assert counters.cached_tokens - read == 2 * prompt_tokens
    texts = [choice.message.content for choice in reply.choices]
    assert len(set(texts)) == 3
    for number, text in enumerate(texts):
        alone = client.chat.completions.create(**ASK, **options, seed=5 + number)
        assert alone.choices[0].message.content == text


def test_where_one_of_them_breaks_off_all_do():
    class Broken(ScriptedBackend):
        def stream(self, request):
            if request.sampling.seed == 8:
                yield Answer(text="half")
                raise EngineError("It broke off.")
            yield from super().stream(request)

    backend = Broken(SCRIPT, delay_s=0.001)
    with pytest.raises(openai.InternalServerError, match="It broke off"):
        client_of(backend).chat.completions.create(**ASK, n=2, seed=7)
    with pytest.raises(openai.APIError, match="It broke off"):
        list(client_of(backend).chat.completions.create(**ASK, n=2, seed=7, stream=True))
    assert backend.status().active_requests == 0


@pytest.mark.parametrize("n", [0, 9, 1.5])
def test_more_than_there_may_be_is_refused_by_name(n):
    with pytest.raises(openai.BadRequestError, match="Error code: 400") as refused:
        client_of(ScriptedBackend(SCRIPT)).chat.completions.create(**ASK, n=n)
    assert refused.value.param == "n"


def test_tokens_are_weighed_as_asked(tiny):
    client = client_of(tiny)
    plain = client.chat.completions.create(**ASK, temperature=0, max_tokens=8)
    letter = tiny.tokenizer.convert_tokens_to_ids("a")
    weighed = client.chat.completions.create(**ASK, temperature=0, max_tokens=8, logit_bias={str(letter): 100})
    assert weighed.choices[0].message.content == "a" * 8 != plain.choices[0].message.content
    varied = client.chat.completions.create(
        **ASK, temperature=0, max_tokens=8, logit_bias={str(letter): 100}, presence_penalty=2, frequency_penalty=2
    )
    assert varied.choices[0].message.content == "a" * 8  # 100 - 2 - 7 × 2 is still far ahead


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("presence_penalty", 2.1),
        ("frequency_penalty", "much"),
        ("logit_bias", {"5": 101}),
        ("logit_bias", {"five": 1}),
        ("logit_bias", {"999999": 1}),
        ("logit_bias", [5]),
        ("logit_bias", {str(i): 1 for i in range(1025)}),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(tiny, field, value):
    with pytest.raises(openai.BadRequestError) as refused:
        client_of(tiny).chat.completions.create(**ASK, extra_body={field: value})
    assert refused.value.param.startswith(field)
