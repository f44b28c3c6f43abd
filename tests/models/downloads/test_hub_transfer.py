"""What is large comes by the Hub client's own transfer, in a process that can be ended; the stream goes on after it.

Xet's storage cannot be reached here: a stand-in takes its place, and the client itself where it fails.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from huggingface_hub import constants

from deepseek_space.errors import Cancelled
from deepseek_space.models.downloads import hub_transfer
from deepseek_space.models.downloads.hub_transfer import HubTransfer
from hub_machine import REPO, SHARD_BYTES, SHARDS, Machine, hub_machine, shard
from waiting import until

SRC = Path(__file__).parents[3] / "src"
STAND_IN = (sys.executable, str(Path(__file__).parents[2] / "hub_child_stand_in.py"))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        machine.server.is_xet = True
        machine.large_bytes = SHARD_BYTES
        yield machine


@pytest.fixture
def source(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder from which the stand-in has its bytes, and where it leaves its number."""
    source = tmp_path / "source"
    source.mkdir()
    for name in SHARDS:
        (source / name).write_bytes(machine.server.repos[REPO].files[name])
    monkeypatch.setenv("STAND_IN_SOURCE", str(source))
    monkeypatch.setattr(hub_transfer, "CHILD", STAND_IN)
    return source


@pytest.fixture
def stand_in(source: Path, monkeypatch: pytest.MonkeyPatch):
    return lambda does: monkeypatch.setenv("STAND_IN", does)


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def streamed(machine: Machine) -> dict[str, str | None]:
    """Return the ranges that were asked for, by name of the shard."""
    return {served.name: served.range for served in machine.server.served if served.name in SHARDS}


class TestTheTransfer:
    def test_brings_what_is_large_and_the_stream_nothing_of_it(self, machine: Machine, stand_in):
        stand_in("all ends")
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        assert streamed(machine) == {}
        assert machine.fetched()[-1].done == machine.fetched()[-1].total
        assert not machine.store.incoming(machine.inspect().find(SHARDS[0])).exists()

    def test_is_verified(self, machine: Machine, stand_in, source: Path):
        stand_in("all ends")
        (source / SHARDS[0]).write_bytes(shard(9))
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)
        assert streamed(machine) == {SHARDS[0]: None}

    @pytest.mark.parametrize("does", ["100000 fails", "100000 dies", "0 dies"])
    def test_that_fails_leaves_the_rest_to_the_stream(self, machine: Machine, stand_in, does: str):
        stand_in(does)
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        resumed = None if "fails" in does or does.startswith("0") else "bytes=100000-"
        assert streamed(machine)[SHARDS[0]] in (resumed, None)  # None: the other had failed before this one began
        assert resumed in streamed(machine).values()

    def test_that_stalls_is_ended_and_what_it_brought_is_kept(
        self, machine: Machine, stand_in, source: Path, monkeypatch: pytest.MonkeyPatch
    ):
        stand_in("150000 hangs")
        monkeypatch.setattr(hub_transfer, "STALL_S", 0.5)
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        assert "bytes=150000-" in streamed(machine).values()
        assert all(has_ended(int(path.read_text())) for path in source.glob("*.pid"))

    def test_is_ended_by_who_cancels_and_what_it_brought_is_kept(self, machine: Machine, stand_in, source: Path):
        stand_in("150000 hangs")
        with pytest.raises(Cancelled, match="kept"):
            machine.fetch(cancelled=lambda: len(list(source.glob("*.written"))) == 2)
        assert all(has_ended(int(path.read_text())) for path in source.glob("*.pid"))
        assert {machine.partial(name).stat().st_size for name in SHARDS} == {150_000}
        machine.large_bytes = 2 * SHARD_BYTES
        machine.fetch()
        assert streamed(machine) == dict.fromkeys(SHARDS, "bytes=150000-")

    def test_never_shows_less_than_what_is_kept_anyway(self, machine: Machine, stand_in):
        machine.partial(SHARDS[0]).parent.mkdir(parents=True)
        machine.partial(SHARDS[0]).write_bytes(shard(1)[:300_000])
        machine.large_bytes = 50_000
        stand_in("100000 dies")
        machine.fetch()
        counts = [event.done for event in machine.fetched()]
        assert min(counts) >= 300_000
        assert streamed(machine)[SHARDS[0]] == "bytes=300000-"

    def test_ends_where_the_app_is_killed_and_the_next_start_goes_on(self, machine: Machine, stand_in, source: Path):
        stand_in("150000 hangs")
        program = (
            "import os, sys; from pathlib import Path\n"
            "from deepseek_space.models.downloads import hub_transfer\n"
            "from deepseek_space.models.downloads.download import Hub, fetch\n"
            f"hub_transfer.CHILD, hub_transfer.STALL_S = {STAND_IN!r}, 2.0\n"
            f"hub = Hub(endpoint=sys.argv[1], cache_dir=Path(sys.argv[2]), large_bytes={SHARD_BYTES})\n"
            "fetch(sys.argv[3], hub=hub, progress=lambda loading: os.write(1, b'%d\\n' % loading.done))\n"
        )
        command = [sys.executable, "-c", program, machine.server.url, str(machine.cache), REPO]
        with subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(SRC)}, stdout=subprocess.PIPE, text=True
        ) as app:
            assert any(int(line) >= 2 * 150_000 for line in app.stdout)
            app.kill()
        for path in source.glob("*.pid"):
            assert until(partial(has_ended, int(path.read_text())), within_s=120)  # it is not ours to wait for
        machine.large_bytes = 2 * SHARD_BYTES
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        assert streamed(machine) == dict.fromkeys(SHARDS, "bytes=150000-")


class TestWhatItTakes:
    @pytest.fixture
    def takes(self, machine: Machine):
        def takes(missing_bytes: int = SHARD_BYTES) -> bool:
            files = machine.inspect()
            transfer = HubTransfer(hub=machine.hub, repo_id=REPO, commit=files.commit)
            return transfer.takes(files.find(SHARDS[0]), missing_bytes=missing_bytes)

        return takes

    def test_is_what_is_large_and_lies_in_xet(self, machine: Machine, takes):
        assert takes()
        assert not takes(SHARD_BYTES - 1)
        machine.server.is_xet = False
        assert not takes()

    def test_is_nothing_where_it_is_switched_off(self, machine: Machine, takes, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        assert not takes()
        machine.fetch()
        assert streamed(machine) == dict.fromkeys(SHARDS, None)

    def test_is_nothing_without_the_package(self, takes, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(hub_transfer.importlib.util, "find_spec", lambda name: None)
        assert not takes()

    def test_is_about_a_gigabyte_by_default(self):
        assert hub_transfer.Hub().large_bytes == 1_000_000_000


class TestTheRealClient:
    """huggingface_hub 2.4 and hf_xet 1.8 themselves, as the process runs them."""

    def test_brings_the_file_over_http(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        machine.server.is_xet = False
        monkeypatch.setattr(HubTransfer, "_is_in_xet", lambda self, file: file.name == SHARDS[0])
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        assert sorted(streamed(machine)) == sorted(SHARDS)
        assert len([served for served in machine.server.served if served.name in SHARDS]) == 2

    def test_that_finds_no_storage_leaves_it_to_the_stream(
        self, machine: Machine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ):
        machine.server.publish(REPO, {**machine.server.repos[REPO].files, SHARDS[1]: b"small"})
        folder = machine.fetch()
        assert (folder / SHARDS[0]).read_bytes() == shard(1)
        assert streamed(machine)[SHARDS[0]] is None
        assert "own transfer failed (it ended with 1: " in caplog.text
