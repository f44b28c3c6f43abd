"""What fits where: verdicts, the choice of a precision, and what is offered instead. No machine is asked."""

from dataclasses import replace

import pytest

from deepseek_space.models.catalog import find
from deepseek_space.models.checkpoints.starter import STARTER
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.models.fit.memory import (
    LEAST_CONTEXT,
    LoadPlan,
    best_fit,
    choose_precision,
    plan,
    preference,
    with_alternative,
)
from deepseek_space.models.fit.place import RESERVE_BYTES
from deepseek_space.models.fit.placement import max_memory
from deepseek_space.models.fit.preference import precisions
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec

GIB = 2**30
AVX512 = frozenset({"avx2", "avx512f", "avx512_vnni", "avx512_bf16"})
SPACE = Hardware(
    cores=2, ram_total_bytes=16 * GIB, ram_free_bytes=15 * GIB, disk_free_bytes=40 * GIB, cpu_features=AVX512
)


def card(gib: float, index: int = 0, capability: tuple[int, int] = (8, 9)) -> Gpu:
    size = int(gib * GIB)
    return Gpu(kind="cuda", index=index, name="card", total_bytes=size, free_bytes=size, capability=capability)


def with_cards(*cards: Gpu, ram_gib: int = 64) -> Hardware:
    return replace(SPACE, ram_total_bytes=ram_gib * GIB, ram_free_bytes=ram_gib * GIB, gpus=cards)


MAC = replace(
    SPACE,
    cpu_features=frozenset(),
    gpus=(Gpu(kind="mps", index=0, name="Apple GPU", total_bytes=12 * GIB, free_bytes=11 * GIB),),
)


def checkpoint(name: str) -> Checkpoint:
    return from_spec(find(name))


def test_total_is_the_sum_of_its_parts_and_the_reason_names_it():
    planned = plan(checkpoint("coder-6.7b"), precision="nf4", hardware=SPACE, context_tokens=4096)
    assert planned.total_bytes == planned.weight_bytes + planned.kv_bytes + planned.workspace_bytes
    assert planned.kv_bytes == 4096 * planned.kv_bytes_per_token == 2 * GIB
    assert planned.reason == f"Takes {planned.total_bytes / 1e9:.1f} GB of the 15.0 GB that a model can have (RAM)."


def test_some_memory_always_stays_free():
    planned = plan(checkpoint("coder-1.3b"), precision="bf16", hardware=SPACE)
    assert planned.available_bytes == SPACE.ram_free_bytes - RESERVE_BYTES


@pytest.mark.parametrize(
    ("name", "precision", "context_tokens", "verdict"),
    [
        ("coder-6.7b", "bf16", 512, "fits"),
        ("coder-6.7b", "int8", 16384, "no"),
        ("coder-6.7b", "nf4", 16384, "fits"),
        ("coder-6.7b", "bf16", 16384, "offload"),
        ("r1", "nf4", 512, "no"),
        ("r1", "bf16", 512, "no"),
        ("moe-16b", "nf4", 512, "no"),
    ],
)
def test_verdicts_on_a_small_space(name: str, precision: str, context_tokens: int, verdict: str):
    planned = plan(checkpoint(name), precision=precision, hardware=SPACE, context_tokens=context_tokens)
    assert planned.fits == verdict


def test_offload_needs_room_for_the_cache_where_the_layers_run():
    planned = plan(checkpoint("coder-6.7b"), precision="fp32", hardware=SPACE, context_tokens=16384)
    assert planned.kv_bytes > planned.available_bytes
    assert planned.fits == "no"


def test_context_shrinks_to_what_memory_leaves_room_for():
    whole = plan(checkpoint("coder-6.7b"), precision="nf4", hardware=SPACE)
    shrunk = plan(checkpoint("coder-6.7b"), precision="int8", hardware=SPACE)
    assert whole.context_tokens == 16384
    assert LEAST_CONTEXT < shrunk.context_tokens < 16384
    assert shrunk.fits == "fits"
    more = plan(checkpoint("coder-6.7b"), precision="int8", hardware=SPACE, context_tokens=shrunk.context_tokens + 1024)
    assert more.fits == "no"


def test_what_is_asked_for_is_planned_even_if_it_does_not_fit():
    planned = plan(checkpoint("r1-distill-qwen-1.5b"), precision="int8", hardware=SPACE, context_tokens=131_072)
    assert planned.context_tokens == 131_072
    assert planned.kv_bytes == 131_072 * 28_672


