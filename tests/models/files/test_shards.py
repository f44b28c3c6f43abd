import json
import pickle
import re

import pytest
import torch
from safetensors.torch import save_file

from deepseek_space.errors import Cancelled, Corrupt, NotACheckpoint
from deepseek_space.models.files.shards import (
    Reading,
    dequantise_fp8,
    for_model,
    open_tensors,
)
from deepseek_space.models.files.weight_files import weight_files
from deepseek_space.models.shape.tensors import layer_of
from fp8_blocks import quantise_fp8
from tiny_models import LATENT, tiny_model


def reading(total_bytes: int = 10**9, *, reports: list | None = None, cancelled=lambda: False) -> Reading:
    progress = (lambda report: None) if reports is None else reports.append
    return Reading(stage="Loading tiny", total_bytes=total_bytes, progress=progress, cancelled=cancelled)


@pytest.fixture
def weights():
    torch.manual_seed(0)
    return {"a.weight": torch.randn(4, 6), "b.weight": torch.randn(5).to(torch.bfloat16)}


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_single_file_gives_its_tensors_on_demand(tmp_path, weights, name):
    save_file(weights, tmp_path / name) if name.endswith("safetensors") else torch.save(weights, tmp_path / name)
    found = open_tensors(weight_files(tmp_path), reading())
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[key][...], weights[key]) for key in weights)


def test_safetensors_win_over_a_second_copy_in_bin(tmp_path, weights):
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "pytorch_model.bin").write_bytes(b"never read")
    assert weight_files(tmp_path) == (tmp_path / "model.safetensors",)


def write_index(folder, *names):
    weight_map = {f"{index}.weight": name for index, name in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def test_shards_are_taken_from_the_index(tmp_path, weights):
    for key, tensor in weights.items():
        save_file({key: tensor}, tmp_path / f"{key[0]}.safetensors")
    write_index(tmp_path, "b.safetensors", "a.safetensors", "b.safetensors")
    assert open_tensors(weight_files(tmp_path), reading()).keys() == weights.keys()


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "folder/x.safetensors"])
def test_an_index_cannot_lead_out_of_its_folder(tmp_path, name):
    write_index(tmp_path, name)
    with pytest.raises(NotACheckpoint, match="a path outside its folder"):
        weight_files(tmp_path)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(NotACheckpoint, match="holds no weights"):
        weight_files(tmp_path)
    write_index(tmp_path, "absent.safetensors")
    with pytest.raises(NotACheckpoint, match=r"lacks 1 of 1 weight files, absent\.safetensors"):
        weight_files(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 3}}'])
def test_an_index_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(NotACheckpoint, match="index"):
        weight_files(tmp_path)


def lying_header() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0" * 64


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 64, (2**40).to_bytes(8, "little") + b"{}", lying_header()], ids=range(4)
)
def test_damaged_safetensors_are_corrupt(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(Corrupt, match="fetch it again"):
        open_tensors(weight_files(tmp_path), reading())


def test_a_file_cut_short_is_corrupt(tmp_path, weights):
    path = tmp_path / "model.safetensors"
    save_file(weights, path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(Corrupt):
        open_tensors(weight_files(tmp_path), reading())


class Harmful:
    """Unpickling it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_in_a_pickle_is_refused_and_never_run(tmp_path):
    for write in (
        lambda path, value: torch.save(value, path),
        lambda path, value: path.write_bytes(pickle.dumps(value)),
    ):
        write(tmp_path / "pytorch_model.bin", {"a": Harmful(tmp_path / "harm")})
        with pytest.raises(Corrupt, match="tensors alone"):
            open_tensors(weight_files(tmp_path), reading())
    assert not (tmp_path / "harm").exists()


def test_progress_ends_at_the_whole_and_never_falls(tmp_path, weights):
    save_file(weights, tmp_path / "model.safetensors")
    reports = []
    counter = reading(sum(tensor.nbytes for tensor in weights.values()), reports=reports)
    for tensor in open_tensors(weight_files(tmp_path), counter).values():
        tensor[...]
    assert [report.done for report in reports] == sorted(report.done for report in reports)
    assert reports[-1].done == reports[-1].total == 96 + 10


def test_many_tensors_give_few_reports():
    reports = []
    counter = reading(100_000, reports=reports)
    for _ in range(10_000):
        counter.count(10)
    assert len(reports) <= 201


def test_a_stop_is_heard_at_the_next_tensor(tmp_path, weights):
    save_file(weights, tmp_path / "model.safetensors")
    found = open_tensors(weight_files(tmp_path), reading(cancelled=lambda: True))
    with pytest.raises(Cancelled, match="Loading tiny"):
        found["a.weight"][...]


@pytest.mark.parametrize("shape", [(128, 128), (256, 384), (200, 130), (1, 5)])
def test_fp8_blocks_become_plain_numbers(tmp_path, shape):
    torch.manual_seed(0)
    weight = torch.randn(shape) * torch.logspace(-2, 2, shape[1])
    stored, scales = quantise_fp8(weight)
    save_file({"a.weight": stored, "a.weight_scale_inv": scales}, tmp_path / "model.safetensors")
    found = open_tensors(weight_files(tmp_path), reading())
    assert list(found) == ["a.weight"]
    plain = found["a.weight"][...]
    assert plain.dtype == torch.bfloat16
    assert ((plain - weight).norm() / weight.norm()) < 0.05
    assert torch.equal(plain, dequantise_fp8(stored, scales))


@pytest.mark.parametrize("architecture", LATENT)
def test_experts_get_the_names_of_the_model(tmp_path, architecture):
    model = tiny_model(architecture)
    model.save_pretrained(tmp_path)
    published = open_tensors(weight_files(tmp_path), reading())
    experts = {found[1] for name in published if (found := re.search(r"\.experts\.(\d+)\.", name))}
    assert ({layer_of(name) for name in published} - {None}, experts) == ({0, 1}, set("01234567"))
    fused = for_model(published, layers=2, experts="fused", dtype=torch.float32)
    assert fused.keys() == model.state_dict().keys()
    assert all(torch.equal(fused[name][...], tensor) for name, tensor in model.state_dict().items())
    split = for_model(published, layers=2, experts="split", dtype=torch.float32)
    prefix = "model.layers.1.mlp.experts"
    for part in ("gate_up", "down"):
        whole = model.state_dict()[f"{prefix}.{part}_proj"]
        assert all(torch.equal(split[f"{prefix}.{part}.{index}.weight"][...], whole[index]) for index in range(8))


def test_draft_layers_are_left_out(tmp_path):
    save_file({f"model.layers.{i}.a.weight": torch.ones(1) for i in range(3)}, tmp_path / "model.safetensors")
    published = open_tensors(weight_files(tmp_path), reading())
    assert {layer_of(name) for name in published} == {0, 1, 2}
    assert list(for_model(published, layers=2, experts="fused", dtype=torch.float32)) == [
        "model.layers.0.a.weight",
        "model.layers.1.a.weight",
    ]


def test_an_absent_expert_is_named(tmp_path):
    tiny_model("v2").save_pretrained(tmp_path)
    published = open_tensors(weight_files(tmp_path), reading())
    del published["model.layers.1.mlp.experts.3.up_proj.weight"]
    with pytest.raises(NotACheckpoint, match=r"layers\.1\.mlp\.experts lacks"):
        for_model(published, layers=2, experts="split", dtype=torch.float32)
