"""Between here and the Hub stand mirrors, proxies and login pages: what they leave out or make up harms nothing."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepseek_space.errors import NoNetwork
from hub_machine import REPO, SHARD_BYTES, SHARDS, Machine, checkpoint, hub_machine, shard


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


class TestAMirrorWithoutChecksums:
    def test_is_asked_for_those_of_each_file(self, machine: Machine):
        machine.server.lists_sums = False
        folder = machine.fetch()
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == checkpoint()
        assert machine.fetched()[-1].done == sum(map(len, checkpoint().values()))

    def test_is_verified_all_the_same(self, machine: Machine):
        machine.server.lists_sums = False
        machine.server.corruptions[SHARDS[1]] = 1
        assert (machine.fetch() / SHARDS[1]).read_bytes() == shard(2)

    @pytest.mark.parametrize("name", ["config.json", SHARDS[0]])
    def test_that_tells_none_at_all_is_refused_by_name(self, machine: Machine, name: str):
        machine.server.lists_sums = False
        machine.server.etags[name] = "5f3c-abc"  # a web server's own, of date and size
        with pytest.raises(NoNetwork, match=f"tells no checksum of {name} of {REPO}.*HF_ENDPOINT"):
            machine.fetch()
        assert machine.server.served == []


class TestAnAnswerThatNoHubGives:
    @pytest.fixture(
        params=[
            b"[]",
            b"[1, 2]",
            b'"please log in"',
            b"null",
            b"3",
            b"{}",
            b'{"id": "x", "siblings": []}',
            b'{"id": "x", "sha": 7, "siblings": []}',
            b'{"id": "x", "sha": "' + b"a" * 40 + b'", "siblings": [3]}',
            b'{"id": "x", "sha": "' + b"a" * 40 + b'", "siblings": "no"}',
            b'{"error": "Login required"}',
            b"<html>Please log in</html>",
        ],
        ids=repr,
    )
    def strange(self, request: pytest.FixtureRequest) -> bytes:
        return request.param

    def test_is_doubted(self, machine: Machine, strange: bytes):
        machine.server.login_page = strange
        with pytest.raises(NoNetwork, match=r"an answer about deepseek-ai/tiny that no Hub gives.*login first"):
            machine.fetch()

    def test_is_no_reason_not_to_use_what_is_here(
        self, machine: Machine, strange: bytes, caplog: pytest.LogCaptureFixture
    ):
        folder = machine.fetch()
        machine.server.login_page = strange
        with caplog.at_level(logging.WARNING):
            assert machine.fetch() == folder
        assert "What is here already is used." in caplog.text


class TestARange:
    """The answer to a resumed download is looked at before its bytes are appended."""

    @pytest.fixture(autouse=True)
    def _half_is_here(self, machine: Machine) -> None:
        machine.partial(SHARDS[0]).parent.mkdir(parents=True)
        machine.partial(SHARDS[0]).write_bytes(shard(1)[: SHARD_BYTES // 2])

    def asked(self, machine: Machine) -> list[str | None]:
        return [served.range for served in machine.server.served if served.name == SHARDS[0]]

    def test_that_the_server_does_not_have_begins_the_file_again(self, machine: Machine):
        machine.server.answer_with(SHARDS[0], 416)
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)
        assert self.asked(machine) == [None]
        assert max(event.done for event in machine.fetched()) == machine.fetched()[-1].total

    def test_of_other_bytes_begins_the_file_again(self, machine: Machine):
        machine.server.range_shift = 7
        assert (machine.fetch() / SHARDS[0]).read_bytes() == shard(1)
        assert self.asked(machine) == [f"bytes={SHARD_BYTES // 2}-", None]

    def test_that_is_always_refused_is_given_up(self, machine: Machine):
        machine.server.answer_with(SHARDS[0], *[416] * 20)
        with pytest.raises(NoNetwork, match=f"Fetching {SHARDS[0]}.*HTTP 416"):
            machine.fetch()


def test_a_pull_request_is_a_revision(machine: Machine):
    folder = machine.fetch(revision="refs/pr/7")
    assert json.loads((folder / "config.json").read_text())["model_type"] == "llama"
    assert machine.server.api_calls[0].split("?")[0].endswith("/revision/refs%2Fpr%2F7")
    assert (machine.store.root / "refs" / "refs" / "pr" / "7").read_text() == folder.name
