"""What ``python app.py plan`` prints, for a name, a folder and the whole catalogue."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from config_values import config_values
from deepseek_space.backends.local import alternatives
from deepseek_space.commands import plan_table as table_module
from deepseek_space.commands.plan_table import main_table, plan_table, vllm_table
from deepseek_space.errors import ModelNotFound, NotACheckpoint, Unsupported
from deepseek_space.models.catalog import CATALOG, find
from deepseek_space.models.files.checkpoint_files import from_config
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.models.fit.memory import plan
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from tiny_models import tiny_model
from tiny_tokenizers import deepseek_tokenizer

GIB = 2**30
SPACE = Hardware(
    cores=2,
    ram_total_bytes=16 * GIB,
    ram_free_bytes=15 * GIB,
    disk_free_bytes=40 * GIB,
    cpu_features=frozenset({"avx2", "avx512_bf16"}),
)


def row(table: str, first: str) -> str:
    return next(line for line in table.splitlines() if line.split()[:1] == [first])


def test_every_precision_has_a_row_with_the_plans_own_figures():
    table = main_table("coder-6.7b", SPACE, 4096)
    for precision in ("fp32", "bf16", "fp16", "int8", "nf4", "fp4"):
        planned = plan(from_spec(find("coder-6.7b")), precision=precision, hardware=SPACE, context_tokens=4096)
        line = row(table, precision)
        for size in (planned.weight_bytes, planned.kv_bytes, planned.total_bytes):
            assert f"{size / 1e9:,.1f} GB" in line
        assert "4,096" in line


def test_verdicts_name_what_fits_instead():
    table = main_table("coder-6.7b", SPACE, 16384)
    assert row(table, "int8").endswith("no: too large; nf4 fits")
    assert row(table, "bf16").endswith("fits with offload; nf4 fits")
    assert row(table, "nf4").endswith("fits")
    assert "auto takes nf4 on cpu." in table


def test_a_model_that_is_too_large_names_a_smaller_one_for_the_same_work():
    assert "Nearest that fits: r1-distill-qwen-14b at nf4" in main_table("r1", SPACE)
    assert "Nearest that fits: coder-v2-lite-instruct at nf4" in main_table("coder-33b", SPACE)
    assert "r1-distill-qwen-1.5b" in main_table("r1", _with_ram(5))


def _with_ram(gib: int) -> Hardware:
    return Hardware(cores=1, ram_total_bytes=gib * GIB, ram_free_bytes=gib * GIB, disk_free_bytes=40 * GIB)


@pytest.mark.parametrize("name", ["v2.5", "v3", "v3.1", "v4-flash", "llm-67b-chat", "moe-16b-chat"])
def test_a_model_for_general_chat_is_not_answered_with_a_coder(name: str):
    large = replace(SPACE, ram_free_bytes=28 * GIB, disk_free_bytes=100 * GIB)
    for machine in (SPACE, large):
        instead = re.search(r"Nearest that fits: (\S+) at", main_table(name, machine)).group(1)
        assert find(instead).group in ("R1 distilled", "V2", "LLM")


def test_what_the_disk_has_no_room_for_does_not_fit_and_is_not_suggested(monkeypatch: pytest.MonkeyPatch):
    here: list[str] = []
    for module in (alternatives, table_module):
        monkeypatch.setattr(module, "is_on_disk", lambda repo_id: repo_id in here)
    small = replace(SPACE, disk_free_bytes=20 * 10**9)
    table = main_table(None, small)
    assert row(table, "r1-distill-qwen-14b").endswith("no: too little disk; r1-0528-qwen3-8b at int8 fits")
    assert "Nearest that fits: r1-0528-qwen3-8b at int8, " in main_table("r1", small)
    here.append(find("r1-distill-qwen-14b").repo_id)
    assert row(main_table(None, small), "r1-distill-qwen-14b").endswith("on this disk  fits")
    assert "Nearest that fits: r1-distill-qwen-14b at nf4." in main_table("r1", small)


def test_what_has_to_be_fetched_first_is_said_with_its_size(monkeypatch: pytest.MonkeyPatch):
    here: list[str] = []
    for module in (alternatives, table_module):
        monkeypatch.setattr(module, "is_on_disk", lambda repo_id: repo_id in here)
    assert "Nearest that fits: r1-distill-qwen-14b at nf4, to be fetched first (29.5 GB)." in main_table("r1", SPACE)
    assert " 29.5 GB  " in row(main_table(None, SPACE), "r1-distill-qwen-14b")
    here.append(find("r1-distill-qwen-14b").repo_id)
    assert "Nearest that fits: r1-distill-qwen-14b at nf4." in main_table("r1", SPACE)
    assert " on this disk  " in row(main_table(None, SPACE), "r1-distill-qwen-14b")
    assert " not published  " in row(main_table(None, SPACE), "v4-pro-base")


def test_what_is_kept_back_is_said_once():
    table = main_table("r1-distill-qwen-7b", SPACE)
    assert "16.1 GB of 17.2 GB RAM free" in table
    assert table.count("1.1 GB are kept back") == 1
    assert "of the 15.0 GB that a model can have (RAM)" in table


def test_of_a_precision_that_is_asked_for_nothing_else_is_said():
    table = main_table("r1-distill-qwen-7b", SPACE, 4096, precision="nf4")
    assert [line.split()[0] for line in table.splitlines() if " GB  " in line] == ["nf4"]
    assert "\nnf4 on cpu. Takes " in table
    assert row(main_table(None, SPACE, precision="bf16"), "r1-distill-qwen-7b").split()[2] == "bf16"


def test_where_nothing_fits_it_says_so():
    assert "Nothing in the catalogue fits." in main_table("r1", _with_ram(1))


def test_what_is_not_too_large_says_why_it_does_not_run():
    for table in (main_table(None, SPACE), main_table("moe-16b", SPACE)):
        line = next(line for line in table.splitlines() if line.split()[:1] in (["moe-16b-chat"], ["nf4"]))
        assert "no: needs Python code from its repository; " in line


def test_licence_warnings_and_machine_are_told():
    machine = Hardware(
        cores=8,
        ram_total_bytes=64 * GIB,
        ram_free_bytes=60 * GIB,
        disk_free_bytes=GIB,
        gpus=(Gpu(kind="cuda", index=0, name="A10", total_bytes=24 * GIB, free_bytes=23 * GIB, capability=(8, 6)),),
    )
    table = main_table("r1", machine)
    assert "Licence: MIT" in table
    assert "cuda:0 A10 with 24.7 GB free" in table
    assert "Meant for a cluster" in table
    assert "\nvLLM on 8 × H200: vllm serve deepseek-ai/" in table
    assert "fetching it takes 688.6 GB, and 1.1 GB are free" in table
    for warning in find("r1").warnings:
        assert f"Note: {warning}" in table


def test_without_a_name_every_checkpoint_has_a_row():
    table = main_table(None, SPACE)
    for spec in CATALOG:
        assert row(table, spec.name)
    assert row(table, "r1-distill-qwen-1.5b").endswith("fits")
    assert "671B, 37B active" in row(table, "r1")


def test_columns_are_aligned():
    lines = main_table(None, SPACE).splitlines()[2:]
    start = lines[0].index("verdict")
    assert {line[start - 2 : start] for line in lines} == {"  "}


def test_a_folder_is_planned_from_its_files(tmp_path: Path):
    tiny_model("v2-lite").save_pretrained(tmp_path / "tiny")
    deepseek_tokenizer(pieces=300).save_pretrained(tmp_path / "tiny")
    table = main_table(str(tmp_path / "tiny"), SPACE)
    assert "tiny: " in table
    assert "MLA, 8 experts, fp32" in table
    assert "auto takes fp32 on cpu." in table


def test_the_starter_is_planned_before_it_is_made():
    table = main_table("starter", SPACE)
    assert "SmolLM2-135M-Instruct: " in table
    assert "knows far less than a DeepSeek model, and is none" in table
    assert "Licence: Apache-2.0" in table
    assert "SmolLM2-135M-Instruct: GGUF, Q4_1, 0.1 GB on disk" in table
    assert "auto runs it as it is, on llama.cpp." in table
    assert "  8,192  " in row(table, "Q4_1")
    converted = main_table("starter", SPACE, precision="bf16")
    assert "starter: 0.135B parameters, GQA, bf16, 0.3 GB on disk" in converted


@pytest.mark.parametrize("repo_id", ["somebody/fine-tuned-qwen", "deepseek-ai/DeepSeek-Prover-V2-7B"])
def test_a_repository_outside_the_catalogue_is_asked_for_on_the_hub(repo_id: str):
    asked = []

    def ask_hub(repo_id: str) -> Checkpoint:
        asked.append(repo_id)
        return from_config(repo_id, config_values(find("r1-distill-qwen-7b").architecture), disk_bytes=15 * GIB)

    table = main_table(repo_id, SPACE, ask_hub=ask_hub)
    main_table(f"{repo_id}@v2", SPACE, ask_hub=ask_hub)
    assert asked == [repo_id, f"{repo_id}@v2"]
    assert "Licence" in main_table("r1-distill-qwen-7b@v2", SPACE, ask_hub=pytest.fail)
    assert f"{repo_id}: 7.62B parameters" in table
    assert main_table(f"https://huggingface.co/{repo_id}", SPACE, ask_hub=ask_hub) == table


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"use_sliding_window": True, "max_window_layers": 4}, "Sliding-window"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "Sliding-window"),
        ({"use_sliding_window": True, "max_window_layers": 28}, ""),
        ({"use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 4}, ""),
    ],
)
def test_a_window_that_the_engine_does_not_compute_is_refused_from_the_configuration(changes: dict, why: str):
    config = config_values(find("r1-distill-qwen-1.5b").architecture) | changes
    table = main_table("ada/fork", SPACE, ask_hub=lambda name: from_config(name, config))
    assert why in table
    assert ("auto takes" in table) == (not why)


def test_what_is_said_of_a_checkpoint_is_what_is_known_of_it():
    coder, distill, draft = (main_table(name, SPACE) for name in ("coder-6.7b", "r1-distill-llama-8b", "v4-pro-dspark"))
    assert "\nLanguages: English, Chinese, 89 programming languages\n" in coder
    assert "Not established" not in coder
    assert "\nNot established: advertised context (131,072 tokens are configured; " in distill
    assert "architecture (not seen; Pro's architecture is assumed)" in draft
    assert "Languages" not in draft


def test_what_came_from_elsewhere_has_the_same_table():
    checkpoint = from_spec(find("coder-1.3b"))
    assert plan_table(checkpoint, hardware=SPACE) in main_table("coder-1.3b", SPACE)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere", "nowhere.gguf", "no-such-model"])
def test_what_does_not_exist_is_not_found(name: str):
    with pytest.raises(ModelNotFound, match=r"nowhere|no-such-model"):
        main_table(name, SPACE)


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises(NotACheckpoint):
        main_table(str(tmp_path), SPACE)


def test_vllms_plan_has_a_row_for_each_checkpoint_or_for_one_with_its_reason():
    table = vllm_table(None, SPACE)
    assert all(row(table, spec.name) for spec in CATALOG)
    one = vllm_table("coder-1.3b-instruct", SPACE, precision="int8")
    assert "does not round weights to int8" in row(one, "coder-1.3b-instruct")
    assert one.splitlines()[-1].startswith("vLLM does not round weights to int8: choose automatic")
    with pytest.raises(Unsupported, match="does not run GGUF files"):
        vllm_table("OWNER/REPO:Q4_K_M", SPACE)
