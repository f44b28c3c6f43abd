"""The configuration of a checkpoint in a local folder, as transformers knows it. Runs no Python that lies beside it."""

from math import log
from pathlib import Path

from transformers import AutoConfig, PreTrainedConfig

from deepseek_space.errors import NotACheckpoint, Unsupported, first_line
from deepseek_space.models.files.gguf_header import read_gguf


def read_config(folder: Path, *, gguf_file: str = "") -> PreTrainedConfig:
    """Return the configuration in ``folder``, with what its publisher meant put right.

    Raises NotACheckpoint if there is none, Unsupported for an architecture that transformers does not have.
    """
    if not folder.is_dir():
        raise NotACheckpoint(f"{folder} is not a folder; give the folder of a transformers checkpoint.")
    if gguf_file:
        read_gguf(folder / gguf_file)  # transformers' reader trusts the file
    elif not (folder / "config.json").is_file():
        raise NotACheckpoint(f"{folder} holds no config.json; give the folder of a transformers checkpoint.")
    source = {"gguf_file": gguf_file} if gguf_file else {}
    try:
        # transformers would ask in the terminal where this is left open.
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True, **source)
    except ValueError as error:
        raise Unsupported(f"The model in {folder} is of a kind that cannot run here: {first_line(error)}") from error
    except (OSError, TypeError, KeyError, AttributeError) as error:
        raise NotACheckpoint(f"The configuration in {folder} cannot be read: {first_line(error)}") from error
    _apply_published_attention_factor(config)
    return config


def _apply_published_attention_factor(config: PreTrainedConfig) -> None:
    # R1-0528-Qwen3-8B publishes `attn_factor`, which multiplies YaRN's own factor; transformers knows only
    # `attention_factor`, which replaces it.
    rope = getattr(config, "rope_parameters", None) or {}
    if "attn_factor" in rope and rope.get("attention_factor") is None:
        rope["attention_factor"] = (0.1 * log(rope["factor"]) + 1) * rope["attn_factor"]
