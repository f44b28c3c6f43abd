"""Tokens by their bytes, for the kinds of tokenizers that the family has."""

import pytest

from deepseek_space.errors import Unsupported
from deepseek_space.text.token_bytes import TokenBytes
from tiny_tokenizers import deepseek_tokenizer, fallback_tokenizer, letter_tokenizer

TEXT = "naïve café 🙂 你好思\n"


@pytest.mark.parametrize("tokenizer", [deepseek_tokenizer(), fallback_tokenizer()], ids=["byte level", "byte fallback"])
def test_the_bytes_of_all_tokens_are_those_of_the_text(tokenizer):
    tokens = TokenBytes(tokenizer)
    ids = tokenizer.encode(TEXT, add_special_tokens=False)
    joined = b"".join(tokens.of(token) for token in ids)
    assert joined.removeprefix(b" ") == TEXT.encode()  # the older kind writes a blank before a text
    assert tokens.of(*ids) == joined


def test_a_control_token_is_known_by_its_text():
    tokenizer = deepseek_tokenizer()
    tokens = TokenBytes(tokenizer)
    assert tokens.id_of("</think>") == tokenizer.convert_tokens_to_ids("</think>")
    assert tokens.of(tokens.id_of("</think>")) == b"</think>"
    assert tokens.id_of("no such token") is None


def test_a_tokenizer_that_does_not_tell_is_refused_in_a_sentence():
    with pytest.raises(Unsupported, match="do not tell their bytes"):
        TokenBytes(letter_tokenizer()).of(5)
