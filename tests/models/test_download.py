"""Fetching from the Hub: only what is needed, checked first, resumed, verified, and honest about all of it."""

import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download, try_to_load_from_cache

from deepseek_space.errors import (
    AccessDenied,
    Cancelled,
    Corrupt,
    ModelNotFound,
    NoNetwork,
    NoSpace,
    SpaceError,
    Unsupported,
)
from deepseek_space.models.blob_store import BlobStore
from deepseek_space.models.download import Hub, cached_snapshot, fetch, inspect_repo
from deepseek_space.models.transfer import Patience
from deepseek_space.types import Loading
from fake_hub import FakeHub, Pause, blob_id, running_hub

REPO = "deepseek-ai/tiny"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
SHARD_BYTES = 400_000
SRC = Path(__file__).parents[2] / "src"
CONFIG = {"model_type": "llama", "num_hidden_layers": 2}


def shard(seed: int) -> bytes:
    return random.Random(seed).randbytes(SHARD_BYTES)


def checkpoint(**changes: bytes | None) -> dict[str, bytes]:
    """Return the files of a repository of two shards; a change of None leaves a file out."""
    weight_map = {
        "model.embed_tokens.weight": SHARDS[0],
        "model.layers.0.mlp.up_proj.weight": SHARDS[0],
        "model.layers.1.mlp.up_proj.weight": SHARDS[1],
    }
    files = {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": b"{}",
        "model.safetensors.index.json": json.dumps({"weight_map": weight_map}).encode(),
        SHARDS[0]: shard(1),
        SHARDS[1]: shard(2),
    } | changes
    return {name: content for name, content in files.items() if content is not None}


@dataclass
class Machine:
    """A machine with an empty disk, in front of a fake Hub."""

    server: FakeHub
    cache: Path
    naps: list[float] = field(default_factory=list)
    events: list[Loading] = field(default_factory=list)

    @property
    def hub(self) -> Hub:
        return Hub(endpoint=self.server.url, cache_dir=self.cache, patience=Patience(sleep=self.naps.append))

    @property
    def store(self) -> BlobStore:
        return self.hub.store(REPO)

    def fetch(self, repo_id: str = REPO, **options: object) -> Path:
        return fetch(repo_id, hub=self.hub, progress=self.events.append, **options)

    def inspect(self, repo_id: str = REPO, **options: object) -> object:
        return inspect_repo(repo_id, hub=self.hub, **options)

    def partial(self, name: str) -> Path:
        content = self.server.repos[REPO].files[name]
        return self.store.root / "blobs" / f"{blob_id(name, content)}.incomplete"

    def blob(self, name: str) -> Path:
        return self.partial(name).with_suffix("")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with running_hub() as server:
        server.publish(REPO, checkpoint())
        yield Machine(server=server, cache=tmp_path / "hub")


class TestAWholeDownload:
    def test_gives_a_folder_with_the_published_bytes(self, machine: Machine):
        folder = machine.fetch()
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == checkpoint()

    def test_is_found_by_huggingface_hub_itself(self, machine: Machine):
        folder = machine.fetch()
        assert Path(snapshot_download(REPO, cache_dir=machine.cache, local_files_only=True)) == folder
        assert try_to_load_from_cache(REPO, "config.json", cache_dir=machine.cache) == str(folder / "config.json")

    def test_uses_what_huggingface_hub_fetched(self, machine: Machine):
        folder = snapshot_download(REPO, cache_dir=machine.cache, endpoint=machine.server.url)
        before = machine.server.served_bytes(SHARDS[0])
        assert machine.fetch() == Path(folder)
        assert machine.server.served_bytes(SHARDS[0]) == before

    def test_counts_every_byte_once_and_never_more_than_there_are(self, machine: Machine):
        machine.fetch()
        total = sum(map(len, checkpoint().values()))
        counts = [event.done for event in machine.events if event.stage == f"Fetching {REPO}"]
        assert counts == sorted(counts)
        assert counts[-1] == total
        assert {event.total for event in machine.events if event.stage == f"Fetching {REPO}"} == {total}

    def test_a_second_start_transfers_nothing(self, machine: Machine):
        machine.fetch()
        machine.server.served.clear()
        machine.fetch()
        assert machine.server.served == []

    def test_takes_one_copy_of_the_weights_and_nothing_else(self, machine: Machine):
        extra = ("pytorch_model.bin", "original/consolidated.safetensors", "README.md", "model.gguf", "modeling.py")
        machine.server.publish(REPO, checkpoint() | dict.fromkeys(extra, b"x"))
        assert {path.name for path in machine.fetch().iterdir()} == set(checkpoint())

    def test_takes_bin_files_where_there_is_nothing_better(self, machine: Machine):
        files = {"config.json": json.dumps(CONFIG).encode(), "pytorch_model.bin": shard(3), "tokenizer.model": b"t"}
        machine.server.publish(REPO, files)
        assert {path.name for path in machine.fetch().iterdir()} == set(files)

    def test_takes_the_gguf_that_was_asked_for(self, machine: Machine):
        machine.server.publish(REPO, {"a.gguf": b"GGUF-a", "b.gguf": b"GGUF-b"})
        folder = machine.fetch(gguf_file="b.gguf")
        assert {path.name for path in folder.iterdir()} == {"b.gguf"}
        with pytest.raises(Unsupported, match=r"a\.gguf, b\.gguf"):
            machine.fetch()

    def test_sends_the_token_to_the_hub(self, machine: Machine):
        hub = Hub(endpoint=machine.server.url, cache_dir=machine.cache, token="hf_secret")
        fetch(REPO, hub=hub, progress=machine.events.append)
        assert {served.authorization for served in machine.server.served} == {"Bearer hf_secret"}
        assert "hf_secret" not in repr(hub)


