import gc
import json
import weakref

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedModel

from deepseek_space.errors import (
    Cancelled,
    Corrupt,
    LoadFailed,
    NotACheckpoint,
    OutOfMemory,
    SpaceError,
    Unsupported,
    UsageError,
)
from deepseek_space.models import loader
from deepseek_space.models.loader import load
from deepseek_space.models.precision import linear_kind
from fake_index import tiny_gguf
from fp8_blocks import quantise_fp8
from tiny_models import ARCHITECTURES, tiny_model
from tiny_tokenizers import deepseek_tokenizer

IDS = torch.arange(2, 22).view(2, 10)


def save(folder, architecture: str, *, dtype=torch.float32, **options) -> PreTrainedModel:
    model = tiny_model(architecture).to(dtype)
    model.save_pretrained(folder, **options)
    deepseek_tokenizer(pieces=300).save_pretrained(folder)
    return model


def opened(folder, precision: str = "fp32", **changes):
    options = {
        "name": "tiny",
        "precision": precision,
        "device": "cpu",
        "progress": lambda report: None,
        "cancelled": lambda: False,
    }
    return load(folder, **options | changes)


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def logits(model: PreTrainedModel) -> torch.Tensor:
    with torch.inference_mode():
        return model(IDS).logits


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_model_is_the_one_that_transformers_loads(tmp_path, architecture, precision):
    save(tmp_path, architecture)
    plain = AutoModelForCausalLM.from_pretrained(
        tmp_path, dtype={"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    )
    result = opened(tmp_path, precision)
    assert not result.model.training
    assert result.model.config._attn_implementation == "sdpa"
    assert torch.equal(logits(result.model), logits(plain))


@pytest.mark.parametrize("architecture", ["qwen2-gqa", "v3"])
def test_shards_load_as_one_file_does(tmp_path, architecture):
    model = save(tmp_path, architecture, max_shard_size="60KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert torch.equal(logits(opened(tmp_path).model), logits(model))


def test_a_bin_checkpoint_loads(tmp_path):
    model = save(tmp_path, "llama-mha")
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    assert torch.equal(logits(opened(tmp_path).model), logits(model))


def test_what_is_returned_says_what_was_loaded(tmp_path):
    model = save(tmp_path, "llama-mha")
    GenerationConfig(eos_token_id=[1, 7]).save_pretrained(tmp_path)
    result = opened(tmp_path, name="shown", extra_stop=("<｜User｜>", "not a token"))
    tokenizer = result.tokenizer
    assert (result.name, result.precision, result.device) == ("shown", "fp32", "cpu")
    assert result.context_tokens == model.config.max_position_embeddings
    assert {
        1,
        7,
        tokenizer.eos_token_id,
        *tokenizer.convert_tokens_to_ids(["<｜User｜>", "<|EOT|>"]),
    } == result.stop_ids
    assert opened(tmp_path, context_tokens=77).context_tokens == 77


def test_progress_counts_the_bytes_of_the_files(tmp_path):
    save(tmp_path, "v2-lite")
    reports = []
    opened(tmp_path, "int8", progress=reports.append)
    done = [report.done for report in reports]
    assert done == sorted(done)
    assert len(done) > 20
    assert reports[-1].done == reports[-1].total == (tmp_path / "model.safetensors").stat().st_size
    assert {report.stage for report in reports} == {"Loading tiny"}


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("after", [0, 1, 9])
def test_a_stop_ends_the_load(tmp_path, precision, after):
    save(tmp_path, "v2-lite")
    asked = iter(range(10_000))
    with pytest.raises(Cancelled, match="Loading tiny"):
        opened(tmp_path, precision, cancelled=lambda: next(asked) >= after)
    assert next(asked) < after + 30


def test_the_model_is_arranged_for_its_user_layer_by_layer_and_a_stop_is_heard(tmp_path):
    save(tmp_path, "v2-lite")
    reports, seen = [], []

    def arrange(model, progress):
        seen.append(model)
        for done in range(3):
            progress(done, 3)

    result = opened(tmp_path, progress=reports.append, arrange=arrange)
    assert seen == [result.model]
    told = [report for report in reports if report.stage == "Arranging tiny"]
    assert [(report.done, report.total, report.unit) for report in told] == [(n, 3, "layers") for n in range(3)]
    asked = []
    with pytest.raises(Cancelled, match="Loading tiny"):
        opened(
            tmp_path,
            arrange=lambda model, progress: (asked.append("stop"), progress(0, 3)),
            cancelled=lambda: bool(asked),
        )


@pytest.mark.parametrize("precision", ["fp32", "int8", "nf4"])
def test_a_failed_load_keeps_no_model(tmp_path, precision, monkeypatch):
    save(tmp_path, "v2-lite")
    models = []
    construct = PreTrainedModel.__init__

    def noted(self, *arguments, **options):
        models.append(weakref.ref(self))
        construct(self, *arguments, **options)

    monkeypatch.setattr(PreTrainedModel, "__init__", noted)
    asked = iter(range(10_000))
    with pytest.raises(Cancelled) as caught:
        opened(tmp_path, precision, cancelled=lambda: next(asked) >= 9)
    assert models
    gc.collect()
    assert [model() for model in models if model() is not None] == []
    assert caught.value.__context__ is None


def test_published_fp8_is_given_as_plain_numbers(tmp_path):
    save(tmp_path, "v3")
    path = tmp_path / "model.safetensors"
    stored = {}
    for name, weight in load_file(path).items():
        if weight.dim() == 2 and "embed" not in name and "lm_head" not in name and "gate.weight" not in name:
            stored[name], stored[f"{name}_scale_inv"] = quantise_fp8(weight)
        else:
            stored[name] = weight
    save_file(stored, path)
    published = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}
    edit(tmp_path / "config.json", quantization_config=published)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.bfloat16)  # dequantised: there is no GPU
    result = opened(tmp_path, "bf16")
    loaded = result.model.state_dict()
    # transformers 5.24 keeps V3's router in fp32, and so do we.
    told = {name: weight.to(loaded[name].dtype) for name, weight in reference.state_dict().items()}
    assert {name: weight for name, weight in told.items() if not torch.equal(loaded[name], weight)} == {}
    assert type(opened(tmp_path, "int8").model.model.layers[0].mlp.up_proj).__name__ == "Int8Linear"


def test_published_fp8_loses_nothing_on_its_way_to_fp32(tmp_path):
    save(tmp_path, "llama-mha")
    path, name = tmp_path / "model.safetensors", "model.layers.0.mlp.up_proj.weight"
    stored, scales = quantise_fp8(load_file(path)[name])
    save_file(load_file(path) | {name: stored, f"{name}_scale_inv": scales}, path)
    published = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}
    edit(tmp_path / "config.json", quantization_config=published)
    exact = stored.double() * scales.double()  # one block
    loaded = opened(tmp_path, "fp32").model.get_parameter(name)
    assert torch.equal(loaded, exact.float())
    assert not torch.equal(loaded, exact.bfloat16().float())


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8", "nf4", "fp4"])
def test_a_tied_head_that_is_stored_all_the_same_is_the_embedding(tmp_path, precision):
    for folder in (tmp_path / "tied", tmp_path / "both"):
        save(folder, "llama-mha")
        edit(folder / "config.json", tie_word_embeddings=True)
        weights = load_file(folder / "model.safetensors")
        head = weights.pop("lm_head.weight")
        both = {"lm_head.weight": weights["model.embed_tokens.weight"].clone()} if folder.name == "both" else {}
        save_file(weights | both, folder / "model.safetensors")
    assert not torch.equal(head, weights["model.embed_tokens.weight"])
    tied, both = (opened(tmp_path / name, precision) for name in ("tied", "both"))
    assert torch.equal(logits(both.model), logits(tied.model))
    assert both.weight_bytes == tied.weight_bytes


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_head_that_differs_from_the_embedding_is_one_of_its_own_as_in_transformers(tmp_path, precision):
    save(tmp_path, "llama-mha")
    untied = logits(opened(tmp_path, precision).model)
    edit(tmp_path / "config.json", tie_word_embeddings=True)
    assert torch.equal(logits(opened(tmp_path, precision).model), untied)


