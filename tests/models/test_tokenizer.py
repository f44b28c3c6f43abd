import json

import pytest
from tokenizers import Tokenizer
from transformers import LlamaConfig, PreTrainedTokenizerFast

from deepseek_space.errors import LoadFailed, NotACheckpoint
from deepseek_space.models.tokenizer import PROBES, fault, load_tokenizer, stop_ids
from tiny_tokenizers import deepseek_tokenizer, fallback_tokenizer


@pytest.fixture
def folder(tmp_path):
    LlamaConfig(vocab_size=400).save_pretrained(tmp_path)
    deepseek_tokenizer().save_pretrained(tmp_path)
    return tmp_path


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_probes_hold_code_tabs_chinese_and_emoji():
    text = "".join(PROBES)
    assert all(part in text for part in ("    return", "\t", "\n\n\n", "世界", "🙂", "\u200d", "é"))


@pytest.mark.parametrize("tokenizer", [deepseek_tokenizer, fallback_tokenizer])
def test_sound_tokenizers_pass(tmp_path, tokenizer):
    LlamaConfig().save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert fault(loaded, Tokenizer.from_file(str(tmp_path / "tokenizer.json"))) is None


@pytest.mark.parametrize("wrong_class", ["LlamaTokenizerFast", "LlamaTokenizer"])
def test_a_byte_level_vocabulary_declared_as_llama_keeps_its_spaces(folder, wrong_class):
    rewrite(folder / "tokenizer_config.json", tokenizer_class=wrong_class)
    tokenizer = load_tokenizer(folder)
    assert tokenizer.decode(tokenizer.encode(PROBES[0], add_special_tokens=False)) == PROBES[0]


def test_a_wrong_class_is_replaced_by_the_plain_one(folder, monkeypatch):
    class Spaceless(PreTrainedTokenizerFast):
        def encode(self, text, **kwargs):
            return super().encode(text.replace(" ", ""), **kwargs)

    monkeypatch.setattr(
        "transformers.AutoTokenizer.from_pretrained",
        lambda folder, **_: Spaceless.from_pretrained(folder),
    )
    assert type(load_tokenizer(folder)) is not Spaceless


def test_a_file_that_loses_text_is_refused_with_the_remedy(folder):
    rewrite(folder / "tokenizer.json", normalizer={"type": "Strip", "strip_left": True, "strip_right": True})
    with pytest.raises(LoadFailed, match=r"turns .* into .*Fetch tokenizer\.json") as caught:
        load_tokenizer(folder)
    assert str(folder) in str(caught.value)


def test_another_cut_than_the_file_is_a_fault(folder):
    other = Tokenizer.from_file(str(folder / "tokenizer.json"))
    other.add_tokens(["世界"])
    assert "otherwise" in fault(load_tokenizer(folder), other)


def test_broken_and_absent_files_are_named(folder, tmp_path):
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(NotACheckpoint, match="tokenizer"):
        load_tokenizer(folder)
    with pytest.raises(NotACheckpoint, match="tokenizer"):
        load_tokenizer(tmp_path / "nothing")


@pytest.mark.parametrize("published", [1, [1, 5], None])
def test_stop_ids_come_from_all_sources(published):
    tokenizer = deepseek_tokenizer()
    ids = stop_ids(tokenizer, published, ("<｜User｜>", "not a token"))
    wanted = {tokenizer.convert_tokens_to_ids(t) for t in ("<｜end▁of▁sentence｜>", "<|EOT|>", "<｜User｜>")}
    assert ids == wanted | set([published] if isinstance(published, int) else published or [])


def test_a_turn_ender_that_is_plain_text_here_is_no_stop_id():
    tokenizer = fallback_tokenizer()
    assert stop_ids(tokenizer, None, ("<|EOT|>",)) == {tokenizer.eos_token_id}
