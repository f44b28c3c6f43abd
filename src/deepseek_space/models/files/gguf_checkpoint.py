"""GGUF files as checkpoints: one file or several parts, its values as a config.json, its tensors by published names.

Whatever a file says that changes an answer is taken over or refused by its name. Reads the header, and of the data
only the factors of Llama 3's positions. Latent attention is not read from GGUF.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.conformity import check_tensors
from deepseek_space.models.files.gguf_header import GgufHeader, GgufTensor, read_gguf_header
from deepseek_space.models.files.gguf_rope import rope_parameters
from deepseek_space.models.files.safetensors_header import TensorInfo
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.models.shape.config_json import read_architecture
from deepseek_space.models.shape.weights import matrices

READABLE = ("llama", "qwen2", "qwen3")
ROPE_FACTORS = "rope_freqs.weight"
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_KEYS = {
    "num_hidden_layers": "block_count",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "head_dim": "attention.key_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
}
# Said of the same things in other words, or of how the file was made.
_TOLD_OTHERWISE = (
    "vocab_size",
    "attention.value_length",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scale_linear",
)
_ROPE_SCALING = "rope.scaling."
_WITHOUT_EFFECT = ("tensor_data_layout", "rope.scaling.finetuned", "attention.causal")
_GLOBAL_NAMES = {"token_embd": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm"}
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_LAYER = re.compile(r"blk\.(?P<layer>\d+)\.(?P<name>\w+)\.(?P<part>weight|bias)")


@dataclass(frozen=True, kw_only=True)
class Gguf:
    """All parts of one GGUF checkpoint; ``tensors`` by their names in the file."""

    path: Path
    values: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]
    disk_bytes: int

    @property
    def kind(self) -> str:
        """The architecture in GGUF's words."""
        return str(self.values.get("general.architecture"))

    def value(self, key: str, default: Any = None) -> Any:
        """Return what the file says of ``key`` of its architecture."""
        return self.values.get(f"{self.kind}.{key}", default)

    @cached_property
    def published(self) -> dict[str, GgufTensor]:
        """The tensors by the names of the published checkpoint. Raises Unsupported for one that has none."""
        named = self.tensors.items()
        factors = ROPE_FACTORS if self.kind == "llama" else ""
        return {_published_name(self, name): tensor for name, tensor in named if name != factors}


def open_gguf(path: Path) -> Gguf:
    """Return the checkpoint of which ``path`` is the file or the first part.

    Raises NotACheckpoint if it is damaged or incomplete, Unsupported for what is no model. Which kinds of model can be
    computed is for others to know.
    """
    first, *rest = _parts(path)
    header = read_gguf_header(first)
    _check_whole(path, header)
    tensors = dict(header.tensors)
    for part in rest:
        more = read_gguf_header(part).tensors
        if twice := next((name for name in more if name in tensors), None):
            raise NotACheckpoint(
                "{part} holds {twice}, which another part holds too; fetch all parts again.", part=part, twice=twice
            )
        tensors |= more
    disk_bytes = sum(part.stat().st_size for part in (first, *rest))
    return Gguf(path=path, values=header.values, tensors=tensors, disk_bytes=disk_bytes)


def _parts(path: Path) -> tuple[Path, ...]:
    part, names = _PART.fullmatch(path.name), part_names(path.name)
    if part is None:
        return (path,)
    count = len(names)
    if int(part["number"]) != 1:
        raise NotACheckpoint(
            "{path} is part {number} of {count}; give the first, {first}.",
            path=path,
            number=int(part["number"]),
            count=count,
            first=names[0],
        )
    if absent := [name for name in names if not path.with_name(name).is_file()]:
        raise NotACheckpoint(
            "{path} is one of {count} parts, and {first} is not beside it; fetch all parts into one folder.",
            path=path,
            count=count,
            first=absent[0],
        )
    return tuple(path.with_name(name) for name in names)


def part_names(name: str) -> list[str]:
    """Return the names of all parts of the file of which ``name`` is one, the first first; of a whole file, its own."""
    part = _PART.fullmatch(name)
    if part is None:
        return [name]
    numbers, suffix = range(1, int(part["count"]) + 1), name[-len(".gguf") :]
    return [f"{part['stem']}-{number:05}-of-{part['count']}{suffix}" for number in numbers]


def _check_whole(path: Path, header: GgufHeader) -> None:
    said = header.values.get("general.type", "model")
    if said != "model":
        raise Unsupported(
            "{path} is a GGUF of type {kind}, no whole model; give the file of the model itself.",
            path=path,
            kind=f"{said!r:.40}",
        )
    count, named = header.values.get("split.count", 0), _PART.fullmatch(path.name)
    if count > 1 and not (named and int(named["count"]) == count):
        raise NotACheckpoint(
            "{path} is one of {count} parts and was renamed; give all parts the names they were published under.",
            path=path,
            count=count,
        )


def _check_readable_kind(gguf: Gguf) -> None:
    kind = gguf.values.get("general.architecture")
    if kind not in READABLE:
        raise Unsupported(
            "{path} is a GGUF of type {kind}; these can be read here: {names}.",
            path=gguf.path,
            kind=f"{kind!r:.40}",
            names=", ".join(READABLE),
        )


