"""What lies on this disk is used without a network if, and only if, it is complete and unharmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, snapshot_download

from deepseek_space.errors import NoNetwork
from deepseek_space.events import Loading
from deepseek_space.models.downloads.download import Hub, cached_snapshot, fetch, inspect_repo
from hub_machine import REPO, SHARDS, Machine, checkpoint, hub_machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


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
        with pytest.raises(NoNetwork, match=r"http://127\.0\.0\.1:9 for deepseek-ai/tiny") as refused:
            fetch(REPO, hub=offline, progress=machine.events.append)
        assert sum(machine.naps) <= 2
        assert str(refused.value).count("127.0.0.1") == 1

    @pytest.mark.parametrize(
        ("repo_id", "nearest"),
        [
            ("deepseek-ai/DeepSeek-R1-Distil-Qwen-7B", "Nearest names: r1-distill-qwen-7b, "),
            ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", ""),
            ("deepseek-ai/DeepSeek-Prover-V2-7B", ""),
        ],
    )
    def test_the_other_ways_are_named_and_the_nearest_names_of_a_slip(self, offline: Hub, repo_id: str, nearest: str):
        ways = r"try again\. .*folder.*GGUF file.*HF_ENDPOINT"
        with pytest.raises(NoNetwork, match=ways) as refused:
            inspect_repo(repo_id, hub=offline)
        assert nearest in str(refused.value)
        assert ("Nearest" in str(refused.value)) == bool(nearest)

    def test_a_machine_that_is_told_to_stay_offline_does(self, machine: Machine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(NoNetwork, match="HF_HUB_OFFLINE"):
            machine.fetch()
        assert machine.server.api_calls == []
