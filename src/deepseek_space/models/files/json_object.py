"""A model's JSON files as objects: bounded, with or without a byte-order mark, and refused by name."""

import json
from pathlib import Path
from typing import Any

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.stand_in import check_file

MOST_JSON_BYTES = 64 * 2**20


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the object in ``path``. Raises NotACheckpoint, which names the file."""
    check_file(path)
    try:
        if (size := path.stat().st_size) > MOST_JSON_BYTES:
            raise NotACheckpoint(f"{path} is {size:,} bytes long; that is no description of a model.")
        value = json.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors put a byte-order mark first
    except (OSError, ValueError, RecursionError) as error:
        raise NotACheckpoint(f"{path} is not readable JSON ({error}); fetch it again.") from error
    if not isinstance(value, dict):
        raise NotACheckpoint(f"{path} holds no JSON object; fetch it again.")
    return value