def _published_name(gguf: Gguf, name: str) -> str:
    stem, _, part = name.rpartition(".")
    if stem in _GLOBAL_NAMES and part in ("weight", "bias"):
        return f"{_GLOBAL_NAMES[stem]}.{part}"
    found = _LAYER.fullmatch(name)
    if found is None or found["name"] not in _LAYER_NAMES:
        raise Unsupported(
            "{path} holds {name}, which a {kind} model does not use here: it would answer as another "
            "model. Take the original checkpoint.",
            path=gguf.path,
            name=name,
            kind=gguf.kind,
        )
    return f"model.layers.{found['layer']}.{_LAYER_NAMES[found['name']]}.{found['part']}"


def read_gguf(path: Path) -> Checkpoint:
    """Return the checkpoint in a GGUF file. Raises NotACheckpoint if it is damaged, Unsupported for its kind."""
    gguf = open_gguf(path)
    arch = read_architecture(gguf_config(gguf))
    check_tensors(path.name, arch, {name: _info(tensor) for name, tensor in gguf.published.items()})
    return Checkpoint(
        name=path.stem,
        architecture=arch,
        matrices=matrices(arch),
        dtype="gguf",
        disk_bytes=gguf.disk_bytes,
        context_practical=arch.max_positions,
        context_most=arch.max_positions,
    )


def _info(tensor: GgufTensor) -> TensorInfo:
    _check_readable(tensor)
    return TensorInfo(dtype="F32", shape=tensor.shape, start=0, end=tensor.size_bytes)  # what they are unpacked to


def _check_readable(tensor: GgufTensor) -> None:
    block_bytes = GGML_QUANT_SIZES[tensor.kind][1]
    try:
        quants.dequantize(np.zeros((1, block_bytes), dtype=np.uint8), tensor.kind)
    except NotImplementedError as error:
        raise Unsupported(
            "{path} stores weights as {name}, which cannot be unpacked here; take a file in Q8_0, Q4_K_M or BF16.",
            path=tensor.path,
            name=tensor.kind.name,
        ) from error


def gguf_config(gguf: Gguf) -> dict[str, Any]:
    """Return the values of config.json that ``gguf`` describes. Raises NotACheckpoint, Unsupported."""
    _check_readable_kind(gguf)
    _check_values(gguf)
    if "token_embd.weight" not in gguf.tensors:
        raise NotACheckpoint(
            "{path} holds no token_embd.weight, so it is no whole model; fetch it again.", path=gguf.path
        )
    config = {name: value for name, key in _KEYS.items() if (value := gguf.value(key)) is not None}
    names, eps = gguf.tensors, config.get("rms_norm_eps")
    head_dim = config.setdefault("head_dim", _even(config.get("hidden_size"), config.get("num_attention_heads")))
    for key in ("attention.value_length", "rope.dimension_count"):
        if (value := gguf.value(key, head_dim)) != head_dim:
            raise Unsupported(
                "{path} says {key} = {value}, where heads are {head_dim} wide; such a model is not computed here.",
                path=gguf.path,
                key=key,
                value=value,
                head_dim=head_dim,
            )
    return config | {
        "model_type": gguf.kind,
        "rms_norm_eps": 1e-6 if eps is None else float(str(np.float32(eps))),
        "vocab_size": names["token_embd.weight"].shape[0],
        "tie_word_embeddings": "output.weight" not in names,
        "attention_bias": "blk.0.attn_q.bias" in names,
        "mlp_bias": "blk.0.ffn_up.bias" in names,
        "rope_parameters": rope_parameters(str(gguf.path), gguf.kind, gguf.values, _rope_factors(gguf)),
        "bos_token_id": gguf.values.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": gguf.values.get("tokenizer.ggml.eos_token_id"),
    }


def _even(hidden: Any, heads: Any) -> int | None:
    return hidden // heads if type(hidden) is int and type(heads) is int and heads else None


def _check_values(gguf: Gguf) -> None:
    known = (*_KEYS.values(), *_TOLD_OTHERWISE, *_WITHOUT_EFFECT)
    for key, value in gguf.values.items():
        namespace, _, rest = key.partition(".")
        if namespace != gguf.kind or rest in known or rest.startswith(_ROPE_SCALING) or not value:
            continue
        raise Unsupported(
            "{path} says {key} = {value}, which is not known here and may change what the model answers. "
            "Take the original checkpoint.",
            path=gguf.path,
            key=key,
            value=f"{value!r:.80}",
        )


def _rope_factors(gguf: Gguf) -> np.ndarray | None:
    if gguf.kind != "llama" or (tensor := gguf.tensors.get(ROPE_FACTORS)) is None:
        return None
    if tensor.kind is not GGMLQuantizationType.F32 or len(tensor.shape) != 1:
        raise NotACheckpoint(
            "{path} holds {tensor} in a form that it never has; fetch it again.", path=gguf.path, tensor=ROPE_FACTORS
        )
    return np.fromfile(tensor.path, dtype="<f4", count=tensor.shape[0], offset=tensor.start).astype(np.float64)


def read_gguf_config(path: Path) -> dict[str, Any]:
    """Return what config.json would say of the GGUF file ``path``. Raises NotACheckpoint, Unsupported."""
    return gguf_config(open_gguf(path))
