"""The catalogue: names resolve, values agree with each other and with transformers' own classes."""

import functools

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from config_values import config_values
from deepseek_space.errors import ModelNotFound
from deepseek_space.models.catalog import CATALOG, ModelSpec, find, nearest_names
from deepseek_space.models.checkpoints.starter import STARTER
from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.models.shape.config_json import read_architecture
from deepseek_space.models.shape.weights import matrices, params_total

EVERY = pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
NATIVE_ONES = [spec for spec in CATALOG if spec.architecture.model_type != "deepseek"]


@functools.cache
def params_by_transformers(arch: Architecture) -> int:
    config = AutoConfig.for_model(**config_values(arch))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("spec", NATIVE_ONES, ids=lambda spec: spec.name)
def test_literal_parameter_count_is_that_of_transformers_own_class(spec: ModelSpec):
    assert params_by_transformers(spec.architecture) == spec.params_total


def test_the_starter_is_counted_the_same_way():
    assert params_by_transformers(STARTER.architecture) == STARTER.params_total == STARTER.disk_bytes // 2


@EVERY
def test_counting_matrices_gives_the_literal(spec: ModelSpec):
    assert params_total(matrices(spec.architecture)) == spec.params_total


@EVERY
def test_architecture_survives_the_way_through_config_json(spec: ModelSpec):
    assert read_architecture(config_values(spec.architecture)) == spec.architecture


@EVERY
def test_transformers_own_config_reads_back_as_the_same_shape(spec: ModelSpec):
    if spec.architecture.model_type == "deepseek":
        assert spec.runs == "remote-code"
        return
    config = AutoConfig.for_model(**config_values(spec.architecture))
    assert config.model_type == spec.architecture.model_type
    assert config.num_hidden_layers == spec.architecture.layers
    assert config.vocab_size == spec.architecture.vocab


@EVERY
def test_size_on_disk_follows_from_the_published_type(spec: ModelSpec):
    if spec.dtype == "bf16":
        assert spec.disk_bytes == 2 * spec.params_total
    elif spec.disk_bytes is not None:
        assert 0.5 * spec.params_total < spec.disk_bytes < 1.1 * spec.params_total


@EVERY
def test_what_is_not_established_says_why(spec: ModelSpec):
    missing = {
        "context": spec.context_advertised is None,
        "languages": not spec.languages,
        "sampling": spec.is_chat and spec.sampling is None,
        "stop tokens": not spec.stop_ids,
        "size on disk": spec.disk_bytes is None,
    }
    for name in (name for name, is_missing in missing.items() if is_missing):
        assert any(name in reason for reason in spec.unknown), f"{name} of {spec.name}"


@EVERY
def test_contexts_are_within_the_trained_positions(spec: ModelSpec):
    assert 0 < spec.context_practical <= spec.architecture.max_positions
    assert spec.context_practical <= (spec.context_advertised or spec.architecture.max_positions)


@EVERY
def test_base_models_do_not_chat_and_say_so(spec: ModelSpec):
    assert spec.is_chat != any("does not chat" in warning for warning in spec.warnings)


@EVERY
def test_active_parameters_are_all_of_a_dense_model_and_few_of_a_mixture(spec: ModelSpec):
    if spec.architecture.experts:
        assert spec.params_active < spec.params_total / 4
    else:
        assert spec.params_active == spec.params_total


def test_names_and_repositories_are_unique():
    assert len({spec.name for spec in CATALOG}) == len({spec.repo_id.lower() for spec in CATALOG}) == len(CATALOG)


@EVERY
def test_every_slug_and_repository_finds_its_checkpoint(spec: ModelSpec):
    assert find(spec.name) is find(spec.repo_id) is find(spec.repo_id.upper()) is spec
    assert find(spec.repo_id.partition("/")[2]) is spec


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("r1", "deepseek-ai/DeepSeek-R1"),
        ("DeepSeek-R1", "deepseek-ai/DeepSeek-R1"),
        (" deepseek r1 ", "deepseek-ai/DeepSeek-R1"),
        ("Deep Seek R1", "deepseek-ai/DeepSeek-R1"),
        ("deepseek-r1:1.5b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"),
        ("deepseek-coder-7b-instruct", "deepseek-ai/deepseek-coder-7b-instruct-v1.5"),
        ("coder", "deepseek-ai/deepseek-coder-6.7b-instruct"),
        ("deepseek_coder_1.3b", "deepseek-ai/deepseek-coder-1.3b-instruct"),
        ("coder-v2-lite", "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct"),
        ("llm-67b", "deepseek-ai/deepseek-llm-67b-chat"),
        ("v3", "deepseek-ai/DeepSeek-V3"),
        ("v4", "deepseek-ai/DeepSeek-V4-Flash"),
    ],
)
def test_names_that_people_use_resolve(said: str, meant: str):
    assert find(said).repo_id == meant


