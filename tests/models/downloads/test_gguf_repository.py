"""Quantisations on the Hub: chosen by name, planned from their headers, fetched with all their parts."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from deepseek_space.backends.local import fetching, planning
from deepseek_space.backends.local.gguf_choices import quantisations
from deepseek_space.backends.local.resident_model import Recipe, Watch
from deepseek_space.errors import Corrupt, ModelNotFound, NoNetwork, Unsupported
from deepseek_space.models.downloads import gguf_repository
from deepseek_space.models.downloads.gguf_repository import cached_gguf, fetch_gguf, inspect_gguf, read_remote_gguf
from deepseek_space.models.files.gguf_shape import quantisation_of
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.inspection import gguf_shape_of
from deepseek_space.models.source import resolve
from fake_hub import running_hub
from gguf_files import random_model, write_gguf

REPO = "someone/Tiny-GGUF"
MACHINE = Hardware(cores=2, ram_total_bytes=8 << 30, ram_free_bytes=6 << 30, disk_free_bytes=50 << 30)
QUIET = {"progress": lambda loading: None}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    model = random_model("qwen2-gqa")
    write_gguf(folder / "Tiny-Q8_0.gguf", model)
    write_gguf(folder / "Tiny-Q4_K_M.gguf", model, split_max_tensors=10)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    parts = {name: content for name, content in files.items() if "Q4_K_M" in name}
    assert len(parts) == 3
    whole = {"Tiny-Q8_0.gguf": files["Tiny-Q8_0.gguf"], "mmproj-Tiny-Q8_0.gguf": b"GGUF"}
    return whole | {f"Q4_K_M/{name}": content for name, content in parts.items()} | {"README.md": b"# Tiny"}


@pytest.fixture
def hub(published, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with running_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        hub.publish(REPO, published)
        yield hub


def test_a_quantisation_is_found_with_all_its_parts(hub):
    assert [file.name for file in inspect_gguf(REPO, "q8_0").files] == ["Tiny-Q8_0.gguf"]
    names = [file.name for file in inspect_gguf(REPO, "Q4_K_M").files]
    assert names == [f"Q4_K_M/Tiny-Q4_K_M-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert [file.name for file in inspect_gguf(REPO, "Tiny-Q8_0.gguf").files] == ["Tiny-Q8_0.gguf"]


def test_one_that_is_not_there_names_those_that_are(hub):
    with pytest.raises(ModelNotFound, match=r"has no Q2_K; there are: Q8_0, Q4_K_M"):
        inspect_gguf(REPO, "Q2_K")
    hub.publish("someone/Other", {"model.txt": b""})
    with pytest.raises(ModelNotFound, match="there are: no GGUF files"):
        inspect_gguf("someone/Other", "Q2_K")


def test_a_repository_without_a_quantisation_lists_its_own_with_size_and_quality(hub):
    with pytest.raises(Unsupported) as caught:
        planning.plan_for(resolve(REPO, on_space=False), hardware=MACHINE)
    said = str(caught.value)
    assert f"{REPO}:Q8_0: 0.0 GB, hardly told from the original; {REPO}:Q4_K_M: 0.0 GB, the usual choice" in said


def test_its_quantisations_are_offered_with_how_each_fits(hub, published):
    def offered(name, **wanted):
        listed = quantisations(resolve(name, on_space=False), hardware=MACHINE, **wanted)
        return {each.label: each for each in listed}

    both = offered(REPO)
    assert list(both) == ["Q8_0", "Q4_K_M"]  # by size: what is called Q4_K_M here holds the same, in three parts
    assert (both["Q4_K_M"].is_named, both["Q8_0"].is_named, both["Q4_K_M"].name) == (True, False, f"{REPO}:Q4_K_M")
    assert both["Q4_K_M"].disk_bytes == sum(len(parts) for name, parts in published.items() if "Q4_K_M" in name)
    assert {each.verdict for each in both.values()} == {"fits"}
    assert not both["Q8_0"].is_on_disk
    fetch_gguf(REPO, "Q8_0", **QUIET)
    assert offered(f"{REPO}:q8_0")["Q8_0"].is_on_disk
    assert [each.label for each in offered(f"{REPO}:q8_0").values() if each.is_named] == ["Q8_0"]
    lacking = {name: content for name, content in published.items() if "00002-of" not in name}
    hub.publish(REPO, lacking | {"model.safetensors": b""})
    assert offered(REPO) == {}  # a checkpoint for torch, unless one of the files is asked for
    broken = offered(f"{REPO}:Q8_0")["Q4_K_M"]
    assert (broken.verdict, "lacks 1 of the 3 parts" in broken.reason) == ("no", True)


def test_a_part_that_is_missing_is_named(hub, published):
    name = "Q4_K_M/Tiny-Q4_K_M-00002-of-00003.gguf"
    hub.publish(REPO, {key: content for key, content in published.items() if key != name})
    with pytest.raises(Corrupt, match=r"lacks 1 of the 3 parts of Q4_K_M, .*00002-of-00003\.gguf first"):
        inspect_gguf(REPO, "Q4_K_M")


def test_the_plan_reads_headers_alone(hub, published, tmp_path, monkeypatch):
    padding = b"\0" * (1 << 20)  # what comes after the tensors is not asked for
    hub.publish(REPO, published | {"Tiny-Q8_0.gguf": published["Tiny-Q8_0.gguf"] + padding})
    monkeypatch.setattr(gguf_repository, "HEAD_BYTES", (1000, 40_000))  # the first is too short for its tokens
    shape = read_remote_gguf(REPO, "Q8_0")
    assert (shape.name, shape.quantisation, shape.vocab_size) == (f"{REPO}:Q8_0", "Q8_0", 320)
    assert shape.kv_bytes_per_token == 2 * 2 * 2 * 16 * 2
    assert hub.served_bytes("Tiny-Q8_0.gguf") < 100_000
    split = read_remote_gguf(REPO, "Q4_K_M")
    assert (split.weight_bytes, split.context_tokens) == (shape.weight_bytes, shape.context_tokens)
    hub.publish(REPO, {"Tiny-Q8_0.gguf": published["Tiny-Q8_0.gguf"][:24] + b"\xff" * 200})
    with pytest.raises(Corrupt, match="does not describe the file"):
        read_remote_gguf(REPO, "Q8_0")


def test_all_parts_are_fetched_once_and_used_without_a_network(hub):
    first = fetch_gguf(REPO, "Q4_K_M", **QUIET)
    assert first.name == "Tiny-Q4_K_M-00001-of-00003.gguf"
    assert all(first.with_name(first.name.replace("00001-", f"0000{part}-")).is_file() for part in (2, 3))
    assert cached_gguf(REPO, "q4_k_m") == first
    assert cached_gguf(REPO, "Q8_0") is None
    sent = len(hub.served)
    assert fetch_gguf(REPO, "Q4_K_M", **QUIET) == first
    assert len(hub.served) == sent
    hub.answer_with("api", *[503] * 20)
    source = resolve(f"{REPO}:Q4_K_M", on_space=False)
    assert gguf_shape_of(source).quantisation == "Q4_K_M"
    assert planning.plan_for(source, hardware=replace(MACHINE, disk_free_bytes=0), whole=True).fits == "fits"


def test_without_a_network_what_is_not_whole_is_not_used(hub, monkeypatch):
    first = fetch_gguf(REPO, "Q4_K_M", **QUIET)
    first.with_name(first.name.replace("00001-", "00002-")).unlink()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(gguf_repository, "list_files", lambda *_: (_ for _ in ()).throw(NoNetwork("No network.")))
    with pytest.raises(NoNetwork):
        fetch_gguf(REPO, "Q4_K_M", **QUIET)


@pytest.mark.parametrize("address", [f"{REPO}:Q8_0", f"hf.co/{REPO}:q8_0", f"https://huggingface.co/{REPO}:Q8_0"])
def test_an_address_as_others_write_it_is_planned_and_fetched(hub, tmp_path, address):
    source = resolve(address, on_space=False)
    assert (source.kind, source.location, source.quantisation) == ("hub", REPO, "Q8_0")
    plan = planning.plan_for(source, hardware=MACHINE)
    assert (plan.engine, plan.precision, plan.fits) == ("llama.cpp", "Q8_0", "fits")
    watch = Watch(progress=lambda loading: None, cancelled=lambda: False)
    folder, name = fetching.fetch(Recipe(source=source, plan=plan), tmp_path, watch)
    assert (Path(folder) / name).is_file()
    with pytest.raises(Unsupported, match="runs as it is"):
        planning.plan_for(source, hardware=MACHINE, precision="bf16")


@pytest.mark.parametrize(
    ("name", "quantisation"),
    [
        ("DeepSeek-R1-UD-IQ1_S-00001-of-00003.gguf", "UD-IQ1_S"),
        ("DeepSeek-V2-Lite-Chat.Q4_K_M.gguf", "Q4_K_M"),
        ("deepseek-coder-1.3b-instruct.f16.gguf", "F16"),
        ("DeepSeek-R1-Distill-Qwen-7B.gguf", ""),
    ],
)
def test_files_are_named_after_their_quantisation(name, quantisation):
    assert quantisation_of(name) == quantisation


def test_a_quantised_checkpoint_of_the_family_has_its_prompt_format():
    for name in ("unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF:Q4_K_M", "bartowski/DeepSeek-V2-Lite-Chat-GGUF:Q4_K_M"):
        source = resolve(name, on_space=False)
        assert source.spec
        assert source.is_deepseek
    with pytest.raises(ModelNotFound, match="no name of a GGUF repository"):
        resolve("a/b/c:Q4_K_M", on_space=False, local_paths=False)
