"""Zip archives → the files in them, once it is known that none can do harm. Nothing is ever written to a disk."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from deepseek_space.errors import UnreadableFile
from deepseek_space.text.documents.document import Limits

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What tools and systems put beside one's own files.
_FOLDERS_PASSED_OVER = {"__MACOSX", ".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".ipynb_checkpoints"}
_FILES_PASSED_OVER = (".DS_Store", "Thumbs.db", "desktop.ini")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".whl")


def is_archive(name: str, data: bytes) -> bool:
    """Tell a zip archive by its name; Office files are zip archives too."""
    return name.lower().endswith(".zip")


def members_of(name: str, data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield the path and content of each file, in the archive's order, one unpacked at a time.

    Raises UnreadableFile before the first if anything in the archive is not in order.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(_path(info), info) for info in archive.infolist() if not info.is_dir()]
        members = [(path, info) for path, info in members if not _is_passed_over(path)]
        _check_paths(name, [path for path, _ in members], limits)
        _check_sizes(name, [info for _, info in members], limits)
        for path, info in members:
            yield path, archive.read(info)


def _path(info: zipfile.ZipInfo) -> str:
    """Return the path; Windows writes Chinese names as GBK without saying so, which Python reads as code page 437."""
    path = info.filename
    if not info.flag_bits & _UTF8_NAME and not path.isascii():
        raw = path.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                return raw.decode(encoding).replace("\\", "/")
            except UnicodeDecodeError:
                continue
    return path.replace("\\", "/")


def _is_passed_over(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not _FOLDERS_PASSED_OVER.isdisjoint(parts[:-1]) or path.endswith(_FILES_PASSED_OVER)


def _check_paths(name: str, paths: list[str], limits: Limits) -> None:
    if len(paths) > limits.files:
        raise UnreadableFile(
            "{name} holds {count:,} files; at most {limit:,} can be attached. Pack only those that matter.",
            name=name,
            count=len(paths),
            limit=limits.files,
        )
    for path in paths:
        parts = PurePosixPath(path).parts
        if ".." in parts or path.startswith("/") or ":" in path[:2]:
            raise UnreadableFile("{name} is not in order: {path!r} leads out of the archive.", name=name, path=path)
        if len(parts) > limits.folders_deep:
            raise UnreadableFile(
                "{name} has folders more than {limit} deep: {path!r}.", name=name, limit=limits.folders_deep, path=path
            )
        if path.lower().endswith(_ARCHIVES):
            raise UnreadableFile("{name} holds another archive, {path!r}. Unpack that first.", name=name, path=path)


def _check_sizes(name: str, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise UnreadableFile("{name} needs a password. Pack it without one, then attach it.", name=name)
    if any(info.compress_type not in _METHODS for info in infos):
        raise UnreadableFile("{name} is packed in a way that cannot be read here. Pack it as a plain zip.", name=name)
    # These sizes are what the archive says of itself; zipfile unpacks no byte more than that.
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise UnreadableFile(
            "{name} unpacks to more than {limit:,} MiB. Pack only what matters.",
            name=name,
            limit=limits.unpacked_bytes >> 20,
        )
