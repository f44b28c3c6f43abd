"""A file arrives whole or not at all: resumed, verified, and kept when somebody stops it."""

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepseek_space.errors import Cancelled, Corrupt, NoNetwork, NoSpace
from deepseek_space.models.downloads import delivery, disk
from deepseek_space.models.downloads.download import Hub, cached_snapshot, fetch
from deepseek_space.models.downloads.transfer import Patience
from fake_hub import Pause
from hub_machine import REPO, SHARD_BYTES, SHARDS, Machine, hub_machine, shard
from waiting import until

SRC = Path(__file__).parents[3] / "src"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


class TestABrokenConnection:
    def test_goes_on_where_it_broke(self, machine: Machine):
        machine.server.drops[SHARDS[0]] = [100_000, 100_000]
        folder = machine.fetch()
        assert (folder / SHARDS[0]).read_bytes() == shard(1)
        ranges = [served.range for served in machine.server.served if served.name == SHARDS[0]]
        assert ranges == [None, "bytes=100000-", "bytes=200000-"]
        assert machine.server.served_bytes(SHARDS[0]) == SHARD_BYTES

    def test_a_connection_that_breaks_often_is_no_reason_to_give_up(self, machine: Machine):
        machine.server.drops[SHARDS[0]] = [30_000] * 10
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)

    def test_starts_over_where_the_server_knows_no_ranges(self, machine: Machine):
        machine.server.ignores_ranges = True
        machine.server.drops[SHARDS[0]] = [100_000]
        folder = machine.fetch()
        assert (folder / SHARDS[0]).read_bytes() == shard(1)
        assert machine.events[-1].done <= machine.events[-1].total

    def test_gives_up_after_a_while_and_keeps_what_arrived(self, machine: Machine):
        machine.server.drops[SHARDS[0]] = [100_000] + [0] * 20
        with pytest.raises(NoNetwork, match=f"Fetching {SHARDS[0]}.*kept"):
            machine.fetch()
        assert machine.partial(SHARDS[0]).stat().st_size == 100_000

    def test_waits_longer_each_time(self, machine: Machine):
        machine.server.answer_with("api", 503, 500, 502)
        machine.fetch()
        assert sum(machine.naps) == pytest.approx(1 + 2 + 4)

    def test_waits_as_long_as_the_hub_asks(self, machine: Machine):
        machine.server.answer_with(SHARDS[0], 429, Retry_After="7")
        machine.fetch()
        assert sum(machine.naps) == pytest.approx(7)

    def test_does_not_wait_for_hours(self, machine: Machine):
        machine.server.answer_with("api", 429, Retry_After="7200")
        with pytest.raises(NoNetwork, match="HTTP 429"):
            machine.fetch()
        assert machine.naps == []

    def test_a_hub_that_never_recovers_is_given_up(self, machine: Machine):
        machine.server.answer_with("api", *[503] * 100)
        with pytest.raises(NoNetwork, match="HTTP 503"):
            machine.fetch()
        assert len(machine.server.api_calls) == Patience().max_failures


class TestDamage:
    def test_a_damaged_shard_is_fetched_again(self, machine: Machine):
        machine.server.corruptions[SHARDS[1]] = 1
        assert (machine.fetch() / SHARDS[1]).read_bytes() == shard(2)
        assert machine.server.served_bytes(SHARDS[1]) == 2 * SHARD_BYTES

    def test_a_shard_that_stays_damaged_is_never_left_on_disk(self, machine: Machine):
        machine.server.corruptions[SHARDS[1]] = 2
        with pytest.raises(Corrupt, match=SHARDS[1]):
            machine.fetch()
        assert not machine.blob(SHARDS[1]).exists()
        assert not machine.partial(SHARDS[1]).exists()
        assert cached_snapshot(REPO, hub=machine.hub) is None

    def test_a_small_file_is_verified_too(self, machine: Machine):
        machine.server.corruptions["tokenizer.json"] = 1
        assert (machine.fetch() / "tokenizer.json").read_bytes() == b"{}"

    def test_damage_on_disk_is_found_and_mended(self, machine: Machine):
        folder = machine.fetch()
        machine.blob(SHARDS[0]).write_bytes(shard(9))
        assert cached_snapshot(REPO, hub=machine.hub) is None
        machine.fetch()
        assert (folder / SHARDS[0]).read_bytes() == shard(1)

    def test_a_partial_file_that_is_too_long_is_thrown_away(self, machine: Machine):
        machine.partial(SHARDS[0]).parent.mkdir(parents=True)
        machine.partial(SHARDS[0]).write_bytes(bytes(SHARD_BYTES + 1))
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)


