"""What can be known to be wrong with a repository before its first large byte. Pure but for transformers' names."""

from collections.abc import Collection, Mapping
from typing import Any

from deepseek_space.errors import Unsupported
from deepseek_space.models.downloads.listing import RepoFiles
from deepseek_space.models.files.weight_index import WeightIndex
from deepseek_space.models.shape.tensors import layer_of


def check_config(repo_id: str, config: Mapping[str, Any]) -> None:
    """Raise Unsupported unless the installed transformers has a causal language model of this type."""
    # Imported here because it takes seconds.
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as NATIVE

    model_type = config.get("model_type")
    if isinstance(model_type, str) and model_type in NATIVE:
        return
    if not config.get("auto_map"):
        raise Unsupported(
            "{repo_id} is of type {kind}, which the installed transformers does not know as a language "
            "model. Choose another model.",
            repo_id=repo_id,
            kind=repr(model_type),
        )
    raise Unsupported(
        "{repo_id} is of type {kind} and runs only with Python code from its own repository, which "
        "this app never runs. Choose another model.",
        repo_id=repo_id,
        kind=repr(model_type),
    )


def check_index(listed: RepoFiles, index: WeightIndex) -> None:
    """Raise Unsupported for files that ``index`` names and nobody publishes, and for layers that are missing."""
    for file in index.files:
        if listed.find(file) is None:
            raise Unsupported(
                "{repo_id} is incomplete: its index names {file}, which is not published.",
                repo_id=listed.repo_id,
                file=file,
            )
    _check_layers(listed, index.tensors)


def _check_layers(listed: RepoFiles, tensors: Collection[str]) -> None:
    count = listed.config.get("num_hidden_layers")
    present = {layer_of(name) for name in tensors} - {None}
    if not isinstance(count, int) or not present:
        return
    missing = [layer for layer in range(min(count, 10_000)) if layer not in present]
    if missing:
        raise Unsupported(
            "{repo_id} is incomplete: its index lists no tensor of layer {layer}, and config.json says "
            "there are {count} layers.",
            repo_id=listed.repo_id,
            layer=missing[0],
            count=count,
        )
    if not any("embed" in name for name in tensors):
        raise Unsupported("{repo_id} is incomplete: its index lists no embedding.", repo_id=listed.repo_id)
