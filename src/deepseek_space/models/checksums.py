"""SHA-256 of files too large to read at once, with progress. Knows no model and no network."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from deepseek_space.errors import Cancelled

CHUNK_BYTES = 8 << 20


def never() -> bool:
    """Return False: nobody cancels."""
    return False


def sha256_of(
    path: Path,
    *,
    advance: Callable[[int], None] = lambda _read_bytes: None,
    cancelled: Callable[[], bool] = never,
) -> str:
    """Return the hexadecimal SHA-256 of ``path``, telling ``advance`` how many bytes each step read.

    Raises Cancelled, OSError.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if cancelled():
                raise Cancelled(f"Checking {path.name} was cancelled.")
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
