"""A cache that was copied, moved, mounted or made without links is the same model."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import snapshot_download
from safetensors.numpy import save

from deepseek_space.errors import NoNetwork, NoSpace
from deepseek_space.models.downloads.download import Hub, cached_snapshot, fetch
from hub_machine import REPO, SHARDS, Machine, checkpoint, hub_machine
from plain_user import read_only

FILES = checkpoint(**{name: save({"w": np.full(1000, n, np.float32)}) for n, name in enumerate(SHARDS)})


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        machine.server.publish(REPO, FILES)
        yield machine


def resolved(cache: Path, folder: Path) -> None:
    """As ``cp -rL`` and ``scp -r`` copy it: blobs and snapshots both hold every file."""
    shutil.copytree(cache, folder, symlinks=False)


def without_blobs(cache: Path, folder: Path) -> None:
    """As huggingface_hub keeps it on Windows without links, and as some container layers do."""
    resolved(cache, folder)
    shutil.rmtree(folder / f"models--{REPO.replace('/', '--')}" / "blobs")


def with_hard_links(cache: Path, folder: Path) -> None:
    """As this app keeps it where there are no symbolic links."""
    shutil.copytree(cache, folder, symlinks=True)
    for pointer in (folder / f"models--{REPO.replace('/', '--')}" / "snapshots").rglob("*"):
        if pointer.is_symlink():
            blob = pointer.resolve()
            pointer.unlink()
            pointer.hardlink_to(blob)


COPIES = [resolved, without_blobs, with_hard_links]


@pytest.fixture(params=COPIES, ids=lambda copy: copy.__name__)
def copied(machine: Machine, tmp_path: Path, request: pytest.FixtureRequest) -> Machine:
    """The machine whose cache is such a copy, of which nothing was verified yet."""
    machine.fetch()
    machine.server.served.clear()
    (machine.store.root / "verified.json").unlink()
    request.param(machine.cache, tmp_path / "copy")
    machine.cache = tmp_path / "copy"
    return machine


class TestACopy:
    def test_is_complete_without_a_network(self, copied: Machine):
        offline = Hub(endpoint="http://127.0.0.1:9", cache_dir=copied.cache, patience=copied.hub.patience)
        folder = fetch(REPO, hub=offline, progress=copied.events.append)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES

    def test_is_not_fetched_again(self, copied: Machine):
        folder = copied.fetch()
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
        assert copied.server.served == []
        assert copied.store.ids_of_size(len(FILES[SHARDS[0]])) or (copied.store.root / "verified.json").exists()

    def test_that_was_verified_is_not_read_again(self, copied: Machine):
        copied.fetch()
        read = []
        assert cached_snapshot(REPO, hub=copied.hub, progress=read.append) is not None
        assert read == []

    @pytest.mark.parametrize(
        "damage", [lambda content: content[:-1], lambda content: b"", lambda content: content[:-1] + b"x"]
    )
    def test_that_is_damaged_is_mended(self, copied: Machine, damage: Callable[[bytes], bytes]):
        (snapshot,) = (copied.store.root / "snapshots").iterdir()
        spoilt = snapshot / SHARDS[0]
        spoilt.write_bytes(damage(FILES[SHARDS[0]]))
        folder = copied.fetch()
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES

    def test_that_is_cut_short_is_not_complete(self, copied: Machine):
        (snapshot,) = (copied.store.root / "snapshots").iterdir()
        os.truncate(snapshot / SHARDS[1], 500)
        assert cached_snapshot(REPO, hub=copied.hub) is None


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_without_checksums_a_file_of_json_must_be_json(machine: Machine, tmp_path: Path, name: str):
    machine.fetch()
    without_blobs(machine.cache, tmp_path / "copy")
    (tmp_path / "copy" / machine.store.root.name / "verified.json").unlink()
    machine.cache = tmp_path / "copy"
    (snapshot,) = (machine.store.root / "snapshots").iterdir()
    assert cached_snapshot(REPO, hub=machine.hub) == snapshot
    (snapshot / name).write_text('{"model_type": "lla')
    assert cached_snapshot(REPO, hub=machine.hub) is None


def test_a_disk_without_links_of_any_kind_will_do(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    folder = machine.fetch()
    assert not any(path.is_symlink() for path in folder.iterdir())
    machine.server.served.clear()
    assert machine.fetch() == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert machine.server.served == []


class TestACacheThatCannotBeWritten:
    def test_is_used(self, machine: Machine):
        folder = machine.fetch()
        with read_only(machine.cache):
            assert machine.fetch() == folder
            assert cached_snapshot(REPO, hub=machine.hub) == folder

    @pytest.mark.parametrize("copy", COPIES)
    def test_is_used_where_nothing_was_verified_yet(self, machine: Machine, tmp_path: Path, copy: Callable[..., None]):
        snapshot_download(REPO, cache_dir=tmp_path / "theirs", endpoint=machine.server.url)
        copy(tmp_path / "theirs", machine.cache)
        machine.server.served.clear()
        with read_only(machine.cache):
            folder = machine.fetch()
            assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
        assert machine.server.served == []

    def test_is_used_where_the_hub_has_something_newer(self, machine: Machine):
        folder = machine.fetch()
        machine.server.publish(REPO, FILES | {"tokenizer.json": json.dumps({"new": 1}).encode()})
        with read_only(machine.cache):
            assert machine.fetch() == folder

    def test_and_holds_nothing_is_named_with_the_way_out(self, machine: Machine):
        machine.cache.mkdir()
        with (
            read_only(machine.cache),
            pytest.raises(NoSpace, match=r"hub cannot be written \(Permission denied\).*HF_HOME"),
        ):
            machine.fetch()

    def test_and_is_damaged_is_not_used(self, machine: Machine):
        machine.fetch()
        machine.blob(SHARDS[0]).write_bytes(b"x" * len(FILES[SHARDS[0]]))
        with read_only(machine.cache), pytest.raises(NoSpace, match="cannot be written"):
            machine.fetch()
        machine.server.login_page = b"[]"
        with read_only(machine.cache), pytest.raises(NoNetwork):
            machine.fetch()
