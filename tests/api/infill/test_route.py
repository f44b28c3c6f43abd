"""What belongs at the cursor, asked for as llama.cpp's plug-ins for editors ask."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.infill.text import InfillText
from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.model_host import BASE_TITLE
from deepseek_space.text.encoder import PromptEncoder
from tiny_tokenizers import deepseek_tokenizer

EDITOR = {  # as llama.vim sends it
    "input_prefix": "def fibonacci(n):\n",
    "input_suffix": "\nprint(fibonacci(10))\n",
    "input_extra": [{"text": "def area():\n    pass\n", "filename": "shapes.py"}],
    "prompt": "    return ",
    "n_predict": 128,
    "stop": [],
    "n_indent": 4,
    "top_k": 40,
    "top_p": 0.9,
    "samplers": ["top_k", "top_p", "infill"],
    "stream": False,
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1000,
    "response_fields": ["content", "timings/prompt_n", "timings/predicted_n", "truncated", "tokens_cached", "none"],
}


@pytest.fixture
def backend():
    backend = ScriptedBackend(delay_s=0, change_s=0)
    backend.load(next(choice.name for choice in backend.choices() if choice.title == BASE_TITLE))
    return backend


def post(backend, **options):
    routes = FastAPI()
    install(routes, backend)
    return TestClient(routes).post("/infill", json={**EDITOR, **options})


def test_an_editor_has_what_belongs_at_its_cursor_and_the_fields_that_it_named(backend):
    answer = post(backend).json()
    assert answer["content"].startswith("fibonacci(n - 1)")
    assert set(answer) == {"content", "timings/prompt_n", "timings/predicted_n", "truncated", "tokens_cached"}
    asked = backend.requests[-1]
    assert asked.prefix == "#shapes.py\ndef area():\n    pass\n\n\ndef fibonacci(n):\n"
    assert (asked.middle, asked.suffix) == ("    return ", "\nprint(fibonacci(10))\n")
    assert (asked.sampling.top_k, asked.sampling.top_p, asked.sampling.temperature) == (40, 0.9, 1.0)
    assert asked.sampling.max_new_tokens == 128


def test_warming_up_reads_and_says_nothing(backend):
    answer = post(backend, n_predict=0, response_fields=[]).json()
    assert (answer["content"], answer["tokens_predicted"]) == ("", 0)
    assert backend.requests[-1].sampling.max_new_tokens == 1
    blank = {"input_prefix": "", "input_suffix": "", "prompt": "", "input_extra": []}
    assert post(backend, **blank, n_predict=0).json()["content"] == ""


def test_a_stream_has_pieces_and_figures_at_its_end(backend):
    text = post(backend, stream=True, response_fields=[]).text
    pieces = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert "".join(piece["content"] for piece in pieces) == post(backend).json()["content"]
    assert [piece["stop"] for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[-1]["timings"]["predicted_n"] == len(pieces) - 1


def test_of_the_other_files_the_last_are_kept_as_far_as_they_fit(backend):
    extras = [{"text": "word " * 60_000, "filename": f"{name}.py"} for name in "abc"]
    post(backend, input_extra=extras)
    prefix = backend.requests[-1].prefix
    assert [name for name in "abc" if f"#{name}.py" in prefix] == ["b", "c"]


def test_a_model_that_fills_no_gaps_says_so():
    answer = post(ScriptedBackend(delay_s=0))
    assert answer.status_code == 501
    assert "was not trained to fill gaps" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "field"), [({"mirostat": 2}, "mirostat"), ({"n_predict": -2}, "n_predict"), ({"top_k": "x"}, "top_k")]
)
def test_what_cannot_be_used_is_refused_by_its_name(backend, options, field):
    assert post(backend, **options).json()["error"]["param"] == field


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_a_line_that_leaves_the_block_ends_the_text(size):
    text = "a + 1\n    b\n\n      c\n  d\ne"
    filled = InfillText(indent=4)
    pieces = "".join(filled.push(text[at : at + size]) for at in range(0, len(text), size) if not filled.is_over)
    assert filled.is_over
    assert filled.text == "a + 1\n    b\n\n      c\n"
    assert pieces.rstrip(" ") == filled.text  # the blanks of the next line may have gone out


def test_time_ends_the_text_once_a_line_is_whole(monkeypatch):
    now = iter(range(100, 200))
    monkeypatch.setattr("deepseek_space.api.infill.text.time.monotonic", lambda: float(next(now)))
    filled = InfillText(longest_s=0.5)
    assert [(filled.push(piece), filled.is_over) for piece in ("a", "b\n")] == [("a", False), ("b\n", True)]


def test_what_stands_before_the_cursor_comes_after_the_token_for_the_middle():
    tokenizer = deepseek_tokenizer()
    encoder = PromptEncoder(tokenizer, family="base")
    ids = encoder.infill("a\n", "\nb", middle="  return <｜fim▁hole｜>").ids
    assert tokenizer.decode(ids) == (
        "<｜begin▁of▁sentence｜><｜fim▁begin｜>a\n<｜fim▁hole｜>\nb<｜fim▁end｜>  return <｜fim▁hole｜>"
    )
    assert ids.count(tokenizer.convert_tokens_to_ids("<｜fim▁hole｜>")) == 1