class TestBeforeTheFirstLargeByte:
    @pytest.fixture(autouse=True)
    def _nothing_large_is_served(self, machine: Machine) -> Iterator[None]:
        yield
        assert [served.name for served in machine.server.served if served.name.endswith(".safetensors")] == []

    @pytest.mark.parametrize(
        ("changes", "error", "words"),
        [
            ({SHARDS[1]: None}, Unsupported, f"names {SHARDS[1]}, which is not published"),
            ({"config.json": b'{"model_type": "llama", "num_hidden_layers": 3}'}, Unsupported, "no tensor of layer 2"),
            ({"config.json": b'{"model_type": "mystery9"}'}, Unsupported, "'mystery9'"),
            (
                {"config.json": b'{"model_type": "mystery9", "auto_map": {"AutoModel": "m.M"}}'},
                Unsupported,
                "Python code",
            ),
            ({"config.json": None}, Unsupported, "no config.json"),
            ({"config.json": b'{"model_type"'}, Corrupt, "not valid JSON"),
            ({"config.json": b"[1]"}, Corrupt, "holds a list"),
            ({"config.json": b"[" * 100_000}, Corrupt, "not valid JSON"),
            ({"model.safetensors.index.json": b'{"weight_map": {"a": "../../evil"}}'}, Corrupt, "outside the model"),
            ({"model.safetensors.index.json": b'{"weight_map": {"a": "/etc/passwd"}}'}, Corrupt, "outside the model"),
            ({"model.safetensors.index.json": b'{"weight_map": {}}'}, Corrupt, "no weight_map"),
            ({SHARDS[0]: None, SHARDS[1]: None}, Unsupported, "no weights"),
            ({"../../evil.json": b"{}"}, Corrupt, "no safe file name"),
        ],
    )
    def test_a_bad_repository_is_refused(self, machine: Machine, changes, error, words):
        machine.server.publish(REPO, checkpoint(**changes))
        with pytest.raises(error, match=words.replace(".", r"\.")):
            machine.fetch()

    def test_a_data_set_is_called_one(self, machine: Machine):
        machine.server.publish("someone/numbers", {"data.csv": b"1"}, kind="datasets")
        with pytest.raises(Unsupported, match="someone/numbers is a data set, not a model"):
            machine.fetch("someone/numbers")

    def test_a_full_disk_is_noticed(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 9, 1))
        with pytest.raises(NoSpace, match="HF_HOME"):
            machine.fetch()

    def test_inspection_tells_sizes_and_config(self, machine: Machine):
        files = machine.inspect()
        assert files.weight_bytes == 2 * SHARD_BYTES
        assert files.total_bytes == sum(map(len, checkpoint().values()))
        assert files.config["num_hidden_layers"] == 2
        assert files.find(SHARDS[0]).blob_id == hashlib.sha256(shard(1)).hexdigest()


class TestWhoMayRead:
    def test_a_gated_model_says_how_to_get_in(self, machine: Machine):
        machine.server.publish(REPO, checkpoint(), refusal=(403, {"X-Error-Code": "GatedRepo"}))
        with pytest.raises(AccessDenied, match=rf"licence at {machine.server.url}/{REPO}.*HF_TOKEN"):
            machine.fetch()

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refusal_names_the_token(self, machine: Machine, status: int):
        machine.server.publish(REPO, checkpoint(), hidden=(status, {}))
        with pytest.raises(AccessDenied, match=f"HTTP {status}.*HF_TOKEN"):
            machine.fetch()

    def test_a_missing_model_is_named(self, machine: Machine):
        with pytest.raises(ModelNotFound, match="'deepseek-ai/tinny'"):
            machine.fetch("deepseek-ai/tinny")

    def test_a_missing_revision_is_named(self, machine: Machine):
        machine.server.answer_with("api", 404, X_Error_Code="RevisionNotFound")
        with pytest.raises(ModelNotFound, match="no such revision"):
            machine.fetch(revision="v9")

    @pytest.mark.parametrize("repo_id", ["a b/c", "a/b/c", "../etc"])
    def test_a_name_that_is_no_name_is_refused(self, machine: Machine, repo_id: str):
        with pytest.raises(ModelNotFound, match="owner/name"):
            machine.fetch(repo_id)


