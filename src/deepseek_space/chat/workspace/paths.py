"""Names of files in a workspace: what is not a plain relative path is refused, and so is a second spelling of one."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from deepseek_space.errors import RequestError

MOST_CHARACTERS = 200
MOST_FOLDERS = 16
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\u202a-\u202e\u2066-\u2069]')


def checked_path(path: str) -> str:
    """Return ``path`` in its plain form; raises RequestError for one that leads elsewhere or cannot be a file."""
    plain = path.strip().removeprefix("./")
    parts = plain.split("/")
    if not plain or len(plain) > MOST_CHARACTERS or len(parts) > MOST_FOLDERS or _FORBIDDEN.search(plain):
        raise RequestError("{path!r} is no name for a file here. Choose letters, digits, - and _.", path=path[:100])
    if plain.startswith("/") or any(part in ("", ".", "..") or part != part.strip() for part in parts):
        raise RequestError(
            "{path!r} leads out of the workspace. Write a path within it, such as src/app.py.", path=path
        )
    return str(PurePosixPath(plain))


def check_twin(path: str, others: Iterable[str]) -> None:
    """Raise RequestError where one of ``others`` is ``path`` in other letters, or a folder of its name."""
    small = path.casefold()
    for other in others:
        theirs = other.casefold()
        if other != path and theirs == small:
            raise RequestError(
                "There is {other} already, which many disks take for the same as {path}.", other=other, path=path
            )
        if theirs.startswith(f"{small}/") or small.startswith(f"{theirs}/"):
            raise RequestError("{path} and {other} cannot be a file and a folder at once.", path=path, other=other)