def test_a_context_beyond_what_the_model_can_read_is_cut_and_said():
    planned = choose_precision(STARTER, hardware=SPACE, context_tokens=131_072)
    assert (planned.fits, planned.context_tokens) == ("fits", 8192)
    assert planned.reason.endswith("starter can read 8,192 tokens at most, not 131,072.")
    assert "at most" not in choose_precision(STARTER, hardware=SPACE, context_tokens=8192).reason
    asked = plan(checkpoint("v2-lite-chat"), precision="nf4", hardware=SPACE, context_tokens=163_840)
    assert asked.context_tokens == 32_768  # published for less than its configuration names


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("v3.2", "V3.2's sparse attention"),
        ("v4-flash", "V4's compressed attention"),
        ("moe-16b", "which is never run here; take V2-Lite"),
    ],
)
def test_what_the_engine_cannot_compute_fits_on_no_machine(name: str, why: str):
    planned = choose_precision(checkpoint(name), hardware=with_cards(card(100_000)))
    assert planned.fits == "no"
    assert why in planned.reason


def test_full_size_v3_fits_a_machine_that_is_large_enough():
    assert choose_precision(checkpoint("v3"), hardware=with_cards(card(2_000))).fits == "fits"


def test_more_memory_never_makes_a_verdict_worse():
    ranks = {"no": 0, "offload": 1, "fits": 2}
    for precision in ("bf16", "int8", "nf4"):
        verdicts = [
            ranks[plan(checkpoint("coder-33b"), precision=precision, hardware=with_cards(card(gib))).fits]
            for gib in range(2, 80, 2)
        ]
        assert verdicts == sorted(verdicts)
        assert verdicts[-1] == 2


def test_a_card_takes_what_fits_it_and_offloads_plain_weights():
    machine = with_cards(card(24))
    assert plan(checkpoint("coder-6.7b"), precision="bf16", hardware=machine).device == "cuda:0"
    large = plan(checkpoint("coder-33b"), precision="bf16", hardware=machine)
    assert (large.fits, large.device) == ("offload", "cuda:0 + cpu")
    assert plan(checkpoint("coder-33b"), precision="int8", hardware=machine).fits == "no"


def test_several_cards_share_plain_weights_but_not_quantised_ones():
    machine = with_cards(card(48, 0), card(48, 1))
    shared = plan(checkpoint("coder-33b"), precision="bf16", hardware=machine)
    assert (shared.fits, shared.device) == ("fits", "cuda:0, cuda:1")
    assert plan(checkpoint("llm-67b"), precision="int8", hardware=machine).fits == "no"
    assert plan(checkpoint("llm-67b"), precision="nf4", hardware=machine).device == "cuda:0"


def test_one_cards_name_is_not_found_in_anothers():
    machine = with_cards(*(card(30, index) for index in (0, 1, 10)))
    planned = replace(plan(checkpoint("coder-33b"), precision="bf16", hardware=machine), devices=("cuda:10", "cuda:0"))
    assert set(max_memory(planned, machine)) == {0, 10, "cpu"}


def test_the_roomier_card_comes_first():
    machine = with_cards(card(8, 0), card(24, 1))
    assert plan(checkpoint("coder-6.7b"), precision="bf16", hardware=machine).device == "cuda:1"


def test_limits_for_accelerate_leave_cache_and_working_space_on_every_card():
    machine = with_cards(card(24))
    large = plan(checkpoint("coder-33b"), precision="bf16", hardware=machine)
    limits = max_memory(large, machine)
    assert limits == {
        0: 24 * GIB - large.kv_bytes - large.workspace_bytes,
        "cpu": machine.ram_free_bytes - RESERVE_BYTES,
    }
    assert sum(limits.values()) >= large.weight_bytes
    assert max_memory(plan(checkpoint("coder-1.3b"), precision="bf16", hardware=machine), machine) is None


def test_a_named_device_is_the_only_one():
    machine = with_cards(card(24))
    assert plan(checkpoint("coder-1.3b"), precision="bf16", hardware=machine, device="cpu").device == "cpu"
    absent = plan(checkpoint("coder-1.3b"), precision="bf16", hardware=machine, device="cuda:3")
    assert absent.fits == "no"
    assert "cuda:3" in absent.reason


def test_apples_gpu_has_no_quantised_layers():
    assert plan(checkpoint("coder-1.3b"), precision="bf16", hardware=MAC).fits == "fits"
    refused = plan(checkpoint("coder-1.3b"), precision="int8", hardware=MAC)
    assert refused.fits == "no"
    assert "Apple" in refused.reason


def test_a_gguf_cannot_be_quantised_again():
    gguf = replace(checkpoint("coder-1.3b"), dtype="gguf")
    assert precisions(gguf) == ("fp32", "bf16", "fp16")
    assert plan(gguf, precision="nf4", hardware=SPACE).fits == "no"
    assert choose_precision(gguf, hardware=SPACE).precision == "bf16"


