"""Files are taken in whole or not at all: nothing that broke off stays, and a full disk is said in a sentence."""

import errno
import shutil
from pathlib import Path

import httpx
import pytest
from gradio.utils import get_upload_folder

from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served


@pytest.fixture(scope="module")
def address():
    with served(ScriptedBackend(), "--max-upload", "0") as url:
        yield f"{url}gradio_api/upload"


@pytest.fixture
def lying():
    """Return a function that tells which files lie in the folder for uploads."""
    return lambda: {path for path in Path(get_upload_folder()).rglob("*") if path.is_file()}


def test_a_file_lies_where_it_is_said_to_lie(address):
    names = ["a.txt", "../../b.txt", "", "数.json"]
    paths = httpx.post(address, files=[("files", (name, name.encode())) for name in names if name]).json()
    assert [Path(path).name for path in paths] == ["a.txt", "b.txt", "数.json"]
    assert [Path(path).read_text() for path in paths] == ["a.txt", "../../b.txt", "数.json"]
    assert all(Path(path).is_relative_to(get_upload_folder()) for path in paths)


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(address, lying, monkeypatch):
    before = lying()

    def full(source, target):
        target.write(source.read(2))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    refused = httpx.post(address, files=[("files", ("a.txt", b"text"))], headers={"accept-language": "zh-CN"})
    assert refused.status_code == 507
    assert "磁盘已满" in refused.text
    assert lying() == before


def test_what_is_no_file_is_not_held_in_memory(address, lying):
    before = lying()
    refused = httpx.post(address, files={"a": (None, b"x" * 100_000), "files": ("b.txt", b"text")})
    assert refused.status_code == 400
    assert httpx.post(address, content=b"no form", headers={"content-type": "text/plain"}).json() == []
    assert lying() == before
