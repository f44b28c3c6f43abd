"""Whether a folder holds a tokenizer, and whether its ids have rows in the model's embedding. Loads none."""

from pathlib import Path
from typing import Any

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.json_object import read_json_object

FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.tiktoken")


def check_there(folder: Path) -> None:
    """Raise NotACheckpoint unless ``folder`` holds a tokenizer: transformers would make an empty one of nothing."""
    if not any((folder / name).is_file() for name in FILES):
        raise NotACheckpoint(
            "{folder} holds no tokenizer; fetch tokenizer.json and tokenizer_config.json into it, from "
            "the same repository as the weights.",
            folder=folder,
        )


def check_tokenizer(folder: Path, *, rows: int) -> None:
    """Raise NotACheckpoint unless ``folder`` holds a tokenizer whose tokens are among the ``rows`` of the embedding."""
    check_there(folder)
    if (folder / "tokenizer.json").is_file():
        _check_listed(folder, read_json_object(folder / "tokenizer.json"), rows)


def _check_listed(folder: Path, described: dict[str, Any], rows: int) -> None:
    added, model = described.get("added_tokens"), described.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    ids = dict(vocabulary) if isinstance(vocabulary, dict) else {}
    ids |= {str(a.get("content")): a.get("id") for a in added or () if isinstance(a, dict)}
    check_ids(folder, {token: number for token, number in ids.items() if type(number) is int}, rows=rows)


def check_ids(where: Path, ids: dict[str, int], *, rows: int) -> None:
    """Raise NotACheckpoint if a token of ``ids`` has no row among the ``rows`` of the model's embedding."""
    token, number = max(ids.items(), key=lambda item: item[1], default=("", -1))
    if number >= rows:
        raise NotACheckpoint(
            "The tokenizer in {folder} has a token {token} of number {number:,}, but the model knows "
            "{rows:,} tokens only; the two do not belong together. Fetch the tokenizer's files again.",
            folder=where,
            token=f"{token!r:.80}",
            number=number,
            rows=rows,
        )
