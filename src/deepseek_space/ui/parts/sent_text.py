"""A text that is too long for an event: the page uploads it, and says where it lies.

It is read where files are, in a process that is bounded, whatever its encoding. See ``ask`` in assets/page/server.js.
"""

import json
from pathlib import Path

from gradio.utils import get_upload_folder

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence
from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.process import Upload, read_files

MOST_BYTES = 128 * 2**20
_LIMITS = Limits(file_bytes=MOST_BYTES, files=1, characters=64 * 2**20)
_LOST = Sentence("What was sent is not here any more. Try again.")


def read_sent_text(path: str, name: str) -> str:
    """Return the text of an uploaded file, which is then gone; raises RequestError where it cannot be read as text."""
    if not _is_uploaded(path):
        raise RequestError(_LOST)
    try:
        reading = read_files([Upload(path=path, name=name)], _LIMITS)[0]
    finally:
        Path(path).unlink(missing_ok=True)
    if len(reading.documents) != 1:
        raise RequestError(reading.notes[0] if reading.notes else _LOST)
    return reading.documents[0].text


def uploaded_paths(text: str) -> list[str]:
    """Return the paths of a JSON list that files were uploaded to; whatever else stands in it is left out."""
    try:
        paths = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [path for path in paths if isinstance(path, str) and _is_uploaded(path)] if isinstance(paths, list) else []


def _is_uploaded(path: str) -> bool:
    try:
        file, folder = Path(path).resolve(), Path(get_upload_folder()).resolve()
        return file.is_relative_to(folder) and file.is_file()
    except (OSError, ValueError):  # no path at all
        return False
