"""A repository of the Hub is described exactly by a few kilobytes of its files, whatever its config.json leaves out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deepseek_space.errors import Corrupt, NoNetwork
from deepseek_space.models.downloads import remote_headers
from deepseek_space.models.downloads.download import inspect_repo
from deepseek_space.models.downloads.remote_headers import FIRST_BYTES, read_headers
from deepseek_space.models.files.checkpoint_files import read_checkpoint
from deepseek_space.models.inspection import read_hub
from hub_machine import REPO, SHARDS, Machine, checkpoint, hub_machine
from tiny_models import tiny_model


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


@pytest.fixture
def published(machine: Machine, tmp_path: Path) -> Path:
    """Return the folder whose files, several shards, the Hub publishes."""
    folder = tmp_path / "published"
    tiny_model("v2-lite").save_pretrained(folder, max_shard_size="400KB")
    machine.server.publish(REPO, {path.name: path.read_bytes() for path in folder.iterdir()})
    return folder


def shards_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.safetensors"))


def headers(machine: Machine) -> dict[str, remote_headers.TensorInfo]:
    return read_headers(machine.inspect(), hub=machine.hub)


def test_a_plan_knows_weights_and_type_from_the_headers_alone(machine: Machine, published: Path):
    config = json.loads((published / "config.json").read_text()) | {"dtype": "bfloat16"}
    machine.server.repos[REPO].files["config.json"] = json.dumps(config).encode()
    found, wanted = read_hub(REPO, hub=machine.hub), read_checkpoint(published)
    assert found.matrices == wanted.matrices
    assert found.dtype == "fp32"
    assert found.disk_bytes == wanted.disk_bytes
    assert len(shards_of(published)) > 1
    for name in shards_of(published):
        assert machine.server.served_bytes(name) <= FIRST_BYTES < (published / name).stat().st_size


def test_a_plan_without_a_network_is_made_from_what_is_here(machine: Machine, published: Path):
    machine.server.repos[REPO].files["tokenizer.json"] = b"{}"
    offline = replace(machine.hub, endpoint="http://127.0.0.1:9")
    with pytest.raises(NoNetwork):
        read_hub(REPO, hub=offline)
    machine.fetch()
    assert read_hub(REPO, hub=offline) == read_hub(REPO, hub=machine.hub)


def test_a_long_header_is_read_to_its_end_and_no_further(
    machine: Machine, published: Path, monkeypatch: pytest.MonkeyPatch
):
    wanted = headers(machine)
    machine.server.served.clear()
    monkeypatch.setattr(remote_headers, "FIRST_BYTES", 100)
    assert headers(machine) == wanted
    for name in shards_of(published):
        content = (published / name).read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        asked = [served.range for served in machine.server.served if served.name == name]
        assert asked == ["bytes=0-99", f"bytes=100-{end - 1}"]


def test_a_server_without_ranges_is_left_after_the_header(machine: Machine, published: Path):
    wanted = headers(machine)
    machine.server.ignores_ranges = True
    assert headers(machine) == wanted


def test_a_connection_that_breaks_is_tried_again(machine: Machine, published: Path):
    wanted = headers(machine)
    name = shards_of(published)[0]
    machine.server.drops[name] = [10]
    assert headers(machine) == wanted
    machine.server.answer_with(name, 503, 429)
    assert headers(machine) == wanted
    machine.server.answer_with(name, *[503] * 6)
    with pytest.raises(NoNetwork, match=f"Reading the header of {name} of {REPO}"):
        headers(machine)


def test_a_header_that_does_not_fit_its_file_is_refused(machine: Machine, published: Path):
    name = shards_of(published)[0]
    for damaged in (b"", b"\x08", b"x" * 5000, (published / name).read_bytes()[:-1]):
        machine.server.repos[REPO].files[name] = damaged
        with pytest.raises(Corrupt, match=f"publishes {name} with a header that does not describe the file"):
            headers(machine)


def test_pickles_have_no_headers(machine: Machine):
    files = checkpoint(**dict.fromkeys((*SHARDS, "model.safetensors.index.json")))
    machine.server.publish(REPO, files | {"pytorch_model.bin": b"pickle"})
    assert read_headers(inspect_repo(REPO, hub=machine.hub), hub=machine.hub) == {}
    assert machine.server.served_bytes("pytorch_model.bin") == 0
