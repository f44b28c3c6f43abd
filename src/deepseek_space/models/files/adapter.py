"""LoRA adapters: a difference to another model's weights, which is no model by itself. Reads only their description."""

from pathlib import Path

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.files.json_object import read_json_object
from deepseek_space.sentences import Sentence

DESCRIPTION = "adapter_config.json"
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "adapters.safetensors")


def is_adapter(folder: Path) -> bool:
    """Return whether an adapter lies in ``folder``."""
    return any((folder / name).is_file() for name in (DESCRIPTION, *_WEIGHTS))


def refuse_adapter(folder: Path) -> None:
    """Raise Unsupported, naming the model that the adapter in ``folder`` was made for."""
    try:
        base = read_json_object(folder / DESCRIPTION).get("base_model_name_or_path")
    except NotACheckpoint:
        base = None
    of_model = Sentence(" for {base}", base=f"{base!r:.120}") if isinstance(base, str) and base else ""
    raise Unsupported(
        "{folder} holds a LoRA adapter{of_model}, a difference to a model's weights and no model. "
        "Merge the two (peft's merge_and_unload, then save_pretrained) and give the folder of the "
        "result.",
        folder=folder,
        of_model=of_model,
    )


def note_on_adapter(folder: Path) -> str:
    """Return what to say of an adapter that lies beside whole weights; empty where there is none."""
    if not is_adapter(folder):
        return ""
    return Sentence("The LoRA adapter beside the weights of {name} is not used.", name=folder.name)
