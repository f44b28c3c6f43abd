"""From what a person asks for to a plan or a refusal that names the nearest way out."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from deepseek_space.backends import planning
from deepseek_space.backends.planning import best_on_disk, choices, fits_now, plan_for
from deepseek_space.backends.resident import Resident
from deepseek_space.errors import DoesNotFit, Unsupported
from deepseek_space.models.catalog import find
from deepseek_space.models.fit import plan as plan_module
from deepseek_space.models.fit.checkpoint import from_spec
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.models.fit.memory import plan
from deepseek_space.models.source import resolve

GIB = 2**30
SPACE = Hardware(
    cores=2,
    ram_total_bytes=16 * GIB,
    ram_free_bytes=15 * GIB,
    disk_free_bytes=40 * GIB,
    cpu_features=frozenset({"avx2", "avx512_bf16"}),
)
LARGE = Hardware(cores=64, ram_total_bytes=2048 * GIB, ram_free_bytes=2000 * GIB, disk_free_bytes=2000 * GIB)


@pytest.mark.parametrize("name", ["v3.2", "v4-flash"])
@pytest.mark.parametrize("machine", [SPACE, LARGE])
def test_an_attention_that_is_not_computed_is_refused_before_anything_is_fetched(name: str, machine: Hardware):
    with pytest.raises(Unsupported, match=r"does not run here\. V.* attention is not computed here.*Nearest that fits"):
        plan_for(resolve(name, on_space=False), hardware=machine)


def test_v3_runs_where_it_fits_and_is_refused_where_it_does_not():
    source = resolve("v3", on_space=False)
    assert plan_for(source, hardware=LARGE).fits == "fits"
    with pytest.raises(DoesNotFit, match="Nearest that fits"):
        plan_for(source, hardware=SPACE)


def test_where_nothing_fits_nothing_is_promised():
    nothing = Hardware(cores=1, ram_total_bytes=GIB, ram_free_bytes=GIB // 2, disk_free_bytes=GIB)
    with pytest.raises(DoesNotFit, match="free some memory"):
        plan_for(resolve("r1", on_space=False), hardware=nothing)


def test_a_device_that_is_not_there_is_all_that_is_said():
    for name in ("starter", "r1"):
        with pytest.raises(Unsupported, match=r"^There is no CUDA device here; use --device auto\.$"):
            plan_for(resolve(name, on_space=False), hardware=SPACE, device="cuda")


def test_what_has_still_to_be_fetched_needs_room_on_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plan_module, "is_on_disk", lambda _repo_id: False)
    small = replace(SPACE, disk_free_bytes=20 * 10**9)
    listed = {choice.name: choice for choice in choices(hardware=small)}
    tight = listed["r1-distill-qwen-14b"]
    assert (tight.verdict, listed["r1-distill-qwen-7b"].verdict) == ("no", "fits")
    assert tight.reason == "Too little disk: fetching it takes 29.5 GB, and 20.0 GB are free."
    assert tight.reason in plan_for(resolve(tight.name, on_space=False), hardware=small).reason
    fetched_elsewhere = replace(small, hub_disk_free_bytes=40 * 10**9)
    assert {choice.name: choice.verdict for choice in choices(hardware=fetched_elsewhere)}[tight.name] == "fits"


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


class Served:
    """As much of a model that answers as its memory needs."""

    def __init__(self, *, device: str, weight_bytes: int) -> None:
        self.loaded = SimpleNamespace(device=device, weight_bytes=weight_bytes)
        self.driver = SimpleNamespace(engine=SimpleNamespace(cache_bytes=GIB))


def test_what_a_model_gives_back_is_no_more_than_there_is():
    card = Gpu(kind="cuda", index=0, name="card", total_bytes=24 * GIB, free_bytes=GIB, capability=(8, 9))
    machine = replace(SPACE, gpus=(card,))
    freed = {}
    for gib in (4, 60):
        resident = Resident(recipe=None, served=Served(device="cuda:0", weight_bytes=gib * GIB))
        freed[gib] = resident.give_back(machine).gpus[0].free_bytes
    assert freed == {4: 6 * GIB, 60: 24 * GIB}
    here = Resident(recipe=None, served=Served(device="cpu", weight_bytes=9 * GIB))
    assert here.give_back(SPACE).ram_free_bytes == SPACE.ram_total_bytes


def test_the_list_says_why_a_model_does_not_run():
    reasons = {choice.name: choice.reason for choice in choices(hardware=SPACE)}
    assert "sparse attention is not computed here" in reasons["v3.2"]
    assert "vLLM or SGLang. Choose a distill" in reasons["r1"]
