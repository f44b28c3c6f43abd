"""Which files of a folder hold its weights, in the order in which transformers would take them. Opens only indices."""

import re
from collections.abc import Iterable
from pathlib import Path

from deepseek_space.errors import NotACheckpoint
from deepseek_space.models.files.weight_index import PICKLE_INDEX, SAFETENSORS_INDEX, read_index
from deepseek_space.sentences import Sentence

_PART = re.compile(r"(?P<stem>model|pytorch_model)-(?P<number>\d+)-of-(?P<count>\d+)\.(?:safetensors|bin)")
_FORMS = ("model.safetensors", "pytorch_model.bin")
_FOREIGN = {
    "consolidated*.pth": Sentence("Meta's own form"),
    "consolidated*.safetensors": Sentence("Mistral's own form"),
    "*.gguf": Sentence("GGUF; give one of them to --model as a file"),
    "*.npz": Sentence("an older form of MLX"),
    "tf_model.h5": Sentence("TensorFlow's form"),
    "flax_model.msgpack": Sentence("Flax's form"),
    "*.ckpt": Sentence("a trainer's own form"),
    "*.distcp": Sentence("a trainer's own form, spread over its processes"),
    "global_step*": Sentence("DeepSpeed's own form; its zero_to_fp32.py makes a checkpoint of it"),
    "*.onnx": Sentence("ONNX"),
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
    raise _no_weights(folder)


def _no_weights(folder: Path) -> NotACheckpoint:
    for pattern, form in _FOREIGN.items():
        if found := next(iter(sorted(folder.glob(pattern))), None):
            return NotACheckpoint(
                "{folder} holds no weights that are read here: {file} is {form}. Take the checkpoint in safetensors.",
                folder=folder,
                file=found.name,
                form=form,
            )
    return NotACheckpoint(
        "{folder} holds no weights: neither model.safetensors nor pytorch_model.bin, nor an index. Fetch its "
        "*.safetensors files.",
        folder=folder,
    )


def _parts(folder: Path, form: str) -> tuple[Path, ...]:
    stem, suffix = form.split(".")
    found = {
        match["count"]: path for path in folder.glob(f"{stem}-*.{suffix}") if (match := _PART.fullmatch(path.name))
    }
    if not found:
        return ()
    if len(found) > 1:
        raise NotACheckpoint(
            "{folder} holds parts of several sets of weights, {names}, and no index that says which to "
            "take; leave one set there.",
            folder=folder,
            names=" and ".join(p.name for p in found.values()),
        )
    ((count, _),) = found.items()
    width = len(count)
    return _present(folder, [f"{stem}-{n:0{width}}-of-{count}.{suffix}" for n in range(1, min(int(count), 10_000) + 1)])


def _present(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    files = [folder / name for name in names]
    if absent := [file.name for file in files if not file.is_file()]:
        raise NotACheckpoint(
            "{folder} lacks {missing} of {count} weight files, {first} first; fetch what is missing.",
            folder=folder,
            missing=len(absent),
            count=len(files),
            first=absent[0],
        )
    return tuple(files)


def indexed_tensors(folder: Path, files: tuple[Path, ...]) -> frozenset[str]:
    """Return the names of all tensors that the index of ``files`` lists; empty where they need none."""
    index = folder / (SAFETENSORS_INDEX if files[0].suffix == ".safetensors" else PICKLE_INDEX)
    if files[0].name in _FORMS or not index.is_file():
        return frozenset()
    return frozenset(read_index(index).tensors)
