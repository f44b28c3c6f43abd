"""What a person means by ``--model``: the starter, a folder, a GGUF file, or a Hub repository.

Looks at names and at this disk; fetches nothing. Knows no weights and no page.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from deepseek_space.errors import ModelNotFound, NotACheckpoint, Unsupported
from deepseek_space.models import catalog
from deepseek_space.models.files.adapter import is_adapter, refuse_adapter
from deepseek_space.models.files.gguf_shape import quantisation_of
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.models.starter import STARTER_NAME, STARTER_NOTE
from deepseek_space.sentences import Sentence, joined
from deepseek_space.types import Sampling

SPACE_DEFAULT = "r1-distill-qwen-1.5b"
# SmolLM2's model card samples its examples so. The penalty is ours: without it nearly half of the starter's longer
# answers go round in circles, with it hardly any.
STARTER_SAMPLING = Sampling(temperature=0.2, top_p=0.9, repetition_penalty=1.1)

_HUB_HOST = r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/"
_HUB_ADDRESS = re.compile(
    rf"{_HUB_HOST}"
    r"(?!(?:datasets|spaces|collections|papers|docs|blog|api)/)(?P<repo_id>[\w.-]+/[\w.-]+)"
    r"(?:/(?:tree|blob|resolve|raw|commits?)/(?P<revision>refs(?:/|%2F)\w+(?:/|%2F)[^/?#]+|[^/?#]+))?(?:[/?#].*)?",
    re.IGNORECASE,
)
# OWNER/REPO:Q4_K_M, or a file's name in its place; no address has a port here.
_QUANTISED = re.compile(r"(?P<repository>[^:]+/[^:]+|https?://[^:]+):(?P<quantisation>[A-Za-z][\w.-]{0,80})", re.ASCII)
_PART_ENDING = re.compile(r"-\d{5}-of-\d{5}$")
_GGUF_ENDING = re.compile(r"[-_]gguf$", re.IGNORECASE)
_ADDRESS = re.compile(rf"https?://|{_HUB_HOST}", re.IGNORECASE)
_PATH = re.compile(r"[./~\\]|[A-Za-z]:[\\/]|.*\\|.*\.gguf$", re.IGNORECASE)

# What is neither is refused here: these names go into addresses, file names and logs.
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"(?!.*\.\.)(?=.{0,200}$)(?:[\w.+-]+(?:/[\w.+-]+)*)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """Where a model's files are or come from; ``spec`` is its catalogue entry, if it has one.

    ``revision`` is the branch, tag or commit of a repository that was asked for; empty: the newest. ``quantisation`` is
    which of its GGUF files, such as Q4_K_M; empty: it is a checkpoint for torch.
    """

    kind: Literal["starter", "folder", "gguf", "hub"]
    name: str
    location: str = ""
    revision: str = ""
    quantisation: str = ""
    spec: ModelSpec | None = None

    @property
    def is_deepseek(self) -> bool:
        """Whether DeepSeek made it, as far as its name tells."""
        return self.spec is not None or (self.kind == "hub" and self.location.lower().startswith("deepseek-ai/"))

    @property
    def note(self) -> str:
        """One sentence on what this model is, and is not."""
        if self.kind == "starter":
            return STARTER_NOTE
        if self.spec is None:
            return Sentence(
                "{name} is not in the DeepSeek catalogue; it runs with its own chat template and settings.",
                name=self.name,
            )
        return self.spec.strengths

    @property
    def sampling(self) -> Sampling:
        """The recommended sampling, or plain defaults where none was published."""
        if self.kind == "starter":
            return STARTER_SAMPLING
        return (self.spec and self.spec.sampling) or Sampling()


def _hub_name(name: str) -> str:
    """Return repository and revision of a model's address on the Hub, as ``resolve`` takes them; else ``name``."""
    found = _HUB_ADDRESS.fullmatch(name)
    if not found:
        return name
    revision = unquote(found["revision"] or "main")  # a pull request is at refs/pr/7, with its slashes or without
    return found["repo_id"] if revision == "main" else f"{found['repo_id']}@{revision}"


def resolve(name: str, *, on_space: bool, local_paths: bool = True) -> ModelSource:
    """Return the source that ``name`` stands for.

    ``@`` and a revision may follow the name of a repository, which may be the address of its page.
    "auto" is the starter, and on a Space the smallest R1 distill, unless something better is found on the disk.
    Without ``local_paths`` the disk is not looked at, whatever the name: only catalogue and Hub remain.
    Whether the Hub has such a repository is for whoever asks it. Raises ModelNotFound with the nearest names,
    NotACheckpoint for a path that holds no model, Unsupported for a path where none may be given.
    """
    name = name.strip()
    if name.lower() == "auto":
        name = SPACE_DEFAULT if on_space else "starter"
    if name.lower() == "starter":
        return ModelSource(kind="starter", name=STARTER_NAME)
    name, quantisation = _parted(name)
    if quantisation:
        return _quantised(name, quantisation)
    name = _hub_name(name)
    if local_paths and (path := _existing(name)) and not _is_called_like_a_model(name, path):
        return _on_disk(path)
    _refuse_what_is_no_name(name, local_paths=local_paths)
    return _of_the_hub(name)


