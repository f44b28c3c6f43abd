"""The shape of a model from the header of a GGUF file. Reads no tensor data.

transformers reads only some GGUF architectures; latent attention is not among them.
"""

from pathlib import Path
from typing import Any

from gguf import GGUFReader

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.fit.checkpoint import Checkpoint
from deepseek_space.models.fit.config_json import read_architecture
from deepseek_space.models.fit.weights import matrices

READABLE = ("llama", "qwen2", "qwen3")
_KEYS = {
    "num_hidden_layers": "block_count",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "head_dim": "attention.key_length",
    "rope_theta": "rope.freq_base",
}


def read_gguf(path: Path) -> Checkpoint:
    """Return the checkpoint in a GGUF file. Raises NotACheckpoint if it is damaged, Unsupported for its kind."""
    try:
        reader = GGUFReader(path)
        kind = _value(reader, "general.architecture")
        shapes = {tensor.name: [int(size) for size in tensor.shape] for tensor in reader.tensors}
        end = max((int(tensor.data_offset) + int(tensor.n_bytes) for tensor in reader.tensors), default=0)
    except Exception as error:  # the reader trusts the file: any error may come out of a damaged one
        raise NotACheckpoint(f"{path} is not a whole GGUF file ({error}); fetch it again.") from error
    if end > path.stat().st_size or "token_embd.weight" not in shapes:
        raise NotACheckpoint(f"{path} is cut short: {end:,} bytes are described; fetch it again.")
    if kind not in READABLE:
        raise Unsupported(f"{path} is a GGUF of type {kind!r}; these can be read here: {', '.join(READABLE)}.")
    arch = read_architecture(_config(reader, kind, shapes))
    return Checkpoint(
        name=path.stem,
        architecture=arch,
        matrices=matrices(arch),
        dtype="gguf",
        disk_bytes=path.stat().st_size,
        context_practical=arch.max_positions,
        context_most=arch.max_positions,
    )


def _config(reader: GGUFReader, kind: str, shapes: dict[str, list[int]]) -> dict[str, Any]:
    config = {name: _value(reader, f"{kind}.{key}") for name, key in _KEYS.items()}
    config = {name: value for name, value in config.items() if value is not None}
    # GGUF lists the fastest dimension first, so the vocabulary comes last.
    vocab = shapes["token_embd.weight"][-1]
    return config | {"model_type": kind, "vocab_size": vocab, "tie_word_embeddings": "output.weight" not in shapes}


def _value(reader: GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    return field.contents() if field else None
