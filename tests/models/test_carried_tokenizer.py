"""A tokenizer that was handed on reads and writes what it did, and its template has the same names for tokens."""

import orjson
import pytest
from transformers import PreTrainedTokenizerFast

from deepseek_space.errors import LoadFailed
from deepseek_space.models import carried_tokenizer
from deepseek_space.models.carried_tokenizer import tokenizer_from_json, tokenizer_to_json
from tiny_checkpoints import CHAT_TEMPLATE
from tiny_tokenizers import deepseek_tokenizer, fallback_tokenizer, letter_tokenizer, with_tool_tokens

TEXT = "def f(n):\n\treturn 12  # 你好 <｜User｜>"


def with_picture():
    backend = deepseek_tokenizer().backend_tokenizer
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<｜end▁of▁sentence｜>", extra_special_tokens={"image_token": "<|img|>"}
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: deepseek_tokenizer(chat_template=CHAT_TEMPLATE),
        lambda: with_tool_tokens(deepseek_tokenizer()),
        letter_tokenizer,
        fallback_tokenizer,
        with_picture,
    ],
    ids=["deepseek", "tools", "letters", "fallback", "further"],
)
def test_it_is_the_same_on_the_other_side(make):
    there = make()
    here = tokenizer_from_json(orjson.loads(orjson.dumps(tokenizer_to_json(there))))
    assert here.special_tokens_map == there.special_tokens_map
    assert here.chat_template == there.chat_template
    assert here.encode(TEXT) == there.encode(TEXT)
    assert here.decode(here.encode(TEXT)) == there.decode(there.encode(TEXT))


def test_one_that_would_not_be_is_refused(monkeypatch):
    monkeypatch.setattr(carried_tokenizer, "tokenizer_from_json", lambda values: letter_tokenizer())
    with pytest.raises(LoadFailed, match="cannot be handed on"):
        tokenizer_to_json(deepseek_tokenizer())