@pytest.mark.parametrize(
    ("name", "hardware", "expected"),
    [
        ("r1-distill-qwen-1.5b", SPACE, "int8"),  # the fastest on such a CPU
        ("v2-lite-chat", SPACE, "nf4"),  # int8 does not fit
        ("r1-distill-qwen-1.5b", replace(SPACE, cpu_features=frozenset()), "bf16"),  # no fast product
        ("r1-distill-qwen-7b", with_cards(card(24)), "bf16"),
        ("r1-distill-qwen-7b", with_cards(card(24, capability=(7, 0))), "fp16"),  # no bf16 before Ampere
        ("r1-distill-qwen-14b", with_cards(card(24)), "int8"),
        ("r1-distill-qwen-32b", with_cards(card(24)), "nf4"),
        ("coder-1.3b", MAC, "bf16"),
    ],
)
def test_auto_takes_what_fits_then_the_fastest_then_the_most_exact(name: str, hardware: Hardware, expected: str):
    chosen = choose_precision(checkpoint(name), hardware=hardware)
    assert (chosen.precision, chosen.fits) == (expected, "fits")


@pytest.mark.parametrize(
    ("features", "said", "automatic"),
    [
        ({"arm"}, "needs x86 with AVX2, and this one is ARM; use bf16, or a GGUF at Q8_0.", "bf16"),
        ({"arm", "asimddp", "i8mm", "bf16"}, "and this one is ARM", "bf16"),
        ({"amx_int8"}, "needs AVX2, which this one lacks; use nf4 or bf16.", "bf16"),
        ({"avx2"}, "", "int8"),
        (set(), "", "bf16"),  # not known: it is tried where it is asked for
    ],
)
def test_int8_is_refused_before_anything_is_fetched_where_a_cpu_has_no_product_for_it(features, said, automatic):
    machine = replace(SPACE, cpu_features=frozenset(features))
    asked = plan(checkpoint("r1-distill-qwen-1.5b"), precision="int8", hardware=machine)
    assert (asked.fits, said in asked.reason) == ("no" if said else "fits", True)
    assert choose_precision(checkpoint("r1-distill-qwen-1.5b"), hardware=machine).precision == automatic


def test_auto_keeps_a_very_small_model_exact():
    assert preference(STARTER, SPACE)[0] == "bf16"
    assert choose_precision(STARTER, hardware=SPACE).context_tokens == 8192


def test_auto_offloads_to_ram_only_where_nothing_fits_whole_and_never_to_disk():
    narrow = with_cards(card(14), ram_gib=64)
    chosen = choose_precision(checkpoint("coder-33b"), hardware=narrow)
    assert (chosen.precision, chosen.fits, chosen.device) == ("bf16", "offload", "cuda:0 + cpu")
    assert choose_precision(checkpoint("coder-33b"), hardware=SPACE).fits == "no"


def test_best_fit_is_the_largest_that_fits_whole():
    family = [checkpoint(name) for name in ("coder-1.3b", "coder-6.7b", "coder-33b", "r1")]
    assert best_fit(family, hardware=SPACE).name == "coder-6.7b-instruct"
    assert best_fit(family, hardware=with_cards(card(24))).name == "coder-33b-instruct"
    assert best_fit(family[-1:], hardware=SPACE) is None
    assert best_fit([], hardware=SPACE) is None


def offered(planned: LoadPlan, name: str, *others: str) -> str:
    candidates = [checkpoint(other) for other in others]
    return with_alternative(planned, checkpoint(name), candidates=candidates, hardware=SPACE).alternative


def test_the_same_model_at_another_precision_is_the_nearest():
    planned = plan(checkpoint("coder-6.7b"), precision="fp32", hardware=SPACE, context_tokens=16384)
    assert offered(planned, "coder-6.7b", "coder-1.3b") == "nf4"


def test_then_the_same_model_with_a_shorter_context():
    planned = plan(checkpoint("r1-distill-qwen-14b"), precision="nf4", hardware=SPACE, context_tokens=131_072)
    assert offered(planned, "r1-distill-qwen-14b", "coder-1.3b") == "nf4 with a context of 27,648"


def test_then_the_largest_smaller_model():
    planned = plan(checkpoint("r1"), precision="nf4", hardware=SPACE)
    assert offered(planned, "r1", "coder-1.3b", "r1-distill-qwen-7b", "llm-67b") == "r1-distill-qwen-7b at int8"
    assert offered(planned, "r1", "llm-67b") == ""


def test_what_fits_needs_no_alternative():
    planned = plan(checkpoint("coder-1.3b"), precision="bf16", hardware=SPACE)
    assert offered(planned, "coder-1.3b", "r1-distill-qwen-7b") == ""


@pytest.mark.parametrize(
    ("features", "precision"),
    [
        (AVX512, "bf16"),
        (frozenset({"avx2"}), "fp32"),  # 16 bits have no product there, and take many times as long
        (frozenset(), "bf16"),
        (frozenset({"asimddp", "bf16"}), "bf16"),
    ],
)
def test_a_small_model_takes_the_exact_precision_that_this_cpu_is_fast_at(features: frozenset[str], precision: str):
    assert choose_precision(STARTER, hardware=replace(SPACE, cpu_features=features)).precision == precision
