"""The tokenizer in a GGUF file: its vocabulary, its merges and the rule by which it cuts text, known by name.

A rule that is not known here is refused, because another one gives other ids. Control tokens are taken from the file's
own list, whatever characters they are written in. Which rule belongs to which name is llama.cpp's word.
"""

from collections.abc import Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.gguf_checkpoint import Gguf
from deepseek_space.sentences import Sentence

_CONTROL, _USER_DEFINED = 3, 4
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_CONTRACTIONS = r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
_WORDS, _REST = r"[^\r\n\p{L}\p{N}]?\p{L}+", r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}{{1,3}}|{_REST}"
_QWEN2 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}|{_REST}"
_CJK = "[一-龥ࠀ-一가-퟿]+"
# Cased letters; those are escaped that an editor may compose into others.
_LETTERS = (
    r"A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌ"
    r"ῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)
_PUNCTUATION = "!-/:-~！-／：-～‘-‟　-。"
_V3 = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Each expression cuts what those before it have left.
RULES: dict[str, tuple[str, ...]] = {
    "gpt-2": (_GPT2,),
    "smollm": (r"\p{N}", _GPT2),
    "llama-bpe": (_LLAMA3,),
    "qwen2": (_QWEN2,),
    "deepseek-r1-qwen": (_QWEN2,),
    "deepseek-llm": (r"[\r\n]", rf"\s?[{_LETTERS}]+", rf"\s?[{_PUNCTUATION}]+", r"\s+$", _CJK, r"\p{N}+"),
    "deepseek-coder": (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", _CJK, r"\p{N}"),
    "deepseek-v3": (r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", _V3),
}
_WHOLE_WORDS_FIRST = ("llama-bpe",)


def gguf_tokenizer(gguf: Gguf) -> PreTrainedTokenizerFast:
    """Return the tokenizer of ``gguf``. Raises NotACheckpoint for a list that is damaged, Unsupported for its kind."""
    tokens, types = _tokens(gguf)
    model = gguf.values.get("tokenizer.ggml.model")
    if model == "gpt2":
        backend = _byte_level(gguf, tokens)
    elif model == "llama":
        backend = _sentencepiece(gguf, tokens)
    else:
        raise Unsupported(
            "{path} has a tokenizer of kind {model}, which is not read here; take the original.",
            path=gguf.path,
            model=f"{model!r:.40}",
        )
    for kind, is_special in ((_CONTROL, True), (_USER_DEFINED, False)):
        added = [token for token, its in zip(tokens, types, strict=True) if its == kind]
        (backend.add_special_tokens if is_special else backend.add_tokens)(
            [AddedToken(token, normalized=False, special=is_special) for token in added]
        )
    named = {f"{name}_token": _named(gguf, tokens, name) for name in ("bos", "eos", "unk", "pad")}
    if gguf.values.get("tokenizer.ggml.add_bos_token") and (bos := named["bos_token"]):
        backend.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokens.index(bos))]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, clean_up_tokenization_spaces=False, **{k: v for k, v in named.items() if v}
    )
    tokenizer.chat_template = gguf.values.get("tokenizer.chat_template")
    _check_own_list(gguf, tokenizer, tokens, types)
    return tokenizer


def _tokens(gguf: Gguf) -> tuple[list[str], list[int]]:
    tokens, types = gguf.values.get("tokenizer.ggml.tokens"), gguf.values.get("tokenizer.ggml.token_type")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
        raise NotACheckpoint(
            "{path} holds no list of tokens, so no text can be read; take another file.", path=gguf.path
        )
    types = [1] * len(tokens) if types is None else types
    if len(set(tokens)) < len(tokens) or len(types) != len(tokens):
        raise NotACheckpoint(
            "The list of tokens in {path} is damaged: tokens or types do not match. Fetch it again.", path=gguf.path
        )
    return tokens, types


