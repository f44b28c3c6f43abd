"""Fetching from the Hub: only what is needed, judged first, and clear about what is refused."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download, try_to_load_from_cache

from deepseek_space.errors import (
    AccessDenied,
    Corrupt,
    ModelNotFound,
    NoNetwork,
    NoSpace,
    SpaceError,
    Unsupported,
)
from deepseek_space.models.downloads.download import Hub, fetch
from hub_machine import CONFIG, REPO, SHARD_BYTES, SHARDS, Machine, checkpoint, hub_machine, shard


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


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
        counts = [event.done for event in machine.fetched()]
        assert counts == sorted(counts)
        assert counts[-1] == total
        assert {event.total for event in machine.fetched()} == {total}

    def test_a_second_start_transfers_nothing(self, machine: Machine):
        machine.fetch()
        machine.server.served.clear()
        machine.fetch()
        assert machine.server.served == []

    def test_takes_one_copy_of_the_weights_and_nothing_else(self, machine: Machine):
        extra = ("pytorch_model.bin", "original/consolidated.safetensors", "README.md", "model.gguf", "modeling.py")
        machine.server.publish(REPO, checkpoint() | dict.fromkeys(extra, b"x"))
        assert {path.name for path in machine.fetch().iterdir()} == set(checkpoint())

    def test_takes_the_shards_of_the_index_where_both_forms_are_published(self, machine: Machine):
        machine.server.publish(REPO, checkpoint() | {"model.safetensors": shard(3)})
        assert {path.name for path in machine.fetch().iterdir()} == set(checkpoint())

    def test_takes_bin_files_where_there_is_nothing_better(self, machine: Machine):
        files = {"config.json": json.dumps(CONFIG).encode(), "pytorch_model.bin": shard(3), "tokenizer.model": b"t"}
        machine.server.publish(REPO, files)
        assert {path.name for path in machine.fetch().iterdir()} == set(files)

    def test_says_what_to_do_with_a_repository_of_ggufs(self, machine: Machine):
        machine.server.publish(REPO, {"a.gguf": b"GGUF-a", "b.gguf": b"GGUF-b"})
        with pytest.raises(Unsupported, match=r"--model FILE\.gguf"):
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
            ({"config.json": b'{"model_type"'}, Corrupt, "not readable JSON"),
            ({"config.json": b"[1]"}, Corrupt, "holds a list"),
            ({"config.json": b"[" * 100_000}, Corrupt, "not readable JSON"),
            (
                {"model.safetensors.index.json": b'{"weight_map": {"a": "../../evil"}}'},
                Corrupt,
                "outside its folder",
            ),
            (
                {"model.safetensors.index.json": b'{"weight_map": {"a": "/etc/passwd"}}'},
                Corrupt,
                "outside its folder",
            ),
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
        with pytest.raises(ModelNotFound, match=r"'deepseek-ai/tinny'.*that may read it\.$"):
            machine.fetch("deepseek-ai/tinny")

    def test_a_missing_model_is_told_the_nearest_names(self, machine: Machine):
        with pytest.raises(ModelNotFound, match=r"Check the spelling.*Nearest names: r1-distill-qwen-7b[,.]"):
            machine.inspect("deepseek-ai/DeepSeek-R1-Distil-Qwen-7B")

    def test_a_missing_revision_is_named(self, machine: Machine):
        machine.server.answer_with("api", 404, X_Error_Code="RevisionNotFound")
        with pytest.raises(ModelNotFound, match="no such revision"):
            machine.fetch(revision="v9")

    @pytest.mark.parametrize("repo_id", ["a b/c", "a/b/c", "../etc"])
    def test_a_name_that_is_no_name_is_refused(self, machine: Machine, repo_id: str):
        with pytest.raises(ModelNotFound, match="owner/name"):
            machine.fetch(repo_id)


def test_a_file_that_is_listed_and_not_served_is_named(machine: Machine):
    machine.server.answer_with("tokenizer.json", 404, X_Error_Code="EntryNotFound")
    with pytest.raises(Unsupported, match=r"lists .*tokenizer\.json and does not serve it"):
        machine.fetch()


def test_an_answer_that_no_hub_gives_is_doubted(machine: Machine):
    machine.server.login_page = b"<html>Please log in</html>"
    with pytest.raises(NoNetwork, match=r"HF_ENDPOINT.*login"):
        machine.fetch()


def test_two_at_once_transfer_everything_once(machine: Machine):
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(machine.fetch())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders == [folders[0]] * 2
    assert machine.server.served_bytes(SHARDS[0]) == SHARD_BYTES


def test_every_error_is_one_that_a_person_may_see(machine: Machine):
    machine.server.answer_with("api", 418)
    with pytest.raises(SpaceError, match="HTTP 418"):
        machine.fetch()