class TestStopping:
    def test_a_killed_process_loses_nothing(self, machine: Machine):
        pause = machine.server.pauses[SHARDS[0]] = Pause(after_bytes=SHARD_BYTES // 2)
        program = (
            "import sys; from pathlib import Path; from deepseek_space.models.downloads.download import Hub, fetch\n"
            "hub = Hub(endpoint=sys.argv[1], cache_dir=Path(sys.argv[2]))\n"
            "fetch(sys.argv[3], hub=hub, progress=lambda loading: None)\n"
        )
        command = [sys.executable, "-c", program, machine.server.url, str(machine.cache), REPO]
        child = subprocess.Popen(command, env={"PYTHONPATH": str(SRC), "PATH": "", "OMP_NUM_THREADS": "1"})
        assert pause.reached.wait(timeout=120)
        until(lambda: machine.partial(SHARDS[0]).stat().st_size, within_s=30)  # they are sent, and about to be written
        child.kill()
        child.wait()
        pause.go_on.set()
        kept_bytes = machine.partial(SHARDS[0]).stat().st_size
        assert kept_bytes > 0
        machine.server.served.clear()

        folder = machine.fetch()

        assert (folder / SHARDS[0]).read_bytes() == shard(1)
        (resumed,) = [served for served in machine.server.served if served.name == SHARDS[0]]
        assert resumed.range == f"bytes={kept_bytes}-"
        assert resumed.sent_bytes == SHARD_BYTES - kept_bytes
        counted = [event.done for event in machine.fetched()]
        assert counted[0] >= kept_bytes

    def test_cancelling_keeps_what_has_arrived(self, machine: Machine):
        def enough() -> bool:
            partial = machine.partial(SHARDS[0])
            return partial.exists() and partial.stat().st_size > 100_000

        with pytest.raises(Cancelled, match="kept"):
            machine.fetch(cancelled=enough)
        kept_bytes = machine.partial(SHARDS[0]).stat().st_size
        assert kept_bytes > 100_000
        machine.server.served.clear()
        machine.fetch()
        assert machine.server.served_bytes(SHARDS[0]) == SHARD_BYTES - kept_bytes

    def test_cancelling_ends_a_long_wait(self, machine: Machine):
        machine.server.answer_with("api", 429, Retry_After="300")
        with pytest.raises(Cancelled):
            machine.fetch(cancelled=lambda: len(machine.naps) > 3)
        assert sum(machine.naps) < 2

    def test_a_disk_that_fills_up_keeps_what_has_arrived(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(delivery, "AT_ONCE", 1)
        machine.partial(SHARDS[1]).parent.mkdir(parents=True)
        machine.partial(SHARDS[1]).symlink_to("/dev/full")
        with pytest.raises(NoSpace, match="is full"):
            machine.fetch()
        assert machine.blob(SHARDS[0]).read_bytes() == shard(1)

    def test_a_disk_that_had_filled_up_is_gone_on_with(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        room = SHARD_BYTES + 100_000

        class SmallDisk(io.BufferedWriter):
            def write(self, piece: bytes) -> int:
                nonlocal room
                room -= len(piece)
                if room < 0:
                    raise OSError(errno.EDQUOT, "Disk quota exceeded")
                return super().write(piece)

        def opened(path: Path, mode: str = "r", **options: object):
            small = mode == "ab" and path.suffix == ".incomplete"
            return SmallDisk(io.FileIO(path, "a")) if small else whole(path, mode, **options)

        whole = Path.open
        monkeypatch.setattr(Path, "open", opened)
        with pytest.raises(NoSpace, match=r"The disk of .*hub is full\. Free some space and start again"):
            machine.fetch()
        room = 10 * SHARD_BYTES
        folder = machine.fetch()
        assert [(folder / name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
        assert sum(map(machine.server.served_bytes, SHARDS)) < 3 * SHARD_BYTES

    def test_a_disk_on_which_no_file_can_be_locked_will_do(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        def unsupported(self: object) -> None:
            raise NotImplementedError("FileSystem does not appear to support flock; use SoftFileLock instead")

        monkeypatch.setattr(disk.FileLock, "_acquire", unsupported)
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)

    def test_a_cache_that_cannot_be_written_is_named(self, machine: Machine, tmp_path: Path):
        (tmp_path / "file").write_text("in the way")
        hub = Hub(endpoint=machine.server.url, cache_dir=tmp_path / "file" / "hub")
        with pytest.raises(NoSpace, match=r"file/hub cannot be written.*HF_HOME"):
            fetch(REPO, hub=hub, progress=machine.events.append)


def test_two_processes_on_one_new_cache_fetch_everything_once(machine: Machine):
    """As the environment tells them: a mirror, and where to keep it."""
    pause = machine.server.pauses[SHARDS[0]] = Pause(after_bytes=SHARD_BYTES // 2)
    program = (
        "import sys; from deepseek_space.models.downloads.download import fetch\n"
        "print(fetch(sys.argv[1], progress=lambda loading: print(loading.stage, flush=True)))\n"
    )
    environ = {**os.environ, "HF_ENDPOINT": f"{machine.server.url}/", "HF_HUB_CACHE": str(machine.cache)}
    command = [sys.executable, "-c", program, REPO]
    said, both = os.pipe()
    processes = [subprocess.Popen(command, env=environ | {"PYTHONPATH": str(SRC)}, stdout=both) for _ in range(2)]
    os.close(both)
    with os.fdopen(said) as lines:
        assert any("Waiting for another process that fetches" in line for line in lines)
        assert pause.reached.is_set()
        pause.go_on.set()
        folders = {line.strip() for line in lines if line.startswith("/")}
    assert [process.wait() for process in processes] == [0, 0]
    (folder,) = folders
    assert [Path(folder, name).read_bytes() for name in SHARDS] == [shard(1), shard(2)]
    assert [machine.server.served_bytes(name) for name in SHARDS] == [SHARD_BYTES] * 2
