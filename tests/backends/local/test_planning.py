"""From what a person asks for to a plan or a refusal that names the nearest way out."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import metadata_load

from deepseek_space.backends.local import alternatives, gguf_choices, planning
from deepseek_space.backends.local.planning import best_on_disk, choices, fits_now, plan_for, resolve_auto
from deepseek_space.backends.local.resident_model import ResidentModel
from deepseek_space.errors import DoesNotFit, Unsupported
from deepseek_space.models.catalog import find
from deepseek_space.models.fit.gguf_plan import plan_gguf
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.models.fit.memory import plan
from deepseek_space.models.fit.pace import NOTHING_SEEN
from deepseek_space.models.shape.checkpoint import from_spec
from deepseek_space.models.source import resolve
from deepseek_space.models.starter_gguf import SMOLLM2, SMOLLM2_SHAPE
from space_hardware import HARDWARE
from tiny_checkpoints import save_checkpoint

GIB = 2**30
SPACE = Hardware(
    cores=2,
    ram_total_bytes=16 * GIB,
    ram_free_bytes=15 * GIB,
    disk_free_bytes=40 * GIB,
    cpu_features=frozenset({"avx2", "avx512_bf16"}),
)
SERVED_BY_LLAMA_CPP = plan_gguf(SMOLLM2_SHAPE, hardware=SPACE)
LARGE = Hardware(cores=64, ram_total_bytes=2048 * GIB, ram_free_bytes=2000 * GIB, disk_free_bytes=2000 * GIB)


@pytest.mark.parametrize("name", ["v3.2", "v4-flash"])
@pytest.mark.parametrize("machine", [SPACE, LARGE])
def test_an_attention_that_is_not_computed_is_refused_before_anything_is_fetched(name: str, machine: Hardware):
    with pytest.raises(Unsupported, match=r"does not run here\. V.* attention is not computed here.*Nearest that fits"):
        plan_for(resolve(name, on_space=False), hardware=machine)


def test_the_starter_runs_as_it_is_unless_something_else_is_asked_for_or_llama_cpp_is_not_there(monkeypatch, tmp_path):
    starter = resolve("starter", on_space=False)
    planned = plan_for(starter, hardware=SPACE)
    assert (planned.engine, planned.precision, planned.context_tokens) == ("llama.cpp", "Q4_1", 8192)
    assert plan_for(starter, hardware=SPACE, context_tokens=2000).context_tokens == 2000
    assert plan_for(starter, hardware=SPACE, precision="bf16").engine == "torch"
    monkeypatch.setattr(planning, "is_installed", lambda: False)
    converted = plan_for(starter, hardware=SPACE)
    assert (converted.engine, planning.NO_LLAMA_CPP in converted.reason) == ("torch", True)
    assert choices(hardware=SPACE, cache_dir=tmp_path)[0].precision == converted.precision


def test_the_starter_is_on_this_disk_once_it_was_fetched(monkeypatch, tmp_path):
    nearly_full = replace(SPACE, disk_free_bytes=SMOLLM2.fetch_bytes - 1)
    assert not choices(hardware=SPACE, cache_dir=tmp_path)[0].is_on_disk
    assert "Too little disk" in choices(hardware=nearly_full, cache_dir=tmp_path)[0].reason
    (tmp_path / SMOLLM2.gguf_name).touch()
    starter = choices(hardware=nearly_full, cache_dir=tmp_path)[0]
    assert (starter.is_on_disk, starter.verdict) == (True, "fits")
    monkeypatch.setattr(planning, "is_starter_here", lambda _folder: False)
    monkeypatch.setattr(planning, "is_converted", lambda _folder: True)
    assert not choices(hardware=SPACE, cache_dir=tmp_path)[0].is_on_disk
    monkeypatch.setattr(planning, "is_installed", lambda: False)
    assert choices(hardware=SPACE, cache_dir=tmp_path)[0].is_on_disk


def test_v3_runs_where_it_fits_and_is_refused_where_it_does_not():
    source = resolve("v3", on_space=False)
    assert plan_for(source, hardware=LARGE).fits == "fits"
    with pytest.raises(DoesNotFit, match="Nearest that fits"):
        plan_for(source, hardware=SPACE)


def test_where_nothing_fits_nothing_is_promised():
    nothing = Hardware(cores=1, ram_total_bytes=GIB, ram_free_bytes=GIB // 2, disk_free_bytes=GIB)
    with pytest.raises(DoesNotFit, match="free some memory"):
        plan_for(resolve("r1", on_space=False), hardware=nothing)


def test_memory_is_blamed_only_where_it_is_the_reason(tmp_path):
    nothing = Hardware(cores=1, ram_total_bytes=2 * GIB, ram_free_bytes=2 * GIB, disk_free_bytes=GIB)
    save_checkpoint(tmp_path)
    edited = json.loads((tmp_path / "config.json").read_text()) | {"use_sliding_window": True, "sliding_window": 128}
    (tmp_path / "config.json").write_text(json.dumps(edited | {"layer_types": None, "max_window_layers": 0}))
    with pytest.raises(Unsupported, match=r"Sliding-window attention is not computed here.*full attention\.$"):
        plan_for(resolve(str(tmp_path), on_space=False), hardware=nothing)
    with pytest.raises(Unsupported, match=r"does not run here\. V4's compressed attention .*vLLM or SGLang\.$"):
        plan_for(resolve("v4-flash", on_space=False), hardware=nothing)


def test_an_adapter_that_is_not_used_is_told_with_the_plan(tmp_path):
    save_checkpoint(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    planned = plan_for(resolve(str(tmp_path), on_space=False), hardware=SPACE)
    assert planned.reason.endswith(f"The LoRA adapter beside the weights of {tmp_path.name} is not used.")


def test_a_device_that_is_not_there_is_all_that_is_said():
    for name in ("starter", "r1"):
        with pytest.raises(Unsupported, match=r"^There is no CUDA device here; use --device auto\.$"):
            plan_for(resolve(name, on_space=False), hardware=SPACE, device="cuda")


def test_what_has_still_to_be_fetched_needs_room_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(alternatives, "is_on_disk", lambda _repo_id: False)
    small = replace(SPACE, disk_free_bytes=20 * 10**9)
    listed = {choice.name: choice for choice in choices(hardware=small, cache_dir=tmp_path)}
    tight = listed["r1-distill-qwen-14b"]
    assert (tight.verdict, listed["r1-distill-qwen-7b"].verdict) == ("no", "fits")
    assert tight.reason == "Too little disk: fetching it takes 29.5 GB, and 20.0 GB are free."
    assert tight.reason in plan_for(resolve(tight.name, on_space=False), hardware=small).reason
    fetched_elsewhere = replace(small, hub_disk_free_bytes=40 * 10**9)
    assert {choice.name: choice.verdict for choice in choices(hardware=fetched_elsewhere, cache_dir=tmp_path)}[
        tight.name
    ] == "fits"


def test_a_plan_over_several_places_fits_where_those_places_are_free():
    card = Gpu(kind="cuda", index=0, name="card", total_bytes=48 * GIB, free_bytes=48 * GIB, capability=(8, 9))
    pair = replace(LARGE, gpus=(card, replace(card, index=1)))
    shared = plan(from_spec(find("coder-33b")), precision="bf16", hardware=pair)
    assert (shared.devices, fits_now(shared, pair)) == (("cuda:0", "cuda:1"), True)
    assert not fits_now(shared, replace(pair, gpus=(card,)))
    one = replace(pair, gpus=(card,))
    offloaded = plan(from_spec(find("coder-33b")), precision="bf16", hardware=one)
    assert (offloaded.device, fits_now(offloaded, one)) == ("cuda:0 + cpu", True)
    assert not fits_now(offloaded, replace(one, ram_free_bytes=2 * GIB))


def test_the_best_on_disk_has_room_for_the_context_that_was_asked_for(monkeypatch: pytest.MonkeyPatch):
    on_disk = ("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B")
    monkeypatch.setattr(planning, "is_on_disk", lambda repo_id: repo_id in on_disk)
    quick = replace(SPACE, cores=8)
    assert best_on_disk(hardware=quick).location == on_disk[0]
    assert best_on_disk(hardware=quick, context_tokens=65_536).location == on_disk[1]


def test_of_what_is_on_disk_a_chat_begins_with_one_that_chats_and_is_not_slow(monkeypatch: pytest.MonkeyPatch):
    on_disk = [find(name).repo_id for name in ("coder-33b", "r1-distill-qwen-14b", "r1-distill-qwen-7b", "v2-lite")]
    monkeypatch.setattr(planning, "is_on_disk", lambda repo_id: repo_id in on_disk)
    roomy = replace(SPACE, ram_total_bytes=64 * GIB, ram_free_bytes=60 * GIB)
    assert best_on_disk(hardware=roomy).spec.name == "r1-distill-qwen-7b"
    assert best_on_disk(hardware=replace(roomy, cores=8)).spec.name == "r1-distill-qwen-14b"
    del on_disk[1:3]
    assert best_on_disk(hardware=roomy).spec.name == "coder-33b-instruct"
    del on_disk[0]
    assert best_on_disk(hardware=roomy) is None  # v2-lite is a base model


def test_what_is_on_disk_for_both_engines_runs_on_the_one_that_is_faster_here(monkeypatch: pytest.MonkeyPatch):
    spec = find("r1-distill-qwen-1.5b")
    monkeypatch.setattr(planning, "is_on_disk", lambda repo_id: repo_id == spec.repo_id)
    assert best_on_disk(hardware=SPACE).quantisation == ""
    monkeypatch.setattr(gguf_choices, "cached_gguf", lambda repo_id, _name: "Distill-Qwen-1.5B" in repo_id or None)
    gguf = best_on_disk(hardware=SPACE)
    assert (gguf.spec, gguf.quantisation) == (spec, "Q4_K_M")  # estimated by the bytes that are read
    slow = NOTHING_SEEN.adding(spec.name, plan_for(resolve(spec.name, on_space=False), hardware=SPACE), "one", 20.0)
    for rate, quantisation in ((36.0, "Q4_K_M"), (12.0, "")):
        both = slow.adding(spec.name, replace(SERVED_BY_LLAMA_CPP, precision="Q4_K_M"), "one", rate)
        assert best_on_disk(hardware=replace(SPACE, paces=both)).quantisation == quantisation
        listed = {
            choice.name: choice.reason for choice in choices(hardware=replace(SPACE, paces=both), cache_dir=Path())
        }
        assert f"Measured here: {rate:.0f} tokens/s at Q4_K_M." in listed[f"{gguf.location}:Q4_K_M"]
        assert "Measured here: 20 tokens/s at int8." in listed[spec.name]
    monkeypatch.setattr(planning, "is_installed", lambda: False)
    assert best_on_disk(hardware=SPACE).quantisation == ""


class Served:
    """As much of a model that answers as its memory needs."""

    def __init__(self, *, device: str, weight_bytes: int) -> None:
        self.loaded = SimpleNamespace(device=device, weight_bytes=weight_bytes)
        self.driver = SimpleNamespace(cache_bytes=GIB)


def test_what_a_model_gives_back_is_no_more_than_there_is():
    card = Gpu(kind="cuda", index=0, name="card", total_bytes=24 * GIB, free_bytes=GIB, capability=(8, 9))
    machine = replace(SPACE, gpus=(card,))
    freed = {}
    for gib in (4, 60):
        resident = ResidentModel(recipe=None, served=Served(device="cuda:0", weight_bytes=gib * GIB))
        freed[gib] = resident.freed_on(machine).gpus[0].free_bytes
    assert freed == {4: 6 * GIB, 60: 24 * GIB}
    here = ResidentModel(recipe=None, served=Served(device="cpu", weight_bytes=9 * GIB))
    assert here.freed_on(SPACE).ram_free_bytes == SPACE.ram_total_bytes


def test_the_list_says_why_a_model_does_not_run(tmp_path):
    reasons = {choice.name: choice.reason for choice in choices(hardware=SPACE, cache_dir=tmp_path)}
    assert "sparse attention is not computed here" in reasons["v3.2"]
    assert "vLLM or SGLang. Choose a distill" in reasons["r1"]


ON_SPACE = {
    "cpu-basic": ("r1-distill-qwen-1.5b", "int8"),
    "cpu-upgrade": ("r1-0528-qwen3-8b", "int8"),
    "t4-small": ("r1-0528-qwen3-8b", "int8"),
    "t4-medium": ("r1-0528-qwen3-8b", "int8"),
    "l4x1": ("r1-distill-qwen-14b", "int8"),
    "a10g-small": ("r1-distill-qwen-14b", "int8"),
    "a10g-large": ("r1-distill-qwen-14b", "int8"),
    "l40sx1": ("r1-distill-qwen-32b", "int8"),
    "a100-large": ("r1-distill-qwen-32b", "bf16"),
    "zero-a10g": ("r1-0528-qwen3-8b", "bf16"),
    "zero-a10g xlarge": ("r1-0528-qwen3-8b", "bf16"),
}


@pytest.fixture
def nothing_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (planning, alternatives):
        monkeypatch.setattr(module, "is_on_disk", lambda _repo_id: False)


@pytest.mark.parametrize("flavour", HARDWARE)
@pytest.mark.usefixtures("nothing_on_disk")
def test_a_space_begins_with_what_suits_its_hardware(flavour: str):
    machine = HARDWARE[flavour]
    source = resolve_auto(on_space=True, hardware=machine)
    planned = plan_for(source, hardware=machine, whole=True)
    assert (source.spec.name, planned.precision) == ON_SPACE[flavour]
    assert planned.context_tokens >= 8192


@pytest.mark.usefixtures("nothing_on_disk")
def test_a_lent_card_with_room_on_the_disk_for_both_copies_takes_a_larger_model():
    large, whole = (replace(HARDWARE[name], disk_free_bytes=10**11) for name in ("zero-a10g", "zero-a10g xlarge"))
    assert resolve_auto(on_space=True, hardware=large).spec.name == "r1-0528-qwen3-8b"
    assert resolve_auto(on_space=True, hardware=whole).spec.name == "r1-distill-qwen-14b"


@pytest.mark.usefixtures("nothing_on_disk")
def test_a_space_on_which_nothing_fits_begins_with_the_starter():
    tiny = replace(HARDWARE["cpu-basic"], disk_free_bytes=10**9)
    assert resolve_auto(on_space=True, hardware=tiny).kind == "starter"


@pytest.mark.usefixtures("nothing_on_disk")
def test_what_the_front_matter_fetches_while_it_builds_is_what_auto_takes_on_the_hardware_it_suggests():
    matter = metadata_load(Path(__file__).parents[3] / "README.md")
    source = resolve_auto(on_space=True, hardware=HARDWARE[matter["suggested_hardware"]])
    assert matter["preload_from_hub"] == [source.location]
    assert source.location in matter["models"]


def test_a_lent_card_takes_what_no_kernel_has_to_make_and_what_the_memory_holds_first():
    machine = HARDWARE["zero-a10g"]
    source = resolve("r1-distill-qwen-14b", on_space=True)
    assert plan_for(source, hardware=machine).precision == "bf16"
    with pytest.raises(Unsupported, match="int8 is made on the card itself, which is lent for replies alone"):
        plan_for(source, hardware=machine, precision="int8")
    with pytest.raises(DoesNotFit, match=r"but a model can have 1[0-9]\.\d GB \(cuda:0\)"):
        plan_for(source, hardware=replace(machine, ram_free_bytes=16 * GIB))
    with pytest.raises(DoesNotFit):  # offloaded it would be on any other card
        plan_for(resolve("r1-distill-qwen-32b", on_space=True), hardware=machine)


@pytest.mark.usefixtures("nothing_on_disk")
def test_visitors_of_a_space_get_what_fits_whole_on_card_and_disk():
    card = HARDWARE["a10g-large"]
    large = resolve("coder-33b", on_space=True)
    assert plan_for(large, hardware=card, precision="bf16").fits == "offload"
    with pytest.raises(DoesNotFit, match="would lie in RAM"):
        plan_for(large, hardware=card, precision="bf16", whole=True)
    small = resolve("r1-distill-qwen-7b", on_space=True)
    full = replace(card, disk_free_bytes=10**10)
    assert "Too little disk" in plan_for(small, hardware=full).reason
    with pytest.raises(DoesNotFit, match=r"Too little disk: fetching it takes 15\.2 GB, and 10\.0 GB are free\."):
        plan_for(small, hardware=full, whole=True)


def test_well_known_gguf_repositories_are_listed_where_llama_cpp_is(monkeypatch, tmp_path):
    listed = [choice for choice in choices(hardware=SPACE, cache_dir=tmp_path) if choice.group == "GGUF"]
    small = next(choice for choice in listed if choice.name.endswith("R1-Distill-Qwen-1.5B-GGUF:Q4_K_M"))
    assert (small.verdict, small.precision, small.is_on_disk) == ("fits", "Q4_K_M", False)
    assert 1.0e9 < small.disk_bytes < 1.2e9
    assert {choice.verdict for choice in listed if "DeepSeek-R1-GGUF" in choice.name} == {"no"}
    full = {choice.name: choice for choice in choices(hardware=replace(SPACE, disk_free_bytes=0), cache_dir=tmp_path)}
    assert "Too little disk" in full[small.name].reason
    for choice in listed:
        source = resolve(choice.name, on_space=False)
        assert (source.quantisation, source.spec.title) == (choice.precision, choice.title.partition(" · ")[0])
    monkeypatch.setattr(planning, "is_installed", lambda: False)
    assert not [choice for choice in choices(hardware=SPACE, cache_dir=tmp_path) if choice.group == "GGUF"]