def _parted(name: str) -> tuple[str, str]:
    """Return a repository and which of its quantisations ``name`` asks for, as llama.cpp and Ollama write it."""
    found = _QUANTISED.fullmatch(name)
    return (found["repository"], found["quantisation"]) if found else (name, "")


def _quantised(name: str, quantisation: str) -> ModelSource:
    repo_id, _, revision = _hub_name(name).partition("@")
    if not (_HUB_ID.fullmatch(repo_id) and _REVISION.fullmatch(revision)):
        raise ModelNotFound(
            "{name} is no name of a GGUF repository; those look like OWNER/NAME-GGUF:Q4_K_M.",
            name=repr(f"{name}:{quantisation}"),
        )
    if not quantisation.lower().endswith(".gguf"):
        quantisation = quantisation.upper()
    shown = f"{repo_id}@{revision}" if revision else repo_id
    return ModelSource(
        kind="hub",
        name=f"{shown}:{quantisation}",
        location=repo_id,
        revision=revision,
        quantisation=quantisation,
        spec=catalog.served_as(_GGUF_ENDING.sub("", repo_id)),
    )


def _refuse_what_is_no_name(name: str, *, local_paths: bool) -> None:
    if not (name and name.isprintable()):
        raise ModelNotFound(joined(Sentence("{name} is no name of a model.", name=repr(name)), catalog.ANY_MODEL))
    if _ADDRESS.match(name):
        raise ModelNotFound(
            "{name} is no model's address on the Hub; those look like https://huggingface.co/deepseek-ai/DeepSeek-R1.",
            name=name,
        )
    if not _PATH.match(name):
        return
    if not local_paths:
        raise Unsupported(
            "{name} is a path, and this app is open to others, so it loads only names of the list and "
            "Hub ids, such as deepseek-ai/DeepSeek-R1. The operator can load files with --model.",
            name=name,
        )
    raise ModelNotFound("There is no file or folder {name}. Check the path.", name=name)


def _of_the_hub(name: str) -> ModelSource:
    repo_id, _, revision = name.partition("@")
    repo_id = repo_id.rstrip("/")
    if not _REVISION.fullmatch(revision):
        raise ModelNotFound(
            "{revision} is no revision of {repo_id}; give a branch, a tag or a commit.",
            revision=repr(revision),
            repo_id=repr(repo_id),
        )
    spec = catalog.known(repo_id) if _HUB_ID.fullmatch(repo_id) else catalog.find(repo_id)
    if spec is None:
        name = f"{repo_id}@{revision}" if revision else repo_id
        return ModelSource(kind="hub", name=name, location=repo_id, revision=revision)
    title = f"{spec.title} @ {revision}" if revision else spec.title
    return ModelSource(kind="hub", name=title, location=spec.repo_id, revision=revision, spec=spec)


def _existing(name: str) -> Path | None:
    try:
        path = Path(name).expanduser()
        return path if name and path.exists() else None
    except (OSError, RuntimeError):  # too long for this disk, or in the home of nobody
        return None


def _is_called_like_a_model(name: str, path: Path) -> bool:
    """Tell whether what lies here just happens to have a name of the catalogue, as a folder called "math" does."""
    return not _PATH.match(name) and not (path / "config.json").exists() and catalog.known(name) is not None


def _on_disk(path: Path) -> ModelSource:
    spec = _spec_of(path)
    if path.is_dir():
        if not (path / "config.json").is_file():
            if is_adapter(path):
                refuse_adapter(path)
            raise NotACheckpoint(
                "{path} holds no config.json, so it is no checkpoint. Give the folder that has config.json "
                "and *.safetensors, or a GGUF file.",
                path=path,
            )
        return ModelSource(kind="folder", name=path.resolve().name, location=str(path), spec=spec)
    if path.suffix.lower() != ".gguf":
        raise NotACheckpoint(
            "{path} is not a GGUF file. Give a checkpoint folder or a file that ends in .gguf.", path=path
        )
    return ModelSource(kind="gguf", name=path.stem, location=str(path), spec=spec)


def _spec_of(path: Path) -> ModelSpec | None:
    # A folder or file that carries a published name has that checkpoint's prompt format and stop tokens.
    published = path.resolve()
    if not path.is_file():
        return catalog.known(published.name)
    stem = _PART_ENDING.sub("", published.stem)
    quantisation = quantisation_of(stem)
    bare = stem[: stem.upper().rindex(quantisation)].rstrip("-_.") if quantisation else stem
    return catalog.known(stem) or catalog.served_as(_GGUF_ENDING.sub("", bare))