@pytest.mark.parametrize("architecture", ["llama-mha", "v2-lite"])
def test_what_does_not_fit_is_kept_on_disk_and_answers_the_same(tmp_path, architecture):
    model = save(tmp_path / "model", architecture)
    whole = sum(parameter.nbytes for parameter in model.parameters())
    result = opened(tmp_path / "model", max_memory={"cpu": whole // 2}, offload_folder=tmp_path / "rest")
    assert "disk" in result.model.hf_device_map.values()
    assert list((tmp_path / "rest").iterdir())
    assert result.device == "cpu"
    assert torch.allclose(logits(result.model), logits(model), atol=1e-5)


def test_the_device_is_where_the_model_computes_even_if_all_of_it_lies_on_disk(tmp_path):
    save(tmp_path / "model", "llama-mha")
    result = opened(tmp_path / "model", max_memory={"cpu": 1}, offload_folder=tmp_path / "rest")
    assert (str(result.model.device), result.device) == ("meta", "cpu")


def test_weights_for_the_disk_need_a_folder(tmp_path):
    save(tmp_path, "llama-mha")
    with pytest.raises(OutOfMemory, match="name a folder"):
        opened(tmp_path, max_memory={"cpu": 100_000})
    with pytest.raises(Unsupported, match="single device"):
        opened(tmp_path, "int8", max_memory={"cpu": 100_000})


def test_a_gguf_is_read_as_plain_numbers(tmp_path):
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf())
    result = opened(tmp_path, "fp32", gguf_file="tiny.gguf")
    assert result.model.config.num_hidden_layers == 2
    assert result.model.dtype == torch.float32
    ids = result.tokenizer("ab", return_tensors="pt").input_ids
    assert torch.isfinite(result.model(ids).logits).all()
    with pytest.raises(Unsupported, match="choose bf16"):
        opened(tmp_path, "nf4", gguf_file="tiny.gguf")


@pytest.mark.parametrize("kept", [0, 10, 3000, -100])
def test_a_gguf_cut_short_is_refused(tmp_path, kept):
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf()[:kept])
    with pytest.raises((Corrupt, NotACheckpoint), match=r"[Ff]etch it again"):
        opened(tmp_path, gguf_file="tiny.gguf")


