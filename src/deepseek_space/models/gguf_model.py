"""A GGUF file that runs as it is: checked, with its tokenizer, for an engine in another process. Imports no torch."""

from pathlib import Path

from deepseek_space.models.files.gguf_checkpoint import Gguf, open_gguf
from deepseek_space.models.files.gguf_shape import GgufShape, gguf_shape
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.tokenizer import load_tokenizer, stop_ids

# Further tokens at which llama.cpp's own programs end a reply, where a file names them.
_ENDING_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")


def read_gguf_shape(path: Path) -> GgufShape:
    """Return what ``path`` takes. Raises NotACheckpoint, Unsupported."""
    return gguf_shape(open_gguf(path))


def open_gguf_model(path: Path, *, name: str, context_tokens: int, extra_stop: tuple[str, ...] = ()) -> LoadedModel:
    """Return the model of ``path`` without its weights, which another process reads.

    Raises NotACheckpoint, Unsupported, LoadFailed for a tokenizer that loses text.
    """
    gguf = open_gguf(path)
    shape = gguf_shape(gguf)
    tokenizer = load_tokenizer(path.parent, gguf_file=path.name)
    return LoadedModel(
        name=name,
        model=None,
        tokenizer=tokenizer,
        precision=shape.quantisation,
        device="cpu",
        context_tokens=context_tokens,
        stop_ids=stop_ids(tokenizer, _endings(gguf), extra_stop),
        weight_bytes=shape.weight_bytes,
        vocab_size=shape.vocab_size,
    )


def _endings(gguf: Gguf) -> list[int]:
    found = (gguf.values.get(f"tokenizer.ggml.{key}") for key in _ENDING_KEYS)
    return [number for number in found if type(number) is int]
