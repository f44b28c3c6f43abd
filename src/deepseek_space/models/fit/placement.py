"""Where a model's weights go: one device, several, or partly on CPU and disk.

Knows no precision and no file; sizes and limits are given.
"""

from collections.abc import Mapping

import torch
from accelerate import infer_auto_device_map
from transformers import AutoModelForCausalLM, PreTrainedConfig

from deepseek_space.errors import UsageError
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.fit.place import RESERVE_BYTES

Place = int | str
MaxMemory = Mapping[Place, int]


def resolve_device(wanted: str) -> str:
    """Return the device that ``wanted`` means here: ``auto`` is the first GPU, else Apple's, else the CPU.

    Raises UsageError for a device that this machine lacks.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    present = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    present += ["mps"] if torch.backends.mps.is_available() else []
    device = "cuda:0" if wanted == "cuda" else wanted
    if device not in present:
        raise UsageError(
            "There is no device {wanted} here; choose from auto, {names}.",
            wanted=repr(wanted),
            names=", ".join(present),
        )
    return device


def max_memory(planned: LoadPlan, hardware: Hardware) -> dict[Place, int] | None:
    """Return the bytes of weights by card number and "cpu", as accelerate takes them; None for a single place.

    Cache and working space of the plan stay free on every card, as any layer may need them.
    """
    if planned.fits != "offload" and len(planned.devices) == 1:
        return None
    aside = planned.kv_bytes + planned.workspace_bytes
    limits: dict[Place, int] = {
        gpu.index: max(0, gpu.free_bytes - aside) for gpu in hardware.gpus if gpu.device in planned.devices
    }
    ram = max(0, hardware.ram_free_bytes - RESERVE_BYTES)
    if not limits:
        return {"cpu": max(0, ram - aside)}
    return limits | {"cpu": ram if planned.offloads_to_cpu else 0}


def device_map_for(config: PreTrainedConfig, *, dtype: torch.dtype, max_memory: MaxMemory) -> dict[str, Place]:
    """Return which module goes where, filling the places of ``max_memory`` (bytes) in order; the rest goes to disk.

    A layer is never cut in two. The keys of ``max_memory`` are GPU numbers and ``"cpu"``.
    """
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.tie_weights()
    return dict(
        infer_auto_device_map(
            model, max_memory=dict(max_memory), no_split_module_classes=list(model._no_split_modules), dtype=dtype
        )
    )


def main_device(device_map: Mapping[str, Place]) -> str:
    """Return where inputs go and the model computes first: the first GPU that is used, else the CPU."""
    gpus = sorted(place for place in device_map.values() if isinstance(place, int))
    return f"cuda:{gpus[0]}" if gpus else "cpu"
