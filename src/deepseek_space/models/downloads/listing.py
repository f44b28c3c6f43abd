"""What a Hub repository publishes, and which of its files a model needs. Pure: no network, no disk."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from deepseek_space.errors import Corrupt, Unsupported
from deepseek_space.models.files.gguf_shape import quality_of, quantisation_of
from deepseek_space.models.files.weight_index import INDICES, PICKLE_INDEX, SAFETENSORS_INDEX
from deepseek_space.sentences import Sentence, joined

WEIGHT_SUFFIXES = (".safetensors", ".bin", ".gguf")
_SAFETENSORS = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
_PICKLE = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin")
_TOKENIZER_FILES = ("tokenizer.model", "spiece.model", "vocab.txt", "merges.txt", "chat_template.jinja")
BLOB_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class RepoFile:
    """One published file; ``blob_id`` is its SHA-256 where it is large, git's blob SHA-1 where it is small."""

    name: str
    size_bytes: int
    blob_id: str

    @property
    def is_weights(self) -> bool:
        """Whether it holds tensors."""
        return self.name.endswith(WEIGHT_SUFFIXES)


@dataclass(frozen=True, kw_only=True)
class RepoFiles:
    """The files of one commit that a model needs; ``config`` is its parsed config.json, empty before it was read."""

    repo_id: str
    commit: str
    files: tuple[RepoFile, ...]
    config: Mapping[str, Any]

    @property
    def total_bytes(self) -> int:
        """All that is needed, weights and the rest."""
        return sum(file.size_bytes for file in self.files)

    @property
    def weight_bytes(self) -> int:
        """The weights alone."""
        return sum(file.size_bytes for file in self.files if file.is_weights)

    def find(self, name: str) -> RepoFile | None:
        """Return the file called ``name``, or None."""
        return next((file for file in self.files if file.name == name), None)

    def narrowed_to(self, shards: Iterable[str]) -> "RepoFiles":
        """Return the same without the weights that are not among ``shards``."""
        wanted = set(shards)
        return replace(self, files=tuple(f for f in self.files if not f.is_weights or f.name in wanted))


def check_names(repo_id: str, files: Iterable[RepoFile]) -> None:
    """Refuse a listing whose names would lead out of the cache folder. Raises Corrupt."""
    for file in files:
        if not is_plain_name(file.name):
            raise Corrupt(
                "The listing of {repo_id} names {name}, which is no safe file name; not fetched.",
                repo_id=repo_id,
                name=repr(file.name),
            )


def is_plain_name(name: str) -> bool:
    """Return whether ``name`` stays below the folder it is put in."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")


def choose_files(repo_id: str, listed: Iterable[RepoFile]) -> tuple[RepoFile, ...]:
    """Return the files a model needs: one copy of its weights, its JSON files and its tokenizer; no code.

    Raises Unsupported.
    """
    listed = tuple(listed)
    root = [file for file in listed if "/" not in file.name]
    if not has_checkpoint(listed):
        _refuse_unnamed_gguf(repo_id, listed)
    weights, unused_index = _choose_weights(repo_id, root)
    rest = [f for f in root if _is_description(f.name) and f.name != unused_index]
    return (*rest, *weights)


def has_checkpoint(listed: Iterable[RepoFile]) -> bool:
    """Tell whether there are weights for torch, beside which GGUF files count only where one is asked for."""
    return any(_SAFETENSORS.fullmatch(file.name) or _PICKLE.fullmatch(file.name) for file in listed)


def _choose_weights(repo_id: str, root: list[RepoFile]) -> tuple[list[RepoFile], str]:
    if weights := [file for file in root if _SAFETENSORS.fullmatch(file.name)]:
        return weights, PICKLE_INDEX
    if weights := [file for file in root if _PICKLE.fullmatch(file.name)]:
        return weights, SAFETENSORS_INDEX
    if any(file.name == "adapter_config.json" for file in root):
        raise Unsupported(
            "{repo_id} holds a LoRA adapter, a difference to a model's weights and no model. Choose the "
            "repository of a whole model.",
            repo_id=repo_id,
        )
    if any(file.name.endswith(".gguf") for file in root):
        raise Unsupported(
            "{repo_id} holds GGUF files whose names tell no quantisation. Download one and give it as "
            "--model FILE.gguf.",
            repo_id=repo_id,
        )
    raise Unsupported(
        "{repo_id} holds no weights this app can read (model*.safetensors or pytorch_model*.bin). "
        "Choose another model.",
        repo_id=repo_id,
    )


def _refuse_unnamed_gguf(repo_id: str, listed: Iterable[RepoFile]) -> None:
    """Raise Unsupported with the quantisations that ``repo_id`` holds, if it does."""
    if not (there := quantisations(listed)):
        return
    named = [
        Sentence(
            "{name}: {size:.1f} GB, {quality};",
            name=f"{repo_id}:{name}",
            size=size_bytes / 1e9,
            quality=quality_of(name),
        )
        for name, size_bytes in there.items()
    ]
    first = Sentence("{repo_id} holds GGUF files. Write which one is to be loaded:", repo_id=repo_id)
    raise Unsupported(joined(first, *named))


def quantisations(listed: Iterable[RepoFile]) -> dict[str, int]:
    """Return the quantisations among ``listed`` with the bytes of each, the smallest first."""
    sizes: dict[str, int] = {}
    for file in listed:
        if is_gguf_model(file.name) and (name := quantisation_of(PurePosixPath(file.name).name)):
            sizes[name] = sizes.get(name, 0) + file.size_bytes
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


def is_gguf_model(name: str) -> bool:
    """Tell whether ``name`` is a GGUF of a model, and not of what goes with one."""
    last = PurePosixPath(name).name.lower()
    return last.endswith(".gguf") and not last.startswith(("mmproj", "imatrix"))


def _is_description(name: str) -> bool:
    if name.endswith(".index.json"):
        return name in INDICES
    return name.endswith((".json", ".tiktoken")) or name in _TOKENIZER_FILES