def _named(gguf: Gguf, tokens: Sequence[str], name: str) -> str | None:
    key = {"unk": "unknown", "pad": "padding"}.get(name, name)
    number = gguf.values.get(f"tokenizer.ggml.{key}_token_id")
    if number is None:
        return None
    if type(number) is not int or not number < len(tokens):
        raise NotACheckpoint(
            "{path} says tokenizer.ggml.{key}_token_id = {number}, but lists {count:,} tokens; fetch it again.",
            path=gguf.path,
            key=key,
            number=repr(number),
            count=len(tokens),
        )
    return tokens[number]


def _byte_level(gguf: Gguf, tokens: Sequence[str]) -> Tokenizer:
    rule = gguf.values.get("tokenizer.ggml.pre")
    if rule not in RULES:
        said = (
            Sentence("does not say by which rule its tokenizer cuts text")
            if rule is None
            else Sentence("cuts text by the rule {rule}", rule=repr(rule))
        )
        raise Unsupported(
            "{path} {said}; these are known here: {rules}. Take a newer file or the original checkpoint.",
            path=gguf.path,
            said=said,
            rules=", ".join(RULES),
        )
    merges = [tuple(merge.split(" ", 1)) for merge in gguf.values.get("tokenizer.ggml.merges") or ()]
    ids = {token: number for number, token in enumerate(tokens)}
    if any(len(pair) != 2 or not {*pair, "".join(pair)} <= ids.keys() for pair in merges):
        raise NotACheckpoint("The merges of the tokenizer in {path} are damaged; fetch it again.", path=gguf.path)
    backend = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=rule in _WHOLE_WORDS_FIRST))
    cuts = [pre_tokenizers.Split(Regex(expression), "isolated") for expression in RULES[rule]]
    by_byte = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.pre_tokenizer = pre_tokenizers.Sequence([*cuts, by_byte])
    backend.decoder = decoders.ByteLevel()
    return backend


def _sentencepiece(gguf: Gguf, tokens: Sequence[str]) -> Tokenizer:
    """Merge as SentencePiece does: of all neighbours that make a token, those of the best score first."""
    ids, scores = {token: number for number, token in enumerate(tokens)}, gguf.values.get("tokenizer.ggml.scores")
    if not isinstance(scores, list) or len(scores) != len(tokens):
        raise NotACheckpoint("{path} holds no scores for its tokens; fetch it again.", path=gguf.path)
    pairs = [(scores[number], pair) for token, number in ids.items() for pair in _halves(token, ids)]
    merges = [pair for _, pair in sorted(pairs, key=lambda scored: -scored[0])]
    backend = Tokenizer(models.BPE(vocab=ids, merges=merges, unk_token=_named(gguf, tokens, "unk"), byte_fallback=True))
    has_prefix = gguf.values.get("tokenizer.ggml.add_space_prefix", True)
    spaces = normalizers.Replace(" ", "▁")
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces] if has_prefix else [spaces])
    strip = [decoders.Strip(" ", 1, 0)] if has_prefix else []
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    return backend


def _halves(token: str, ids: dict[str, Any]) -> list[tuple[str, str]]:
    cuts = ((token[:at], token[at:]) for at in range(1, len(token)))
    return [(left, right) for left, right in cuts if left in ids and right in ids]


def _check_own_list(gguf: Gguf, tokenizer: PreTrainedTokenizerFast, tokens: list[str], types: list[int]) -> None:
    known = tokenizer.get_vocab()
    for number, (token, kind) in enumerate(zip(tokens, types, strict=True)):
        is_one = known.get(token) == number
        if kind in (_CONTROL, _USER_DEFINED) and is_one:
            is_one = tokenizer.encode(token, add_special_tokens=False) == [number]
        if not is_one:
            raise Unsupported(
                "{path} lists {token} as token {number:,}, and its tokenizer reads it otherwise; take the "
                "original checkpoint.",
                path=gguf.path,
                token=f"{token!r:.80}",
                number=number,
            )
    if len(known) != len(tokens):
        raise Unsupported("{path} names tokens that are not in its list; take the original checkpoint.", path=gguf.path)
