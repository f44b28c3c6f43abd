"""Folders: what is a checkpoint is described from its headers alone, what is none says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import PhiConfig, PhiForCausalLM

from deepseek_space.errors import ModelNotFound, NotACheckpoint, Unsupported
from deepseek_space.models.files.checkpoint_files import from_config, read_checkpoint
from deepseek_space.models.files.safetensors_header import read_header
from deepseek_space.models.shape.weights import params_total
from tiny_models import ARCHITECTURES, tiny_model

INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_model("v2-lite").save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    tiny_model("llama-mha").save_pretrained(tmp_path / "sharded", max_shard_size="200KB")
    return tmp_path / "sharded"


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_saved_model_is_described_without_reading_its_weights(name: str, tmp_path: Path):
    model = tiny_model(name)
    model.save_pretrained(tmp_path)
    found = read_checkpoint(tmp_path)
    assert found.params_total == sum(parameter.numel() for parameter in model.parameters())
    assert found.dtype == "fp32"
    assert found.disk_bytes == (tmp_path / "model.safetensors").stat().st_size
    assert found.context_practical == model.config.max_position_embeddings


def test_shards_count_together(sharded: Path):
    assert len(list(sharded.glob("*.safetensors"))) > 1
    found = read_checkpoint(sharded)
    assert found.params_total == sum(parameter.numel() for parameter in tiny_model("llama-mha").parameters())


def test_other_architectures_are_counted_from_what_is_stored(tmp_path: Path):
    config = PhiConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, vocab_size=64)
    model = PhiForCausalLM(config)
    model.save_pretrained(tmp_path)
    found = read_checkpoint(tmp_path)
    assert found.params_total == sum(parameter.numel() for parameter in model.parameters())
    assert {matrix.kind for matrix in found.matrices} == {"embedding", "linear", "head", "other"}


def test_layers_that_predict_further_tokens_do_not_count(folder: Path):
    tensors = load_file(folder / "model.safetensors")
    before = read_checkpoint(folder)
    tensors["model.layers.2.eh_proj.weight"] = torch.zeros(64, 128)
    save_file(tensors, folder / "model.safetensors")
    assert read_checkpoint(folder).matrices == before.matrices


def test_config_and_headers_of_a_hub_repository_are_enough(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    headers = read_header(folder / "model.safetensors")
    assert from_config("hub/tiny", config, headers).matrices == read_checkpoint(folder).matrices
    assert from_config("hub/tiny", config).params_total == params_total(read_checkpoint(folder).matrices)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 10**9),
        ("hidden_size", -64),
        ("hidden_size", 10**12),
        ("vocab_size", "many"),
        ("num_attention_heads", 0),
        ("n_routed_experts", 2.5),
        ("kv_lora_rank", True),
        ("intermediate_size", None),
        ("max_position_embeddings", 10**18),
        ("rope_parameters", "yarn"),
        ("rope_parameters", {"rope_type": "yarn", "factor": "big"}),
        ("rope_parameters", {"rope_type": "spiral"}),
        ("model_type", None),
    ],
)
def test_a_config_with_impossible_values_is_refused(folder: Path, key: str, value: Any):
    edit(folder / "config.json", lambda config: config.update({key: value}))
    with pytest.raises(NotACheckpoint, match=key):
        read_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '"config"', "\0", "[" * 100_000])
def test_a_config_that_is_no_object_is_refused(folder: Path, text: str):
    (folder / "config.json").write_text(text)
    with pytest.raises(NotACheckpoint, match=r"config\.json"):
        read_checkpoint(folder)


def test_a_config_that_wants_more_weights_than_there_are_is_refused(folder: Path):
    edit(folder / "config.json", lambda config: config.update(vocab_size=640))
    with pytest.raises(NotACheckpoint, match="needs"):
        read_checkpoint(folder)


def test_a_layer_without_weights_is_named(folder: Path):
    edit(folder / "config.json", lambda config: config.update(num_hidden_layers=3))
    with pytest.raises(NotACheckpoint, match="layer 2 of 3"):
        read_checkpoint(folder)


def test_missing_tensors_are_noticed(folder: Path):
    tensors = load_file(folder / "model.safetensors")
    del tensors["lm_head.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(NotACheckpoint, match="holds"):
        read_checkpoint(folder)


def test_a_file_that_is_cut_short_is_refused(folder: Path):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(NotACheckpoint, match="cut short"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    "name", ["../outside.safetensors", "/etc/passwd", "a/b.safetensors", "..\\x.safetensors", ".."]
)
def test_an_index_that_leads_out_of_its_folder_is_refused(sharded: Path, name: str):
    edit(sharded / INDEX, lambda index: index["weight_map"].update({"lm_head.weight": name}))
    with pytest.raises(NotACheckpoint, match="outside its folder"):
        read_checkpoint(sharded)


def test_a_missing_shard_is_named(sharded: Path):
    shard = sorted(sharded.glob("*.safetensors"))[0]
    shard.unlink()
    with pytest.raises(NotACheckpoint, match=shard.name):
        read_checkpoint(sharded)


def test_a_tensor_that_only_the_index_knows_is_named(sharded: Path):
    shard = min(sharded.glob("*.safetensors")).name
    edit(sharded / INDEX, lambda index: index["weight_map"].update({"model.ghost": shard}))
    with pytest.raises(NotACheckpoint, match=r"model\.ghost"):
        read_checkpoint(sharded)


@pytest.mark.parametrize("text", ["{}", '{"weight_map": []}', '{"weight_map": {}}', "nonsense"])
def test_an_index_without_a_map_is_refused(sharded: Path, text: str):
    (sharded / INDEX).write_text(text)
    with pytest.raises(NotACheckpoint, match=r"index\.json"):
        read_checkpoint(sharded)


def test_a_folder_that_is_no_checkpoint_says_so(tmp_path: Path):
    (tmp_path / "train.csv").write_text("a data set")
    with pytest.raises(NotACheckpoint, match=r"no config\.json"):
        read_checkpoint(tmp_path)


def test_a_config_without_weights_says_so(folder: Path):
    (folder / "model.safetensors").unlink()
    with pytest.raises(NotACheckpoint, match="no weights"):
        read_checkpoint(folder)


def test_a_path_that_does_not_exist_or_is_another_file(tmp_path: Path):
    with pytest.raises(ModelNotFound, match="nowhere"):
        read_checkpoint(tmp_path / "nowhere")
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04")
    with pytest.raises(NotACheckpoint, match=r"model\.pkl"):
        read_checkpoint(tmp_path / "model.pkl")


@pytest.mark.parametrize("old_form", [False, True])
def test_pickled_weights_are_described_as_they_are_in_safetensors(folder: Path, old_form: bool):
    described = read_checkpoint(folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=not old_form)
    found = read_checkpoint(folder)
    assert (found.matrices, found.dtype) == (described.matrices, described.dtype)
    assert found.disk_bytes == (folder / "pytorch_model.bin").stat().st_size


def test_foreign_quantisation_and_unknown_types_are_unsupported(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    with pytest.raises(Unsupported, match="gptq"):
        from_config("x", config | {"quantization_config": {"quant_method": "gptq"}})
    with pytest.raises(Unsupported, match="deepseek_v41"):
        from_config("x", config | {"model_type": "deepseek_v41"})
    published = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    assert from_config("x", config | {"quantization_config": published}).dtype == "fp8"


@pytest.mark.parametrize("layout", [{}, {"weight_block_size": None}, {"weight_block_size": [64, 64]}])
def test_fp8_in_another_layout_than_that_of_v3_is_unsupported(folder: Path, layout):
    config = json.loads((folder / "config.json").read_text())
    with pytest.raises(Unsupported, match="layout that is not read here"):
        from_config("x", config | {"quantization_config": {"quant_method": "fp8", **layout}})


def test_a_head_that_is_stored_beside_the_embedding_is_counted_whatever_the_config_says(folder: Path):
    untied = params_total(read_checkpoint(folder).matrices)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    assert params_total(read_checkpoint(folder).matrices) == untied
