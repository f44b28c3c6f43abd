"""A tokenizer as plain values, for a process that must not import torch, as transformers does to read one.

Knows no file and no model.
"""

from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from deepseek_space.errors import LoadFailed
from deepseek_space.models.tokenizer import PROBES

_USUAL = frozenset(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))


def tokenizer_to_json(tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """Return ``tokenizer`` as plain values. Raises LoadFailed where it would not be the same on the other side."""
    backend: Any = tokenizer.backend_tokenizer
    named = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    values = {
        "backend": backend.to_str(),
        "usual": {name: token for name, token in named.items() if name in _USUAL},
        "further": {name: token for name, token in named.items() if name not in _USUAL},
        "chat_template": tokenizer.chat_template,
        "cleans_up": bool(tokenizer.clean_up_tokenization_spaces),
    }
    if _seen(tokenizer) != _seen(tokenizer_from_json(values)):
        raise LoadFailed("The tokenizer of this model cannot be handed on as it is. Choose another model.")
    return values


def tokenizer_from_json(values: dict[str, Any]) -> PreTrainedTokenizerFast:
    """Return the tokenizer that ``tokenizer_to_json`` wrote."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(values["backend"]),
        clean_up_tokenization_spaces=values["cleans_up"],
        extra_special_tokens=values["further"],
        **values["usual"],
    )
    tokenizer.chat_template = values["chat_template"]
    return tokenizer


def _seen(tokenizer: PreTrainedTokenizerBase) -> tuple[Any, ...]:
    """Return all that is asked of a tokenizer here."""
    added = tokenizer.added_tokens_decoder
    encoded = [tokenizer.encode(text) for text in ("", *PROBES, *(token.content for token in added.values()))]
    return (
        len(tokenizer),
        {number: (token.content, token.special) for number, token in added.items()},
        tokenizer.special_tokens_map,
        (tokenizer.bos_token_id, tokenizer.eos_token_id),
        encoded,
        [tokenizer.decode(ids) for ids in encoded],
    )