@pytest.mark.parametrize(
    ("typo", "offered"),
    [
        ("codr", "coder"),
        ("v2-light-chat", "v2-lite-chat"),
        ("r1-distill-1.5b", "names: r1-distill-qwen-1.5b"),
        ("coder-6.7", "names: coder-6.7b-instruct"),
        ("deepsek-r1", "names: r1,"),
        ("Deepsek R1", "names: r1,"),
        ("deepseek-coder-7b-instuct", "names: coder-7b-instruct-v1.5"),
        ("r1-distil-qwen-1.5b", "names: r1-distill-qwen-1.5b"),
        ("qwen-1.5b-r1", "names: r1-distill-qwen-1.5b"),
        ("r1-distill-lama-8b", "names: r1-distill-llama-8b"),
        ("v3-0342", "names: v3-0324"),
        ("deepsek-ai/DeepSeek-R1-Distil-Qwen-7B", "names: r1-distill-qwen-7b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5", "names: r1-distill-qwen-1.5b"),
    ],
)
def test_a_typo_is_told_the_nearest_names(typo: str, offered: str):
    with pytest.raises(ModelNotFound, match=offered):
        find(typo)


@pytest.mark.parametrize("typo", ["codr", "moe-16", "deepseek-chatt", "r1-7", "math-rll"])
def test_the_names_that_are_offered_are_those_of_the_list(typo: str):
    offered = nearest_names(typo).removeprefix("Nearest names: ").removesuffix(".").split(", ")
    assert 1 <= len(offered) <= 3
    assert {*offered} <= {spec.name for spec in CATALOG}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "deepseek",
        "Qwen/Qwen2.5-7B-Instruct",
        "meta-llama/Llama-3.1-8B",
        "somebody/fine-tuned-qwen",
        "deepseek-ai/DeepSeek-Prover-V2-7B",
        "deepseek-ai/DeepSeek-Math-V2",
        "deepseek-ai/Janus-Pro-7B",
        "deepseek-ai/DeepSeek-R1",
    ],
)
def test_what_is_no_slip_is_near_to_nothing(name: str):
    assert nearest_names(name) == ""


@pytest.mark.parametrize("name", ["", "zzzzzz", "unsloth/DeepSeek-R1", "../etc/passwd"])
def test_other_names_are_not_guessed(name: str):
    with pytest.raises(ModelNotFound, match="no model called"):
        find(name)


def test_where_no_name_is_near_the_list_and_the_hub_are_the_ways_out():
    with pytest.raises(ModelNotFound, match=r"Choose one of the list, or write a Hub id such as \S+\.$"):
        find("zzzzzz")


def test_attention_kinds_are_those_of_the_papers():
    kinds = {name: find(name).architecture.attention for name in ("llm-7b", "llm-67b", "coder-5.7b", "v2-lite", "r1")}
    assert kinds == {"llm-7b": "MHA", "llm-67b": "GQA", "coder-5.7b": "MQA", "v2-lite": "MLA", "r1": "MLA"}
    assert find("v3.2").architecture.attention == "MLA + indexer"
    assert find("v4-pro").architecture.attention == "CSA/HCA"


def test_coder_instruct_stops_on_its_own_token():
    assert (find("coder-6.7b").stop, find("coder-6.7b").stop_ids) == (("<|EOT|>",), (32021,))
    assert (find("coder-7b-v1.5").stop, find("coder-7b-v1.5").stop_ids) == (("<|EOT|>",), (100015,))
    assert find("coder-6.7b-base").stop == ("<｜end▁of▁sentence｜>",)


def test_fill_in_the_middle_is_claimed_only_where_it_was_trained():
    assert {spec.name for spec in CATALOG if spec.fim} == {
        "coder-1.3b-base",
        "coder-5.7bmqa-base",
        "coder-6.7b-base",
        "coder-33b-base",
        "coder-v2-lite-base",
        "coder-v2-instruct-0724",
        "v2.5",
    }


@pytest.mark.parametrize("spec", [s for s in CATALOG if s.prompt_family == "r1"], ids=lambda spec: spec.name)
def test_r1_is_never_greedy_and_its_prompt_opens_the_thoughts(spec: ModelSpec):
    assert spec.sampling.temperature == 0.6
    assert spec.reasoning == "prefilled"
    assert any("Greedy" in warning for warning in spec.warnings)


def test_models_without_a_system_prompt_say_so():
    without = {spec.name for spec in CATALOG if not spec.takes_system_prompt}
    assert without == {spec.name for spec in CATALOG if "system prompt" in " ".join(spec.warnings)} | {"r1-zero"}
    assert {"r1", "r1-distill-llama-8b", "llm-7b-chat", "moe-16b-chat", "math-7b-rl"} <= without
    assert not without & {"r1-0528", "r1-0528-qwen3-8b", "v2-chat", "v3", "coder-6.7b-instruct"}
