"""From what a person asks for to a plan or a refusal that names the nearest way out."""

import pytest

from deepseek_space.backends.planning import choices, plan_for
from deepseek_space.errors import DoesNotFit, Unsupported
from deepseek_space.models.hardware import Hardware
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


def test_the_list_says_why_a_model_does_not_run():
    reasons = {choice.name: choice.reason for choice in choices(hardware=SPACE)}
    assert "sparse attention is not computed here" in reasons["v3.2"]
    assert "vLLM or SGLang. Choose a distill" in reasons["r1"]
