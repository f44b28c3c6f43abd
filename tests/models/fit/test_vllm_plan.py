"""How a checkpoint runs on vLLM: on the fewest cards that hold it, as it is published, or refused by name."""

from dataclasses import replace

import pytest

from deepseek_space.models.catalog import find
from deepseek_space.models.fit.cards import Gpu
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.vllm_plan import memory_share, plan_vllm, vllm_cards
from deepseek_space.models.shape.checkpoint import from_spec

GB = 10**9
CPU = Hardware(cores=8, ram_total_bytes=64 * GB, ram_free_bytes=60 * GB, disk_free_bytes=900 * GB)


def cards(count, *, total=80 * GB, free=None, capability=(9, 0)):
    gpus = tuple(
        Gpu(
            kind="cuda",
            index=index,
            name="H100",
            total_bytes=total,
            free_bytes=total if free is None else free,
            capability=capability,
        )
        for index in range(count)
    )
    return replace(CPU, gpus=gpus)


def plan(name, hardware, **wanted):
    return plan_vllm(from_spec(find(name)), hardware=hardware, **wanted)


@pytest.mark.parametrize(
    ("name", "hardware", "used", "precision"),
    [
        ("r1-distill-qwen-1.5b", cards(8), 1, "bf16"),
        ("r1-distill-qwen-32b", cards(8), 2, "bf16"),
        ("r1-distill-llama-70b", cards(8), 4, "bf16"),
        ("r1", cards(8, total=141 * GB), 8, "fp8"),
        ("r1-distill-llama-70b", cards(3), 3, "bf16"),
        ("r1-distill-qwen-1.5b", cards(1, total=16 * GB, capability=(7, 5)), 1, "fp16"),
    ],
)
def test_the_fewest_cards_that_hold_it_are_taken(name, hardware, used, precision):
    planned = plan(name, hardware)
    assert (planned.fits, len(planned.devices), planned.precision) == ("fits", used, precision)
    assert planned.engine == "vllm"
    assert planned.total_bytes <= planned.available_bytes


def test_v3_2_and_v4_run_there_though_our_own_engine_cannot_compute_them():
    for name in ("v3.2", "v4-flash"):
        planned = plan(name, cards(8, total=141 * GB))
        assert (planned.fits, planned.precision) == ("fits", find(name).dtype)


def test_what_no_number_of_cards_holds_says_what_is_missing():
    planned = plan("r1", cards(8))
    assert planned.fits == "no"
    assert planned.reason.startswith("Needs ")
    assert "cuda:7" in planned.reason


def test_the_context_gives_way_before_the_model_does():
    small = plan("r1-distill-llama-8b", cards(1, total=24 * GB))
    assert small.fits == "fits"
    assert 4096 <= small.context_tokens < find("r1-distill-llama-8b").context_practical
    assert plan("r1-distill-llama-8b", cards(1, total=24 * GB), context_tokens=131_072).fits == "no"


def test_others_memory_on_the_cards_is_left_to_them():
    assert memory_share(cards(2).gpus) == 0.9
    assert memory_share(cards(2, free=40 * GB).gpus) == 0.48
    shared, alone = (plan("r1-distill-qwen-32b", cards(2, free=free * GB)) for free in (40, 80))
    assert shared.context_tokens < alone.context_tokens
    assert shared.total_bytes <= shared.available_bytes < alone.available_bytes


def test_a_device_that_is_named_is_the_only_one():
    assert [gpu.index for gpu in vllm_cards(cards(4), "cuda:2")] == [2]
    assert plan("r1-distill-qwen-1.5b", cards(4), device="cuda:2").devices == ("cuda:2",)
    assert plan("r1-distill-qwen-1.5b", cards(4), device="cpu").devices == ("cpu",)
    assert "There is no device cuda:9 here" in plan("r1-distill-qwen-1.5b", cards(4), device="cuda:9").reason


def test_on_a_cpu_the_cache_is_taken_whole_at_the_start():
    planned = plan("r1-distill-qwen-1.5b", CPU)
    assert (planned.fits, planned.devices, planned.precision) == ("fits", ("cpu",), "bf16")
    assert planned.kv_bytes >= planned.context_tokens * planned.kv_bytes_per_token
    assert planned.total_bytes <= planned.available_bytes


@pytest.mark.parametrize(
    ("name", "precision", "said"),
    [
        ("r1-distill-qwen-1.5b", "int8", "does not round weights to int8"),
        ("r1-distill-qwen-1.5b", "nf4", "does not round weights to nf4"),
        ("r1", "bf16", "is published in fp8, and vLLM runs it so"),
        ("moe-16b-chat", "auto", "Needs Python code from its repository"),
    ],
)
def test_what_vllm_would_not_honour_is_refused_by_name(name, precision, said):
    planned = plan(name, cards(8, total=141 * GB), precision=precision)
    assert planned.fits == "no"
    assert said in planned.reason


def test_a_gguf_is_refused():
    checkpoint = replace(from_spec(find("r1-distill-qwen-1.5b")), dtype="gguf")
    assert "does not run GGUF files" in plan_vllm(checkpoint, hardware=cards(1)).reason


def test_more_context_than_the_model_can_read_is_cut_and_said():
    planned = plan("r1-distill-qwen-1.5b", cards(1), context_tokens=10**7)
    assert planned.fits == "fits"
    assert "tokens at most, not 10,000,000" in planned.reason
