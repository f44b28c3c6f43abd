"""Tokenizers in GGUF files: the file's own list and rule decide, whatever characters a token is written in."""

import pytest

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.gguf_checkpoint import open_gguf
from deepseek_space.models.files.gguf_tokenizer import RULES, gguf_tokenizer
from deepseek_space.models.files.tokenizer_files import check_ids
from deepseek_space.models.tokenizer import PROBES, load_tokenizer
from gguf_files import random_model, write_gguf
from tiny_tokenizers import BOS, EOS, deepseek_tokenizer


def written(folder, **options):
    return write_gguf(folder / "tiny.gguf", random_model("llama-mha"), **options)


def replaced(writer, key, value):
    for data in writer.kv_data:
        data.pop(key, None)
    add = {list: writer.add_array, int: writer.add_uint32, str: writer.add_string, bool: writer.add_bool}
    add[type(value)](key, value)


def test_control_tokens_outside_the_byte_alphabet_are_one_token_each(tmp_path):
    written(tmp_path)
    tokenizer, original = load_tokenizer(tmp_path, gguf_file="tiny.gguf"), deepseek_tokenizer(pieces=300)
    for token in (BOS, EOS, "<｜User｜>", "<｜Assistant｜>", "<think>", "<|EOT|>"):
        assert tokenizer.encode(token, add_special_tokens=False) == [original.convert_tokens_to_ids(token)]
    assert (tokenizer.bos_token, tokenizer.eos_token) == (BOS, EOS)
    assert {BOS, EOS, "<｜User｜>"} <= set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_gives_the_text_back(tmp_path, rule):
    tokenizer = gguf_tokenizer(open_gguf(written(tmp_path, pre=rule)))
    for probe in PROBES:
        assert tokenizer.decode(tokenizer.encode(probe, add_special_tokens=False)) == probe


def test_rules_cut_as_they_are_named(tmp_path):
    def pieces(rule, text):
        backend = gguf_tokenizer(open_gguf(written(tmp_path, pre=rule))).backend_tokenizer
        return [text[start:end] for _, (start, end) in backend.pre_tokenizer.pre_tokenize_str(text)]

    assert pieces("gpt-2", "x = 1234") == ["x", " =", " 1234"]
    assert pieces("llama-bpe", "x = 1234") == ["x", " =", " ", "123", "4"]
    assert pieces("deepseek-r1-qwen", "x = 12") == ["x", " =", " ", "1", "2"]
    assert pieces("deepseek-coder", "x = 12") == ["x", " = ", "1", "2"]
    assert pieces("deepseek-llm", "x = 1234") == ["x", " =", " ", "1234"]
    assert pieces("deepseek-v3", "x = 1234") == ["x", " =", " ", "123", "4"]


@pytest.mark.parametrize("says", [True, False])
def test_the_beginning_is_written_where_the_file_wants_it(tmp_path, says):
    path = written(tmp_path, change=lambda writer: writer.add_add_bos_token(says))
    tokenizer = gguf_tokenizer(open_gguf(path))
    assert (tokenizer("a").input_ids[0] == tokenizer.bos_token_id) is says


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: replaced(w, "tokenizer.ggml.pre", "tekken"), "cuts text by the rule 'tekken'; these are known"),
        (lambda w: replaced(w, "tokenizer.ggml.model", "rwkv"), "tokenizer of kind 'rwkv'"),
        (lambda w: replaced(w, "tokenizer.ggml.bos_token_id", 999), "bos_token_id = 999, but lists 320 tokens"),
        (lambda w: replaced(w, "tokenizer.ggml.merges", ["a b c", "q"]), "merges of the tokenizer .* are damaged"),
        (lambda w: replaced(w, "tokenizer.ggml.token_type", [1, 1]), "tokens or types do not match"),
        (lambda w: replaced(w, "tokenizer.ggml.tokens", ["a", "a"]), "tokens or types do not match"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(tmp_path, change, told):
    with pytest.raises((NotACheckpoint, Unsupported), match=told):
        gguf_tokenizer(open_gguf(written(tmp_path, change=change)))


def test_a_file_that_does_not_name_its_rule_is_refused(tmp_path):
    with pytest.raises(Unsupported, match="does not say by which rule"):
        gguf_tokenizer(open_gguf(written(tmp_path, pre="")))


def test_a_token_without_a_row_is_named(tmp_path):
    tokenizer = gguf_tokenizer(open_gguf(written(tmp_path)))
    check_ids(tmp_path, tokenizer.get_vocab(), rows=320)
    with pytest.raises(NotACheckpoint, match=r"a token '\[PAD319\]' of number 319, but the model knows 300"):
        check_ids(tmp_path, tokenizer.get_vocab(), rows=300)
