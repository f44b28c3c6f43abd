"""What a GGUF file is to llama.cpp, from its header: how much memory its weights and its cache take, and its context.

Of any architecture. Whether llama.cpp knows it is llama.cpp's word, when it loads.
"""

import re
from dataclasses import dataclass
from typing import Any

from gguf.constants import LlamaFileType

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.gguf_checkpoint import Gguf
from deepseek_space.sentences import Sentence

CACHE_ELEMENT_BYTES = 2
"""llama.cpp keeps keys and values in 16 bits."""
_NAMED = re.compile(r"(?<![A-Za-z0-9])(?:UD-)?(?:I?Q\d\w*|TQ\d\w*|MXFP4\w*|BF16|F16|F32)(?![A-Za-z0-9])", re.IGNORECASE)
_BLOCK = re.compile(r"blk\.(?P<layer>\d+)\.")


@dataclass(frozen=True, kw_only=True)
class GgufShape:
    """``quantisation`` as people call it, such as Q4_K_M; the rest in bytes and tokens."""

    name: str
    quantisation: str
    weight_bytes: int
    kv_bytes_per_token: int
    context_tokens: int
    vocab_size: int


def gguf_shape(gguf: Gguf) -> GgufShape:
    """Return the shape of ``gguf``. Raises NotACheckpoint for a header that says too little, or lacks layers."""
    _check_layers(gguf)
    embedding = gguf.tensors.get("token_embd.weight")
    if embedding is None:
        raise NotACheckpoint(
            "{path} holds no token_embd.weight, so it is no whole model; fetch it again.", path=gguf.path
        )
    return GgufShape(
        name=gguf.path.stem,
        quantisation=quantisation_of(gguf.path.name) or _file_type(gguf.values.get("general.file_type")),
        weight_bytes=sum(tensor.size_bytes for tensor in gguf.tensors.values()),
        kv_bytes_per_token=_kv_elements(gguf) * CACHE_ELEMENT_BYTES,
        context_tokens=_count(gguf, "context_length"),
        vocab_size=embedding.shape[0],
    )


def quantisation_of(file_name: str) -> str:
    """Return the quantisation that a file is named after, as "UD-IQ1_S"; empty if it is named after none."""
    found = _NAMED.findall(file_name)
    return found[-1].upper() if found else ""


def quality_of(quantisation: str) -> str:
    """Return in a word how near a quantisation is to the original."""
    name = quantisation.removeprefix("UD-")
    words = {
        ("F32", "BF16", "F16"): Sentence("the original's precision"),
        ("Q8",): Sentence("hardly told from the original"),
        ("Q6", "Q5"): Sentence("very near the original"),
        ("Q4", "IQ4", "MXFP4"): Sentence("the usual choice: a little worse"),
        ("Q3", "IQ3"): Sentence("noticeably worse"),
    }
    found = next((word for names, word in words.items() if name.startswith(names)), None)
    return found or Sentence("much worse, for where nothing larger fits")


def _file_type(number: Any) -> str:
    try:
        name = LlamaFileType(number).name
    except ValueError:
        return "GGUF"
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _check_layers(gguf: Gguf) -> None:
    layers = _count(gguf, "block_count")
    found = {int(match["layer"]) for name in gguf.tensors if (match := _BLOCK.match(name))}
    if absent := [layer for layer in range(layers) if layer not in found]:
        raise NotACheckpoint(
            "{name} has no weights for layer {layer} of {layers}; fetch it again.",
            name=gguf.path.name,
            layer=absent[0],
            layers=layers,
        )


def _kv_elements(gguf: Gguf) -> int:
    """Return how many numbers the cache keeps of each token.

    The latent of DeepSeek's attention where the file is converted for it, which newer ones are; else a key and a value
    for each of the heads that have their own.
    """
    layers = _count(gguf, "block_count")
    if gguf.value("attention.kv_lora_rank") and "blk.0.attn_k_b.weight" in gguf.tensors:
        return layers * (_count(gguf, "attention.kv_lora_rank") + _count(gguf, "rope.dimension_count"))
    heads, hidden = _count(gguf, "attention.head_count"), _count(gguf, "embedding_length")
    key = gguf.value("attention.key_length") or hidden // heads
    value = gguf.value("attention.value_length") or key
    kv_heads = gguf.value("attention.head_count_kv", heads)
    return (sum(kv_heads) if isinstance(kv_heads, list) else layers * kv_heads) * (key + value)


def _count(gguf: Gguf, key: str) -> int:
    value = gguf.value(key)
    value = max(value) if isinstance(value, list) and value else value
    if type(value) is not int or value < 1:
        raise NotACheckpoint(
            "{path} says {key} = {value}, which no model has; fetch it again.",
            path=gguf.path,
            key=f"{gguf.kind}.{key}",
            value=f"{value!r:.40}",
        )
    return value
