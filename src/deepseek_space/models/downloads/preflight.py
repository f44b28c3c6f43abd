"""What can be known to be wrong with a repository before its first large byte. Pure but for transformers' names."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deepseek_space.errors import Corrupt, Unsupported
from deepseek_space.models.downloads.listing import RepoFiles, is_plain_name

MAX_JSON_BYTES = 64 << 20  # the index of V3 takes 9 MB
_LAYER = re.compile(r"\blayers\.(\d+)\.")


def read_json(path: Path, name: str) -> dict[str, Any]:
    """Return the JSON object in ``path``, which a repository publishes as ``name``. Raises Corrupt."""
    if path.stat().st_size > MAX_JSON_BYTES:
        raise Corrupt(f"{name} has {path.stat().st_size:,} bytes; that is no description of a model.")
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"{name} is not valid JSON ({error}). The repository is damaged.") from error
    if not isinstance(value, dict):
        raise Corrupt(f"{name} holds a {type(value).__name__} where an object belongs. The repository is damaged.")
    return value


def check_config(repo_id: str, config: Mapping[str, Any]) -> None:
    """Raise Unsupported unless the installed transformers has a causal language model of this type."""
    # Imported here because it takes seconds.
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as NATIVE

    model_type = config.get("model_type")
    if isinstance(model_type, str) and model_type in NATIVE:
        return
    if not config.get("auto_map"):
        raise Unsupported(
            f"{repo_id} is of type {model_type!r}, which the installed transformers does not know as a language "
            "model. Choose another model."
        )
    raise Unsupported(
        f"{repo_id} is of type {model_type!r} and runs only with Python code from its own repository, which this "
        "app never runs. Choose another model."
    )


def check_index(listed: RepoFiles, index: Mapping[str, Any]) -> frozenset[str]:
    """Return the shards that a parsed ``*.index.json`` names, all of them published.

    Raises Corrupt for names that lead out of the folder, Unsupported for shards or layers that are missing.
    """
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map or not all(isinstance(v, str) for v in weight_map.values()):
        raise Corrupt(f"The index of {listed.repo_id} has no weight_map. The repository is damaged.")
    shards = frozenset(weight_map.values())
    for shard in sorted(shards):
        if not is_plain_name(shard) or "/" in shard:
            raise Corrupt(f"The index of {listed.repo_id} names {shard!r}, a path outside the model; not fetched.")
        if listed.find(shard) is None:
            raise Unsupported(f"{listed.repo_id} is incomplete: its index names {shard}, which is not published.")
    _check_layers(listed, weight_map)
    return shards


def _check_layers(listed: RepoFiles, tensors: Iterable[str]) -> None:
    count = listed.config.get("num_hidden_layers")
    present = {int(match[1]) for name in tensors if (match := _LAYER.search(name))}
    if not isinstance(count, int) or not present:
        return
    missing = [layer for layer in range(min(count, 10_000)) if layer not in present]
    if missing:
        raise Unsupported(
            f"{listed.repo_id} is incomplete: its index lists no tensor of layer {missing[0]}, "
            f"and config.json says there are {count} layers."
        )
    if not any("embed" in name for name in tensors):
        raise Unsupported(f"{listed.repo_id} is incomplete: its index lists no embedding.")
