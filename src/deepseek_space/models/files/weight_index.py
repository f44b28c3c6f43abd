"""The index of a model's weights, ``*.index.json``: which tensor lies in which file beside it. Opens no other file."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.json_object import FETCH_AGAIN, read_json_object
from deepseek_space.sentences import Sentence

SAFETENSORS_INDEX = "model.safetensors.index.json"
PICKLE_INDEX = "pytorch_model.bin.index.json"
INDICES = (SAFETENSORS_INDEX, PICKLE_INDEX)
"""In the order in which transformers would take them."""


@dataclass(frozen=True, kw_only=True)
class WeightIndex:
    """All ``tensors`` by name, and the names of the ``files`` that hold them, sorted."""

    tensors: Collection[str]
    files: tuple[str, ...]


def read_index(path: Path, *, name: str = "", remedy: Sentence = FETCH_AGAIN) -> WeightIndex:
    """Return the index in ``path``. Raises NotACheckpoint, which calls it ``name`` and ends with ``remedy``.

    That is for what is no index, and for one that names a file anywhere but beside it.
    """
    said = {"name": name or str(path), "remedy": remedy}
    weight_map: Any = read_json_object(path, name=name, remedy=remedy).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise NotACheckpoint("{name} has no weight_map, so it is not an index of weight files; {remedy}.", **said)
    for file in weight_map.values():
        if not isinstance(file, str):
            shown = f"{file!r:.80}"
            raise NotACheckpoint(
                "{name} is not an index of weight files: it names {file}; {remedy}.", file=shown, **said
            )
        if not _is_beside(file):
            raise NotACheckpoint(
                "{name} names {file}, a path outside its folder; do not use this copy.", file=repr(file), **said
            )
    return WeightIndex(tensors=weight_map.keys(), files=tuple(sorted(set(weight_map.values()))))


def _is_beside(file: str) -> bool:
    return Path(file).name == file and file != ".." and not set(file) & set("\\:\0")
