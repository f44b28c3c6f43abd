"""``libraries``: npm brings them, each file is checked, and what cannot be had is said and kept out."""

import io
import tarfile
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from deepseek_space.commands.libraries import ensure_library
from deepseek_space.errors import Corrupt, DownloadError, NoNetwork
from deepseek_space.models.downloads import npm_package
from deepseek_space.ui.libraries import FOLDER, Library

CONTENT = b"export const one = 1;\n"
CHECKSUM = b64encode(sha256(CONTENT).digest()).decode()
LIBRARY = Library(name="tiny", source="npm", version="1.0.0", licence="MIT", files={"dist/one.js": CHECKSUM})


def packed(path: Path, **files: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name.replace('__', '/')}.js")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that has an npm deliver what it is given, or complain; it writes down how it was called."""

    def deliver(content: bytes | None) -> Path:
        packed(tmp_path / "tiny.tgz", dist__one=content or b"", dist__two=b"2", evil=b"3")
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        ending = (
            "exit 0"
            if content is not None
            else 'echo "npm error code E404" >&2; echo "npm error 404 Not Found - tiny" >&2; exit 1'
        )
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nfor last; do :; done\n'
            f'[ {int(content is not None)} = 1 ] && cp {tmp_path}/tiny.tgz "$last/"\n{ending}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return tmp_path / "calls"

    return deliver


def test_the_listed_files_alone_are_kept_and_fetched_once(npm, tmp_path: Path):
    calls = npm(CONTENT)
    folder = ensure_library(LIBRARY, tmp_path)
    assert [str(path.relative_to(folder)) for path in folder.rglob("*.js")] == ["dist/one.js"]
    assert (folder / "dist/one.js").read_bytes() == CONTENT
    assert ensure_library(LIBRARY, tmp_path) == folder
    assert [line.split()[:2] for line in calls.read_text().splitlines()] == [["pack", "tiny@1.0.0"]]
    assert "--ignore-scripts" in calls.read_text()


@pytest.mark.parametrize("library", [LIBRARY, replace(LIBRARY, files={**LIBRARY.files, "dist/three.js": CHECKSUM})])
def test_of_a_package_that_is_not_the_published_one_nothing_is_kept(library: Library, npm, tmp_path: Path):
    npm(b"changed")
    with pytest.raises(Corrupt, match=r"tiny@1\.0\.0: one\.js is not the published file"):
        ensure_library(library, tmp_path)
    assert [path.suffix for path in (tmp_path / FOLDER).iterdir()] == [".lock"]


def test_what_npm_complains_of_is_said(npm, tmp_path: Path):
    npm(None)
    with pytest.raises(NoNetwork, match=r"npm did not deliver tiny@1\.0\.0 \(404 Not Found - tiny\)"):
        ensure_library(LIBRARY, tmp_path)


def test_without_npm_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(npm_package, "npm_command", lambda: None)
    with pytest.raises(DownloadError, match=r"There is no npm here\. Install Node\.js"):
        ensure_library(LIBRARY, tmp_path)
