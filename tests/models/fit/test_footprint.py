"""Predicted bytes against models that are really loaded, and against the figures of the papers."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from config_values import config_values
from deepseek_space.models.catalog import find
from deepseek_space.models.fit.footprint import (
    CPU_CHUNK_TOKENS,
    CUDA_CONTEXT_BYTES,
    GPU_CHUNK_TOKENS,
    ROUNDING_BYTES,
    kv_bytes,
    kv_bytes_per_token,
    rule,
    weight_bytes,
    workspace_bytes,
)
from deepseek_space.models.fit.hardware import cpu_features
from deepseek_space.models.loader import load
from deepseek_space.models.shape.architecture import Architecture, Experts, Latent
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.shape.weights import matrices, params_total
from tiny_tokenizers import deepseek_tokenizer

GIB = 2**30
LLAMA = Architecture(
    model_type="llama",
    layers=3,
    hidden=256,
    heads=4,
    kv_heads=4,
    head_dim=64,
    ffn=512,
    vocab=1024,
    max_positions=512,
)
SHAPES = {
    "llama MHA": LLAMA,
    "qwen2 GQA, tied": replace(LLAMA, model_type="qwen2", kv_heads=2, qkv_bias=True, tied=True),
    "qwen3 GQA": replace(LLAMA, model_type="qwen3", kv_heads=2, qk_norm=True),
    "V2-Lite": replace(
        LLAMA,
        model_type="deepseek_v2",
        latent=Latent(kv_rank=64, q_rank=None, nope_dim=32, rope_dim=32, value_dim=32),
        experts=Experts(routed=8, shared=2, active=2, width=128, dense_layers=1),
    ),
    "V3": replace(
        LLAMA,
        model_type="deepseek_v3",
        latent=Latent(kv_rank=64, q_rank=128, nope_dim=32, rope_dim=32, value_dim=32),
        experts=Experts(routed=8, shared=1, active=2, width=128, dense_layers=1, groups=2, active_groups=1),
    ),
}


@pytest.fixture(scope="module", params=SHAPES, ids=lambda name: name.replace(" ", "-"))
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Architecture, Path]:
    arch = SHAPES[request.param]
    folder = tmp_path_factory.mktemp("saved")
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config_values(arch)), dtype=torch.bfloat16)
    assert sum(parameter.numel() for parameter in model.parameters()) == params_total(matrices(arch))
    model.save_pretrained(folder)
    deepseek_tokenizer().save_pretrained(folder)
    return arch, folder


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16", "int8", "nf4", "fp4"])
def test_prediction_is_within_5_percent_of_what_is_loaded(saved: tuple[Architecture, Path], precision: str):
    arch, folder = saved
    loaded = load(
        folder, name="small", precision=precision, device="cpu", progress=lambda _: None, cancelled=lambda: False
    )
    by = rule(precision, on_cpu=True, cpu_features=cpu_features(Path("/proc/cpuinfo")))
    assert weight_bytes(matrices(arch), by) == pytest.approx(loaded.weight_bytes, rel=0.05)


@pytest.mark.parametrize(
    ("name", "fp32", "bf16"),
    [
        ("coder-1.3b", 5.0, 2.5),
        ("coder-6.7b", 25.1, 12.6),
        ("r1-distill-llama-8b", 29.9, 15.0),
        ("v2-lite", 58.5, 29.3),
        ("r1", 2500, 1250),
        ("v4-pro", 5860, 2930),
    ],
)
def test_plain_weights_are_those_of_the_fact_sheet(name: str, fp32: float, bf16: float):
    found = matrices(find(name).architecture)
    for precision, expected in (("fp32", fp32), ("bf16", bf16)):
        assert weight_bytes(found, rule(precision, on_cpu=True)) / GIB == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("name", "int8", "nf4"), [("coder-6.7b", 6.5, 3.9), ("llm-67b", 64.4, 37.6), ("r1", 627, 354)])
def test_quantised_weights_on_a_card_are_near_the_fact_sheet_which_keeps_embeddings(name: str, int8: float, nf4: float):
    found = matrices(find(name).architecture)
    for precision, expected in (("int8", int8), ("nf4", nf4)):
        size = weight_bytes(found, rule(precision, on_cpu=False)) / GIB
        assert expected * 0.95 < size < expected * 1.01


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("coder-5.7b", 16_384),
        ("r1-distill-qwen-1.5b", 28_672),
        ("r1-0528-qwen3-8b", 147_456),
        ("llm-67b", 389_120),
        ("coder-6.7b", 524_288),
        ("v2-lite", 31_104),
        ("v2", 69_120),
        ("r1", 70_272),
        ("v3.2", 85_888),
        ("v4-flash", 6_880),
        ("v4-pro", 9_848),
    ],
)
def test_cache_per_token_is_that_of_the_papers(name: str, expected: int):
    assert kv_bytes_per_token(find(name).architecture) == expected


def test_cache_of_v4_adds_its_windows():
    flash = find("v4-flash").architecture
    assert kv_bytes(flash, 1_048_576) / GIB == pytest.approx(6.7, rel=0.01)
    assert kv_bytes(flash, 1) < kv_bytes(flash, 128) < kv_bytes(flash, 129)


@pytest.mark.parametrize("name", ["coder-6.7b", "r1", "r1-distill-qwen-7b"])
def test_cache_grows_evenly_and_doubles_in_fp32(name: str):
    arch = find(name).architecture
    assert kv_bytes(arch, 4096) == 4096 * kv_bytes_per_token(arch)
    assert kv_bytes(arch, 4096, element_bytes=4) == 2 * kv_bytes(arch, 4096)


def small(arch: Architecture) -> Checkpoint:
    return replace(from_spec(find("r1")), name="small", architecture=arch, matrices=matrices(arch))


@pytest.mark.parametrize("arch", SHAPES.values(), ids=SHAPES)
def test_working_space_grows_with_context_and_number_size(arch: Architecture):
    bf16, fp32 = rule("bf16", on_cpu=True), rule("fp32", on_cpu=True)
    assert workspace_bytes(small(arch), 512, bf16) < workspace_bytes(small(arch), 4096, bf16)
    assert workspace_bytes(small(arch), 512, bf16) < workspace_bytes(small(arch), 512, fp32)
    assert workspace_bytes(small(arch), 512, bf16) < workspace_bytes(small(arch), 512, bf16, on_cuda=True)


def test_a_card_reads_longer_chunks_and_needs_more_for_them():
    wide, by = small(replace(LLAMA, ffn=4096)), rule("bf16", on_cpu=True)
    cpu, cuda = (workspace_bytes(wide, GPU_CHUNK_TOKENS, by, on_cuda=on_cuda) for on_cuda in (False, True))
    activations_and_mask = (4 * LLAMA.hidden + 3 * 4096 + GPU_CHUNK_TOKENS) * 2
    assert cuda - CUDA_CONTEXT_BYTES - cpu == (GPU_CHUNK_TOKENS - CPU_CHUNK_TOKENS) * activations_and_mask


def test_expanded_latents_of_one_layer_dominate_the_working_space_of_r1():
    r1 = from_spec(find("r1"))
    expanded, copies = 2 * 131_072 * 128 * 192 * 2, 61 * 128 * 256 * 512 * 2
    size = workspace_bytes(r1, 131_072, rule("bf16", on_cpu=True))
    assert expanded < size - copies < 1.1 * expanded


@pytest.mark.parametrize("precision", ["bf16", "int8", "nf4"])
def test_the_copy_that_absorbed_attention_keeps_is_planned_at_the_size_of_a_plain_matrix(precision: str):
    one, two = (small(replace(SHAPES["V3"], layers=layers)) for layers in (2, 3))
    by = rule(precision, on_cpu=True)
    assert workspace_bytes(two, 32_768, by) - workspace_bytes(one, 32_768, by) == 4 * (32 + 32) * 64 * 2


def test_the_working_space_covers_what_rounding_to_four_bits_takes_while_the_model_loads():
    sizes = [workspace_bytes(small(LLAMA), 16, rule(name, on_cpu=True)) for name in ("int8", "nf4")]
    assert sizes[0] < ROUNDING_BYTES == sizes[1]


def test_a_tied_head_costs_nothing_plain_and_a_copy_in_int8_on_a_cpu():
    tied, untied = (matrices(replace(LLAMA, tied=is_tied)) for is_tied in (True, False))
    head = LLAMA.vocab * LLAMA.hidden
    plain, int8 = rule("bf16", on_cpu=True), rule("int8", on_cpu=True)
    assert weight_bytes(untied, plain) - weight_bytes(tied, plain) == 2 * head
    # Untied, the embedding is rounded too; tied, it stays in bf16 beside the copy.
    assert weight_bytes(tied, int8) - weight_bytes(untied, int8) == pytest.approx(head, rel=0.02)


def test_an_unknown_precision_is_our_own_mistake():
    with pytest.raises(KeyError):
        rule("int2", on_cpu=True)
