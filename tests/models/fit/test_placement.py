import pytest
import torch

from deepseek_space.errors import UsageError
from deepseek_space.models.fit.placement import device_map_for, resolve_device
from tiny_models import ARCHITECTURES, tiny_model


def layer_bytes(architecture: str, layer: int) -> int:
    return sum(p.nbytes for p in tiny_model(architecture).model.layers[layer].parameters())


def config_of(architecture: str):
    return tiny_model(architecture).config


def test_auto_is_the_best_device_that_is_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("auto") == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == "cuda:0"


def test_a_device_must_exist(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda") == "cuda:0"
    assert resolve_device("cuda:1") == "cuda:1"
    with pytest.raises(UsageError, match=r"'cuda:2'.*cuda:0, cuda:1"):
        resolve_device("cuda:2")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_fits_stays_in_one_place(architecture):
    placed = device_map_for(config_of(architecture), dtype=torch.float32, max_memory={0: 2**30, "cpu": 2**30})
    assert set(placed.values()) == {0}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_fill_gpu_then_cpu_then_disk_and_stay_whole(architecture):
    model = tiny_model(architecture)
    first = model.model.embed_tokens.weight.nbytes + layer_bytes(architecture, 0)
    # accelerate keeps room for the largest layer on the first GPU, for what is brought back to it.
    room = first + max(layer_bytes(architecture, 0), layer_bytes(architecture, 1)) + 4096
    placed = device_map_for(model.config, dtype=torch.float32, max_memory={0: room, "cpu": 4096})
    order = [0, "cpu", "disk"]
    by_layer = [placed[f"model.layers.{index}"] for index in range(2)]
    assert placed["model.embed_tokens"] == 0
    assert [order.index(place) for place in by_layer] == sorted(order.index(place) for place in by_layer)
    assert placed["lm_head"] == "disk"
