"""A tokenizer whose pattern gives up refuses the text, by an error that every reader of ours handles."""

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from deepseek_space.errors import RequestError
from deepseek_space.text.cutting import if_it_can_be_cut
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.types import Message


@pytest.fixture(scope="module")
def encoder():
    backend = Tokenizer(models.WordLevel({"x": 0, "?": 1}, unk_token="?"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex("(x+x+)+y"), "isolated")
    backend.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="?", eos_token="?")
    tokenizer.chat_template = "{{ messages[-1].content }}"
    return PromptEncoder(tokenizer)


LONG = "x" * 40


@pytest.mark.parametrize(
    "ask",
    [
        lambda encoder: encoder.chat([Message(role="user", content=LONG)]),
        lambda encoder: encoder.complete(LONG),
        lambda encoder: encoder.count(LONG),
    ],
    ids=["chat", "complete", "count"],
)
def test_a_text_on_which_the_pattern_gives_up_is_refused(encoder, ask):
    with pytest.raises(RequestError, match="tokenizer gives up on this text"):
        ask(encoder)
    assert encoder.complete("x").ids


def test_what_ends_the_process_passes():
    with pytest.raises(KeyboardInterrupt):
        if_it_can_be_cut(_interrupted)()


def _interrupted():
    raise KeyboardInterrupt
