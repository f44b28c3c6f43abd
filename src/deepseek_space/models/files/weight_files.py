"""Which files of a folder hold its weights, in the order in which transformers would take them. Opens only indices."""

import re
from collections.abc import Iterable
from pathlib import Path

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.weight_index import PICKLE_INDEX, SAFETENSORS_INDEX, read_index

_PART = re.compile(r"(?P<stem>model|pytorch_model)-(?P<number>\d+)-of-(?P<count>\d+)\.(?:safetensors|bin)")
_FORMS = ("model.safetensors", "pytorch_model.bin")
_FOREIGN = {
    "consolidated*.pth": "Meta's own form",
    "consolidated*.safetensors": "Mistral's own form",
    "*.gguf": "GGUF; give one of them to --model as a file",
    "*.npz": "an older form of MLX",
    "tf_model.h5": "TensorFlow's form",
    "flax_model.msgpack": "Flax's form",
    "*.ckpt": "a trainer's own form",
    "*.distcp": "a trainer's own form, spread over its processes",
    "global_step*": "DeepSpeed's own form; its zero_to_fp32.py makes a checkpoint of it",
    "*.onnx": "ONNX",
}


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that hold the weights: safetensors where there are any, else PyTorch's ``.bin``.

    A whole file goes before an index, as in transformers, and parts need no index where all of them are there.
    Raises NotACheckpoint if there are none, or if the index names a file that is absent or outside the folder.
    """
    for form in _FORMS:
        index = folder / f"{form}.index.json"
        if (folder / form).is_file():
            return (folder / form,)
        if index.is_file():
            return _present(folder, read_index(index).files)
        if parts := _parts(folder, form):
            return parts
    raise NotACheckpoint(f"{folder} holds no weights{_instead(folder)}")


def _instead(folder: Path) -> str:
    for pattern, form in _FOREIGN.items():
        if found := next(iter(sorted(folder.glob(pattern))), None):
            return f" that are read here: {found.name} is {form}. Take the checkpoint in safetensors."
    return ": neither model.safetensors nor pytorch_model.bin, nor an index. Fetch its *.safetensors files."


def _parts(folder: Path, form: str) -> tuple[Path, ...]:
    stem, suffix = form.split(".")
    found = {
        match["count"]: path for path in folder.glob(f"{stem}-*.{suffix}") if (match := _PART.fullmatch(path.name))
    }
    if not found:
        return ()
    if len(found) > 1:
        raise NotACheckpoint(
            f"{folder} holds parts of several sets of weights, {' and '.join(p.name for p in found.values())}, and no "
            "index that says which to take; leave one set there."
        )
    ((count, _),) = found.items()
    width = len(count)
    return _present(folder, [f"{stem}-{n:0{width}}-of-{count}.{suffix}" for n in range(1, min(int(count), 10_000) + 1)])


def _present(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    files = [folder / name for name in names]
    if absent := [file.name for file in files if not file.is_file()]:
        raise NotACheckpoint(
            f"{folder} lacks {len(absent)} of {len(files)} weight files, {absent[0]} first; fetch what is missing."
        )
    return tuple(files)


def indexed_tensors(folder: Path, files: tuple[Path, ...]) -> frozenset[str]:
    """Return the names of all tensors that the index of ``files`` lists; empty where they need none."""
    index = folder / (SAFETENSORS_INDEX if files[0].suffix == ".safetensors" else PICKLE_INDEX)
    if files[0].name in _FORMS or not index.is_file():
        return frozenset()
    return frozenset(read_index(index).tensors)
