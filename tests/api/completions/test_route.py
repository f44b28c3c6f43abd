"""Texts that are continued, asked for by OpenAI's own client, and read as the evaluation harness reads them."""

import math

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.model_host import BASE_TITLE
from deepseek_space.commands.composition import make_backend
from deepseek_space.settings import read_settings
from tiny_checkpoints import save_checkpoint, tiny_chat_model
from tiny_tokenizers import EOS, deepseek_tokenizer

TOKENIZER = deepseek_tokenizer()
TEXT = "def fib(n):\n    return n"


def client_of(backend):
    routes = FastAPI()
    install(routes, backend)
    return openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(routes), max_retries=0)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = save_checkpoint(tmp_path_factory.mktemp("model"))
    backend = make_backend(
        read_settings(["--model", str(folder), "--device", "cpu", "--precision", "fp32"], {"HOME": str(folder)})
    )
    backend.start()
    backend.wait()
    yield client_of(backend)
    backend.close()


class BaseModel(ScriptedBackend):
    """The scripted base model, which fills gaps."""

    def __init__(self):
        super().__init__(delay_s=0, change_s=0)
        self.load(next(choice.name for choice in self.choices() if choice.title == BASE_TITLE))


def complete(client, prompt=TEXT, **options):
    return client.completions.create(model="", prompt=prompt, temperature=0, **{"max_tokens": 8, **options})


