"""A model's JSON files as objects: bounded, with or without a byte-order mark, and refused by name."""

import json
from pathlib import Path
from typing import Any

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.stand_in import check_file
from deepseek_space.sentences import Sentence

MOST_JSON_BYTES = 64 * 2**20  # the index of V3 takes 9 MB
FETCH_AGAIN = Sentence("fetch it again")


def read_json_object(path: Path, *, name: str = "", remedy: Sentence = FETCH_AGAIN) -> dict[str, Any]:
    """Return the object in ``path``. Raises NotACheckpoint, which calls the file ``name`` and ends with ``remedy``."""
    name = name or str(path)
    check_file(path)
    try:
        check_json_size(name, path.stat().st_size)
        value = json.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors put a byte-order mark first
    except (OSError, ValueError, RecursionError) as error:
        raise NotACheckpoint(
            "{name} is not readable JSON ({error}); {remedy}.", name=name, error=error, remedy=remedy
        ) from error
    if not isinstance(value, dict):
        found = type(value).__name__
        raise NotACheckpoint(
            "{name} holds a {found} where an object belongs; {remedy}.", name=name, found=found, remedy=remedy
        )
    return value


def check_json_size(name: str, size_bytes: int) -> None:
    """Raise NotACheckpoint if a file called ``name`` is too long to be a description."""
    if size_bytes > MOST_JSON_BYTES:
        raise NotACheckpoint(
            "{name} is {size} bytes long; that is no description of a model.", name=name, size=f"{size_bytes:,}"
        )
