"""A workspace as a zip archive, out and in again; and files that a reader brings, each as text or refused by name."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from deepseek_space.chat.workspace.workspace import MOST_FILE_CHARACTERS, MOST_FILES
from deepseek_space.errors import RequestError, UnreadableFile
from deepseek_space.text.documents.archive import members_of
from deepseek_space.text.documents.document import DAMAGED, Limits

LIMITS = Limits(files=MOST_FILES, unpacked_bytes=16 << 20)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same files give the same archive


def packed(texts: Mapping[str, str]) -> bytes:
    """Return an archive of the files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(zipfile.ZipInfo(path, _TIME), text.encode(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def unpacked(name: str, data: bytes) -> dict[str, str]:
    """Return the texts of an archive's files by their paths; a folder that holds all of them is taken off.

    Raises UnreadableFile for an archive that is not in order, RequestError for a file that is no text.
    """
    try:
        return _without_top(dict(_text(path, content) for path, content in members_of(name, data, LIMITS)))
    except _DAMAGED as error:
        raise UnreadableFile(DAMAGED, name=name) from error


def read_files(files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Return the texts of files that a reader brings, by name; an archive among them gives its own."""
    texts: dict[str, str] = {}
    for name, data in files:
        texts |= unpacked(name, data) if name.lower().endswith(".zip") else dict([_text(name, data)])
    return texts


def _text(path: str, data: bytes) -> tuple[str, str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text[:MOST_FILE_CHARACTERS]:
        raise RequestError("{path} is no text in UTF-8. A workspace takes text files alone.", path=path[-100:])
    return path, text


def _without_top(texts: dict[str, str]) -> dict[str, str]:
    tops = {path.partition("/")[0] for path in texts}
    if len(tops) != 1 or not all("/" in path for path in texts):
        return texts
    return {path.partition("/")[2]: text for path, text in texts.items()}