def test_a_text_is_continued_whole_and_in_pieces(client):
    whole = complete(client)
    assert (whole.object, whole.choices[0].finish_reason, whole.choices[0].logprobs) == (
        "text_completion",
        "length",
        None,
    )
    assert whole.usage.completion_tokens == 8
    pieces = list(complete(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(piece.choices[0].text for piece in pieces if piece.choices) == whole.choices[0].text
    assert [piece.choices[0].finish_reason for piece in pieces if piece.choices][-1] == "length"
    assert (pieces[-1].choices, pieces[-1].usage.completion_tokens) == ([], 8)
    assert all(piece.usage is None for piece in complete(client, stream=True))


def test_several_texts_and_several_continuations_are_told_by_their_index(client):
    one, other = (complete(client, text).choices[0].text for text in (TEXT, "User: hello"))
    both = complete(client, [TEXT, "User: hello"], n=2)
    assert [(choice.index, choice.text) for choice in both.choices] == list(enumerate([one, one, other, other]))
    singles = [complete(client, text).usage.completion_tokens for text in (TEXT, "User: hello")]
    assert both.usage.completion_tokens == 2 * sum(singles)
    assert both.usage.prompt_tokens == sum(complete(client, text).usage.prompt_tokens for text in (TEXT, "User: hello"))
    pieces = list(complete(client, [TEXT, "User: hello"], stream=True))
    texts = ["".join(piece.choices[0].text for piece in pieces if piece.choices[0].index == i) for i in (0, 1)]
    assert texts == [one, other]


def test_continuations_of_one_text_have_seeds_of_their_own(client):
    options = {"temperature": 1.5, "seed": 3, "max_tokens": 12}
    first = [choice.text for choice in client.completions.create(model="", prompt=TEXT, n=3, **options).choices]
    assert len(set(first)) == 3
    assert first == [choice.text for choice in client.completions.create(model="", prompt=TEXT, n=3, **options).choices]


def test_token_ids_are_read_as_they_are(client):
    ids = TOKENIZER.encode(TEXT, add_special_tokens=False)
    with_bos = [TOKENIZER.bos_token_id, *ids]
    assert complete(client, ids).choices[0].text == complete(client).choices[0].text
    assert complete(client, with_bos).usage.prompt_tokens == len(ids) + 1
    assert [choice.index for choice in complete(client, [ids, with_bos]).choices] == [0, 1]
    assert complete(client, ids, echo=True).choices[0].text.startswith(TEXT)


def test_the_prompt_is_told_again_where_that_is_asked_for(client):
    assert complete(client, echo=True).choices[0].text == TEXT + complete(client).choices[0].text
    nothing = complete(client, echo=True, max_tokens=0)
    assert (nothing.choices[0].text, nothing.usage.completion_tokens) == (TEXT, 0)
    pieces = list(complete(client, echo=True, stream=True))
    assert "".join(piece.choices[0].text for piece in pieces) == TEXT + complete(client).choices[0].text


def log_likelihood(client, context, answer):
    """Return what the harness makes of the reply: the sum for ``answer`` and whether it would be written greedily."""
    ids = [*context, *answer]
    choice = complete(client, [ids], max_tokens=1, logprobs=1, echo=True).choices[0]
    assert len(choice.logprobs.token_logprobs) == len(ids) + 1
    assert choice.logprobs.token_logprobs[0] is None
    logprobs = choice.logprobs.token_logprobs[len(context) : -1]
    top = choice.logprobs.top_logprobs[len(context) : -1]
    return sum(logprobs), all(own == max(best.values()) for own, best in zip(logprobs, top, strict=True))


def test_a_log_likelihood_is_that_of_the_plain_model(client):
    import torch

    context = TOKENIZER.encode("User: hello there", add_special_tokens=False)
    greedy = complete(client, context, max_tokens=5, logprobs=1).choices[0].logprobs
    with torch.inference_mode():
        model = tiny_chat_model()
        written = model.generate(torch.tensor([context]), max_new_tokens=5, do_sample=False)[0, len(context) :].tolist()
        for answer in (written, TOKENIZER.encode(" 42.", add_special_tokens=False)):
            logits = model(torch.tensor([context + answer])).logits[0].float().log_softmax(-1)
            expected = sum(logits[len(context) - 1 + i, token].item() for i, token in enumerate(answer))
            found, is_greedy = log_likelihood(client, context, answer)
            assert found == pytest.approx(expected, abs=1e-3)
            assert is_greedy == (answer == written)
    assert greedy.token_logprobs == [max(best.values()) for best in greedy.top_logprobs]


def test_tokens_are_told_with_their_places(client):
    choice = complete(client, logprobs=3, echo=True).choices[0]
    logprobs = choice.logprobs
    assert "".join(logprobs.tokens[: len(TOKENIZER.encode(TEXT, add_special_tokens=False))]) == TEXT
    assert logprobs.text_offset[:2] == [0, len(logprobs.tokens[0])]
    assert len(logprobs.tokens) == len(logprobs.top_logprobs) == len(logprobs.token_logprobs)
    assert all(value <= 0 and math.isfinite(value) for value in logprobs.token_logprobs[1:])
    pieces = list(complete(client, logprobs=3, echo=True, stream=True))
    told = [piece.choices[0].logprobs for piece in pieces]
    assert [token for one in told for token in one.tokens] == logprobs.tokens
    assert [at for one in told for at in one.text_offset] == logprobs.text_offset


def test_a_stop_string_ends_text_and_tokens(client):
    free = complete(client, logprobs=1, max_tokens=12).choices[0]
    stop = free.text[3:5]
    held = complete(client, logprobs=1, max_tokens=12, stop=[stop, EOS]).choices[0]
    assert held.text == free.text[: free.text.index(stop)]
    assert held.finish_reason == "stop"
    assert held.logprobs.tokens == free.logprobs.tokens[: len(held.logprobs.tokens)]
    assert len("".join(held.logprobs.tokens)) <= len(held.text)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"extra_body": {"best_of": 3}}, "best_of"),
        ({"extra_body": {"mesages": []}}, "mesages"),
        ({"extra_body": {"tools": [{}]}}, "tools"),
        ({"logprobs": 6}, "logprobs"),
        ({"n": 200}, "n"),
        ({"suffix": "x"}, "suffix"),
        ({"prompt": ["x"] * 100, "n": 2}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [1, "x"]}, "prompt"),
    ],
)
def test_what_cannot_be_had_is_refused_by_its_name(client, options, field):
    with pytest.raises(openai.BadRequestError) as refused:
        complete(client, **options)
    assert refused.value.param == field


def test_a_token_that_the_vocabulary_has_not_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="There is no token 999999"):
        complete(client, [5, 999_999])


def test_a_gap_is_filled_by_a_model_that_was_trained_for_it():
    client = client_of(BaseModel())
    assert (
        complete(client, "def f(n):\n    return ", suffix="\nprint(f(3))")
        .choices[0]
        .text.startswith("fibonacci(n - 1)")
    )
    with pytest.raises(openai.BadRequestError, match="takes no token ids here"):
        complete(client, [1, 2])
    with pytest.raises(openai.BadRequestError, match="cannot be told here"):
        complete(client, logprobs=1)


def test_beta_is_another_name_for_the_same(client):
    beta = client.with_options(base_url="http://app/beta")
    assert complete(beta).choices[0].text == complete(client).choices[0].text
    messages = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "The", "prefix": True}]
    said = beta.chat.completions.create(model="", messages=messages, max_tokens=8, temperature=0).choices[0].message
    assert said.content


def test_a_text_that_is_too_long_for_the_model_is_told_before_a_stream_begins(client):
    with pytest.raises(openai.BadRequestError) as refused:
        complete(client, "hello there " * 2000, stream=True)
    assert refused.value.code == "context_length_exceeded"