def test_a_device_that_is_not_here_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cuda:99"):
        opened(tmp_path, device="cuda:99")


class TestRefused:
    """Every refusal is one of our errors and names what is wrong."""

    @pytest.fixture
    def folder(self, tmp_path):
        save(tmp_path, "v2-lite")
        return tmp_path

    def test_nothing_there(self, tmp_path):
        for folder in (tmp_path, tmp_path / "absent"):
            with pytest.raises(NotACheckpoint, match=str(folder)):
                opened(folder)

    def test_a_configuration_that_is_no_json(self, folder):
        (folder / "config.json").write_text("{")
        with pytest.raises((NotACheckpoint, Unsupported)):
            opened(folder)

    def test_an_unknown_architecture(self, folder):
        edit(folder / "config.json", model_type="deepseek_v99")
        with pytest.raises(Unsupported, match="deepseek_v99"):
            opened(folder)

    def test_a_model_that_writes_no_text(self, folder):
        edit(folder / "config.json", model_type="vit", architectures=["ViTModel"])
        with pytest.raises(Unsupported, match="'vit'"):
            opened(folder)

    def test_code_of_the_repository_is_not_run(self, folder):
        (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
        auto_map = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
        edit(folder / "config.json", auto_map=auto_map)
        opened(folder)
        edit(folder / "config.json", model_type="deepseek")
        with pytest.raises(SpaceError):
            opened(folder)
        assert not (folder / "ran").exists()

    @pytest.mark.parametrize("key", ["num_hidden_layers", "n_routed_experts"])
    @pytest.mark.parametrize("precision", ["bf16", "int8"])
    def test_more_layers_or_experts_than_weights(self, folder, key, precision):
        edit(folder / "config.json", **{key: 10**9})
        with pytest.raises(NotACheckpoint, match="1,000,000,000"):
            opened(folder, precision)

    @pytest.mark.parametrize("precision", ["bf16", "int8", "nf4"])
    def test_sizes_that_do_not_match(self, folder, precision):
        edit(folder / "config.json", hidden_size=128)
        with pytest.raises((LoadFailed, NotACheckpoint)):
            opened(folder, precision)

    @pytest.mark.parametrize("precision", ["bf16", "int8"])
    @pytest.mark.parametrize("name", ["model.norm.weight", "model.layers.0.self_attn.q_proj.weight", "lm_head.weight"])
    def test_an_absent_weight_is_never_made_up(self, folder, name, precision):
        weights = load_file(folder / "model.safetensors")
        del weights[name]
        save_file(weights, folder / "model.safetensors")
        with pytest.raises(NotACheckpoint, match=name):
            opened(folder, precision)

    @pytest.mark.parametrize(
        ("stored", "said"),
        [
            ({"quant_method": "fp8", "activation_scheme": "static"}, "layout that is not read here"),
            ({"quant_method": "fp8", "weight_block_size": [64, 64]}, "layout that is not read here"),
            ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "in FP8 without its scale"),
        ],
    )
    def test_fp8_that_would_be_read_as_other_numbers(self, folder, stored, said):
        weights = load_file(folder / "model.safetensors")
        name = "model.layers.0.self_attn.o_proj.weight"
        scale = weights[name].abs().max() / 448
        scaled = {name: (weights[name] / scale).to(torch.float8_e4m3fn), f"{name}_scale": scale}
        save_file(weights | scaled, folder / "model.safetensors")
        edit(folder / "config.json", quantization_config=stored)
        with pytest.raises((Unsupported, NotACheckpoint), match=said):
            opened(folder)

    def test_another_quantisation(self, folder):
        edit(folder / "config.json", quantization_config={"quant_method": "gptq", "bits": 4})
        with pytest.raises(Unsupported, match="gptq"):
            opened(folder)

    @pytest.mark.parametrize(
        "error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("not enough memory: 8")]
    )
    def test_memory_that_runs_out(self, folder, error, monkeypatch):
        def exhausted(*arguments, **options):
            raise error

        monkeypatch.setattr(loader, "open_tensors", exhausted)
        with pytest.raises(OutOfMemory, match="tiny"):
            opened(folder)

    @pytest.mark.parametrize("precision", ["int8", "nf4"])
    def test_memory_that_runs_out_while_a_weight_is_quantised(self, folder, precision, monkeypatch):
        def exhausted(layer, weight):
            raise MemoryError

        monkeypatch.setattr(linear_kind(precision, "cpu"), "load_weight", exhausted)
        with pytest.raises(OutOfMemory, match="tiny"):
            opened(folder, precision)
