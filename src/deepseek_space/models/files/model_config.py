"""The configuration of a checkpoint in a local folder, as transformers knows it. Runs no Python that lies beside it."""

import re
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, GenerationConfig, PreTrainedConfig

from deepseek_space.errors import NotACheckpoint, Unsupported, first_line
from deepseek_space.models.files.checkpoint_files import read_folder_config
from deepseek_space.models.files.gguf_checkpoint import read_gguf_config
from deepseek_space.models.files.json_object import read_json_object

_FIELD = re.compile(r"field '(\w+)'")


def read_config(folder: Path, *, gguf_file: str = "") -> PreTrainedConfig:
    """Return the configuration in ``folder``, with what its publisher meant put right.

    Raises NotACheckpoint if there is none, Unsupported for an architecture that transformers does not have.
    """
    if not folder.is_dir():
        raise NotACheckpoint("{folder} is not a folder; give the folder of a transformers checkpoint.", folder=folder)
    values = read_gguf_config(folder / gguf_file) if gguf_file else read_folder_config(folder)
    model_type = values.get("model_type")
    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        raise Unsupported(
            "The model in {folder} is of type {kind}, which the installed transformers does not know "
            "without Python code of its own; such code is never run here. Choose another model.",
            folder=folder,
            kind=repr(model_type),
        )
    try:
        config = CONFIG_MAPPING[model_type].from_dict(values)
    except Exception as error:  # each class checks in its own way, and says so in its own words
        raise _refusal(folder, values, error) from error
    _apply_published_attention_factor(config)
    return config


def _refusal(folder: Path, values: Mapping[str, Any], error: Exception) -> NotACheckpoint:
    field = _FIELD.search(str(error))
    if field and field[1] in values:
        return NotACheckpoint(
            "config.json in {folder} says {key} = {value}, which is a value of the wrong kind; fetch it again.",
            folder=folder,
            key=field[1],
            value=f"{values[field[1]]!r:.120}",
        )
    return NotACheckpoint(
        "The configuration in {folder} cannot be read: {error}", folder=folder, error=first_line(error)
    )


def read_generation_config(folder: Path, config: PreTrainedConfig, *, is_gguf: bool = False) -> GenerationConfig:
    """Return the generation_config.json of ``folder``, or what ``config`` says where there is none, as for a GGUF.

    Raises NotACheckpoint for one that cannot be read: the ids that end a reply are in it.
    """
    path = folder / "generation_config.json"
    if is_gguf or not path.is_file():
        return GenerationConfig.from_model_config(config)
    values = read_json_object(path)
    ends = values.get("eos_token_id")
    if ends is not None and not all(type(end) is int for end in (ends if isinstance(ends, list) else [ends])):
        raise NotACheckpoint(
            "{path} says eos_token_id = {value}; it must be a token's number. Fetch it again.",
            path=path,
            value=f"{ends!r:.120}",
        )
    try:
        return GenerationConfig.from_dict(values)
    except Exception as error:  # as above
        raise NotACheckpoint(
            "{path} cannot be read: {error}. Fetch it again.", path=path, error=first_line(error)
        ) from error


def _apply_published_attention_factor(config: PreTrainedConfig) -> None:
    # R1-0528-Qwen3-8B publishes `attn_factor`, which multiplies YaRN's own factor; transformers knows only
    # `attention_factor`, which replaces it.
    rope = getattr(config, "rope_parameters", None) or {}
    if "attn_factor" in rope and rope.get("attention_factor") is None:
        rope["attention_factor"] = (0.1 * log(rope["factor"]) + 1) * rope["attn_factor"]
