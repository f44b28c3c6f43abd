"""Small real tokenizers, trained on a few lines: DeepSeek's byte-level kind, and the older kind with byte fallback."""

import copy
import json
import string
from functools import cache

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
THINKING_TAGS = ("<think>", "</think>")
CONTROL_TOKENS = (
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜fim▁begin｜>",
    "<｜fim▁hole｜>",
    "<｜fim▁end｜>",
    "<|EOT|>",
    *THINKING_TAGS,
)
TOOL_TOKENS = (
    *(f"<｜tool▁calls▁{end}｜>" for end in ("begin", "end")),
    *(f"<｜tool▁call▁{end}｜>" for end in ("begin", "end")),
    "<｜tool▁sep｜>",
    "｜DSML｜",
)
TEXT = [
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n",
    "User: hello there\n\nAssistant: The answer is 42.\n### Instruction:\n### Response:\n",
    "你好，世界。请写一个函数。",
]


@cache
def deepseek_tokenizer(
    *, special_tags: bool = False, chat_template: str | None = None, pieces: int = 360
) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE with DeepSeek's control tokens, of which BOS and EOS alone are flagged special.

    As in the real vocabularies "ü" is an added token that is plain text. ``special_tags`` flags the thinking tags too.
    ``pieces`` are those of plain text; 300 leave all tokens within the vocabulary of the tiny models.
    """
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(
        TEXT, trainers.BpeTrainer(vocab_size=pieces, initial_alphabet=alphabet, show_progress=False)
    )
    backend.add_special_tokens([AddedToken(BOS, normalized=False), AddedToken(EOS, normalized=False)])
    backend.add_tokens([AddedToken("ü")])
    for content in CONTROL_TOKENS:
        token = AddedToken(content, normalized=False)
        if special_tags and content in THINKING_TAGS:
            backend.add_special_tokens([token])
        else:
            backend.add_tokens([token])
    return _wrapped(backend, BOS, EOS, chat_template)


def with_tool_tokens(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a copy of ``tokenizer`` with the tokens by which V3 to V4 write calls."""
    found = copy.deepcopy(tokenizer)
    found.add_tokens([AddedToken(content, normalized=False) for content in TOOL_TOKENS])
    return found


@cache
def letter_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with DeepSeek's control tokens for which each character is one token: any text has one cut.

    The control tokens have the lowest ids, the characters that follow are letters and digits, and the last are blanks.
    """
    control = [BOS, EOS, *CONTROL_TOKENS]
    characters = [*string.ascii_letters, *string.digits, *"éß思考", *" \n.:?#"]
    backend = Tokenizer(models.WordLevel({word: i for i, word in enumerate([*control, *characters])}, unk_token="?"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    backend.decoder = decoders.Fuse()
    backend.add_special_tokens([AddedToken(content, normalized=False) for content in (BOS, EOS)])
    backend.add_tokens([AddedToken(content, normalized=False) for content in CONTROL_TOKENS])
    return _wrapped(backend, BOS, EOS, None)


@cache
def fallback_tokenizer(*, chat_template: str | None = None) -> PreTrainedTokenizerFast:
    """Return a BPE in the manner of SentencePiece: "▁" for spaces, unknown characters as bytes."""
    backend = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    backend.train_from_iterator(
        TEXT[:2], trainers.BpeTrainer(vocab_size=400, special_tokens=specials, show_progress=False)
    )
    backend = Tokenizer.from_str(_without_added_bytes(backend.to_str()))
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return _wrapped(backend, "<s>", "</s>", chat_template)


def _without_added_bytes(state: str) -> str:
    """The byte pieces belong to the vocabulary; as added tokens they would be matched in text."""
    parsed = json.loads(state)
    parsed["added_tokens"] = [token for token in parsed["added_tokens"] if not token["content"].startswith("<0x")]
    return json.dumps(parsed)


def _wrapped(backend: Tokenizer, bos: str, eos: str, chat_template: str | None) -> PreTrainedTokenizerFast:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=bos, eos_token=eos)
    tokenizer.chat_template = chat_template
    return tokenizer
