"""What the machine has, and whether the model fits it."""

from dataclasses import replace

import pytest

from deepseek_space.commands.health import machine
from deepseek_space.models.fit.hardware import Gpu, Hardware
from deepseek_space.settings import read_settings

GB = 10**9
CPU = Hardware(
    cores=8,
    ram_total_bytes=32 * GB,
    ram_free_bytes=24 * GB,
    disk_free_bytes=100 * GB,
    cpu_features=frozenset({"avx2"}),
)
CARD = Gpu(kind="cuda", index=0, name="NVIDIA L4", total_bytes=24 * GB, free_bytes=23 * GB, capability=(8, 9))


@pytest.fixture
def look(monkeypatch, tmp_path):
    def look(hardware, *flags, driver=tmp_path / "none"):
        monkeypatch.setattr(machine, "detect", lambda folder: hardware)
        settings = read_settings([*flags, "--cache-dir", str(tmp_path)], {"HOME": str(tmp_path)})
        return list(machine.look(settings, nvidia_driver=driver))

    return look


def test_a_machine_with_a_card_tells_what_it_has_and_what_fits(look):
    found = look(replace(CPU, gpus=(CARD,)), "--model", "r1-distill-qwen-7b")
    assert [(finding.verdict, finding.subject) for finding in found] == [
        ("ok", "machine"),
        ("ok", "card"),
        ("ok", "model"),
    ]
    assert found[0].text == "8 cores, 24.0 of 32.0 GB memory free"
    assert found[1].text == "cuda:0: NVIDIA L4, 23.0 of 24.0 GB free"
    assert "on cuda:0" in found[2].text


def test_scripted_replies_fit_everywhere(look):
    assert look(replace(CPU, ram_free_bytes=0), "--model", "fake")[-1].verdict == "ok"


def test_a_driver_whose_cards_torch_does_not_see_warns(look, tmp_path):
    driver = tmp_path / "version"
    driver.touch()
    _, card, _ = look(CPU, "--model", "starter", driver=driver)
    assert (card.verdict, card.subject) == ("warn", "card")
    assert "sees no card" in card.text
    assert "pytorch.org" in card.remedy


def test_an_old_processor_warns(look):
    assert look(replace(CPU, cpu_features=frozenset({"bf16"})), "--model", "starter")[0].verdict == "warn"
    assert look(replace(CPU, cpu_features=frozenset()), "--model", "starter")[0].verdict == "ok"  # not known


@pytest.mark.parametrize(
    ("flags", "said"),
    [(("--model", "r1"), "does not"), (("--model", "r1-distil"), "r1-distill"), (("--device", "mps"), "no Apple GPU")],
)
def test_a_model_that_cannot_run_fails_with_the_reason(look, flags, said):
    model = look(CPU, *flags)[-1]
    assert (model.verdict, model.subject) == ("fail", "model")
    assert said in model.text


def test_a_torch_that_cannot_be_loaded_fails(look, monkeypatch, tmp_path):
    def broken(folder):
        raise OSError("libcudart.so.13: cannot open shared object file")

    monkeypatch.setattr(machine, "detect", broken)
    (finding,) = machine.look(read_settings([], {"HOME": str(tmp_path)}))
    assert (finding.verdict, "libcudart.so.13" in finding.text) == ("fail", True)