class TestABrokenConnection:
    def test_goes_on_where_it_broke(self, machine: Machine):
        machine.server.drops[SHARDS[0]] = [100_000, 100_000]
        folder = machine.fetch()
        assert (folder / SHARDS[0]).read_bytes() == shard(1)
        ranges = [served.range for served in machine.server.served if served.name == SHARDS[0]]
        assert ranges == [None, "bytes=100000-", "bytes=200000-"]
        assert machine.server.served_bytes(SHARDS[0]) == SHARD_BYTES

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
            "import sys; from pathlib import Path; from deepseek_space.models.download import Hub, fetch\n"
            "hub = Hub(endpoint=sys.argv[1], cache_dir=Path(sys.argv[2]))\n"
            "fetch(sys.argv[3], hub=hub, progress=lambda loading: None)\n"
        )
        command = [sys.executable, "-c", program, machine.server.url, str(machine.cache), REPO]
        child = subprocess.Popen(command, env={"PYTHONPATH": str(SRC), "PATH": "", "OMP_NUM_THREADS": "1"})
        assert pause.reached.wait(timeout=120)
        deadline_s = time.monotonic() + 30
        while not machine.partial(SHARDS[0]).stat().st_size and time.monotonic() < deadline_s:
            time.sleep(0.01)  # the bytes are sent; the child is about to write them
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
        counted = [event.done for event in machine.events if event.stage == f"Fetching {REPO}"]
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

    def test_a_disk_that_fills_up_keeps_what_has_arrived(self, machine: Machine):
        machine.partial(SHARDS[1]).parent.mkdir(parents=True)
        machine.partial(SHARDS[1]).symlink_to("/dev/full")
        with pytest.raises(NoSpace, match="is full"):
            machine.fetch()
        assert machine.blob(SHARDS[0]).read_bytes() == shard(1)

    def test_a_cache_that_cannot_be_written_is_named(self, machine: Machine, tmp_path: Path):
        (tmp_path / "file").write_text("in the way")
        hub = Hub(endpoint=machine.server.url, cache_dir=tmp_path / "file" / "hub")
        with pytest.raises(NoSpace, match=r"file/hub cannot be written.*HF_HOME"):
            fetch(REPO, hub=hub, progress=machine.events.append)


class TestWithoutANetwork:
    @pytest.fixture
    def offline(self, machine: Machine) -> Hub:
        return Hub(endpoint="http://127.0.0.1:9", cache_dir=machine.cache, patience=machine.hub.patience)

    def test_a_complete_model_is_used(self, machine: Machine, offline: Hub):
        folder = machine.fetch()
        assert fetch(REPO, hub=offline, progress=machine.events.append) == folder

    def test_an_incomplete_one_is_not(self, machine: Machine, offline: Hub):
        folder = machine.fetch()
        (folder / SHARDS[1]).unlink()
        with pytest.raises(NoNetwork):
            fetch(REPO, hub=offline, progress=machine.events.append)

    def test_it_is_said_soon(self, machine: Machine, offline: Hub):
        with pytest.raises(NoNetwork, match=r"http://127\.0\.0\.1:9 for deepseek-ai/tiny"):
            fetch(REPO, hub=offline, progress=machine.events.append)
        assert sum(machine.naps) <= 2


class TestWhatIsOnThisDisk:
    def test_nothing_is_found_where_nothing_is(self, machine: Machine):
        assert cached_snapshot(REPO, hub=machine.hub) is None

    def test_a_fetched_model_is_found_without_reading_it_again(self, machine: Machine):
        folder = machine.fetch()
        calls = len(machine.server.api_calls)
        assert cached_snapshot(REPO, hub=machine.hub, progress=machine.events.append) == folder
        assert len(machine.server.api_calls) == calls

        checks: list[Loading] = []
        cached_snapshot(REPO, hub=machine.hub, progress=checks.append)
        assert checks == []

    def test_what_another_program_fetched_is_verified_first(self, machine: Machine):
        folder = snapshot_download(REPO, cache_dir=machine.cache, endpoint=machine.server.url)
        checks: list[Loading] = []
        assert cached_snapshot(REPO, hub=machine.hub, progress=checks.append) == Path(folder)
        assert {check.stage for check in checks} >= {f"Checking {name}" for name in SHARDS}

    def test_a_newer_commit_is_fetched_and_shares_what_did_not_change(self, machine: Machine):
        old = machine.fetch()
        machine.server.publish(REPO, checkpoint(**{"tokenizer.json": b'{"new": 1}'}))
        machine.server.served.clear()
        new = machine.fetch()
        assert new != old
        assert [served.name for served in machine.server.served] == ["tokenizer.json"]
        assert cached_snapshot(REPO, hub=machine.hub) == new


def test_every_error_is_one_that_a_person_may_see(machine: Machine):
    machine.server.answer_with("api", 418)
    with pytest.raises(SpaceError, match="HTTP 418"):
        machine.fetch()
