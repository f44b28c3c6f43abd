"""Checksums of files too large to read at once, with progress. Knows no model and no network."""

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
    return _feed(hashlib.sha256(), path, advance, cancelled)


def blob_id_of(
    path: Path,
    *,
    like: str,
    advance: Callable[[int], None] = lambda _read_bytes: None,
    cancelled: Callable[[], bool] = never,
) -> str:
    """Return the id under which a Hub repository publishes these bytes.

    ``like`` is the expected id and gives the kind: 64 digits are the SHA-256 of a large file, 40 are git's blob
    SHA-1 of a small one. Raises Cancelled, OSError.
    """
    if len(like) == 64:
        return sha256_of(path, advance=advance, cancelled=cancelled)
    header = f"blob {path.stat().st_size}\0".encode()
    return _feed(hashlib.sha1(header, usedforsecurity=False), path, advance, cancelled)


def _feed(digest: "hashlib._Hash", path: Path, advance: Callable[[int], None], cancelled: Callable[[], bool]) -> str:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if cancelled():
                raise Cancelled("Checking {name} was cancelled.", name=path.name)
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
