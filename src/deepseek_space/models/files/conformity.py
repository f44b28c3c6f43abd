"""Whether files hold what the model takes: every tensor, in its shape and type, and nothing that would be left out.

The one check for safetensors, ``.bin``, GGUF and FP8, from headers alone: before a weight is fetched where the headers
can be read, and always before one is loaded. Knows nothing of where the headers come from.
"""

import re
from collections.abc import Collection, Mapping

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.quantisation import FP8_SCALE, check_scales, shape_text
from deepseek_space.models.files.safetensors_header import TensorInfo
from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.models.shape.tensors import EMBEDDING, HEAD, Shape, layer_of, tensors

# Computed anew from the configuration, whatever a file says.
_COMPUTED = re.compile(r"rotary_emb\.inv_freq$")


def check_tensors(name: str, arch: Architecture, stored: Mapping[str, TensorInfo]) -> None:
    """Raise NotACheckpoint or Unsupported unless ``stored``, by published names, is what ``arch`` takes.

    Draft layers and the parts of other models, such as a value head, may lie beside it: they change no text.
    """
    _check_layers(name, arch, stored)
    loaded = {key: info for key, info in stored.items() if not is_draft(key, arch)}
    needed = tensors(arch)
    if arch.tied and HEAD in loaded:
        needed[HEAD] = needed[EMBEDDING]
        if EMBEDDING not in loaded:
            del needed[EMBEDDING]
    _check_present(name, needed, loaded)
    _check_shapes(name, needed, loaded)
    check_scales(name, {key: info for key, info in loaded.items() if key.removesuffix(FP8_SCALE) in needed})
    _check_nothing_else(name, needed, loaded)


def is_draft(key: str, arch: Architecture) -> bool:
    """Return whether the tensor ``key`` only serves to predict several tokens ahead."""
    layer = layer_of(key)
    return key.startswith("mtp.") or (layer is not None and layer >= arch.layers)


def _check_layers(name: str, arch: Architecture, stored: Mapping[str, TensorInfo]) -> None:
    found = {layer_of(key) for key in stored}
    if absent := [layer for layer in range(arch.layers) if layer not in found]:
        raise NotACheckpoint(
            "{name} has no weights for layer {layer} of {layers}; fetch it again.",
            name=name,
            layer=absent[0],
            layers=arch.layers,
        )


def _check_present(name: str, needed: Mapping[str, Shape], loaded: Collection[str]) -> None:
    if absent := [key for key in needed if key not in loaded]:
        raise NotACheckpoint(
            "{name} holds no {tensor}: {missing:,} of the {needed:,} tensors that the model needs are "
            "missing. Fetch it again, with the config.json that belongs to it.",
            name=name,
            tensor=absent[0],
            missing=len(absent),
            needed=len(needed),
        )


def _check_shapes(name: str, needed: Mapping[str, Shape], loaded: Mapping[str, TensorInfo]) -> None:
    for key, shape in needed.items():
        if loaded[key].shape != shape:
            raise NotACheckpoint(
                "{name} stores {tensor} as {stored}, but its config needs {needed}; the two do not belong together. "
                "Fetch both again.",
                name=name,
                tensor=key,
                stored=shape_text(loaded[key].shape),
                needed=shape_text(shape),
            )


def _check_nothing_else(name: str, needed: Collection[str], loaded: Collection[str]) -> None:
    others = (key for key in loaded if key not in needed and key.removesuffix(FP8_SCALE) not in needed)
    for key in others:
        if key.startswith(("model.", "lm_head.")) and not _COMPUTED.search(key):
            raise Unsupported(
                "{name} holds {key}, which a model of its config does not use: it would answer as another "
                "model. Take the original checkpoint, or the config.json that belongs to it.",
                name=name,
                key=key,
            )
