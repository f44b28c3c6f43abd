"""The published text checkpoints of the family up to V4, and how their many names resolve.

Knows no file and no network: a name that is not here may still be a Hub id or a folder.
"""

import difflib

from deepseek_space.errors import ModelNotFound
from deepseek_space.models.checkpoints.distilled import DISTILLED
from deepseek_space.models.checkpoints.early import EARLY
from deepseek_space.models.checkpoints.v2 import GENERATION_2
from deepseek_space.models.checkpoints.v3 import GENERATION_3
from deepseek_space.models.checkpoints.v4 import GENERATION_4
from deepseek_space.models.model_spec import ModelSpec

__all__ = ["CATALOG", "ModelSpec", "find"]

CATALOG: tuple[ModelSpec, ...] = (*DISTILLED, *EARLY, *GENERATION_2, *GENERATION_3, *GENERATION_4)

_BY_NAME = {spec.name: spec for spec in CATALOG}
_BY_REPO = {spec.repo_id.lower(): spec for spec in CATALOG}
_BY_LAST_NAME = {spec.repo_id.split("/")[1].lower(): spec for spec in CATALOG}

# Where a bare name could mean several checkpoints, it means the one for chat that most machines can hold.
_ENDINGS = ("", "-chat", "-instruct", "-v1.5", "-instruct-v1.5")
_ALIASES = {
    "chat": "llm-7b-chat",
    "llm": "llm-7b-chat",
    "coder": "coder-6.7b-instruct",
    "math": "math-7b-rl",
    "moe": "moe-16b-chat",
    "v4": "v4-flash",
    "coder-7b-v1.5": "coder-7b-instruct-v1.5",
    "coder-5.7b": "coder-5.7bmqa-base",
    "r1-distill": "r1-distill-qwen-1.5b",
    "r1-1.5b": "r1-distill-qwen-1.5b",
    "r1-7b": "r1-distill-qwen-7b",
    "r1-8b": "r1-0528-qwen3-8b",
    "r1-14b": "r1-distill-qwen-14b",
    "r1-32b": "r1-distill-qwen-32b",
    "r1-70b": "r1-distill-llama-70b",
    "r1-671b": "r1",
    "r1-qwen3-8b": "r1-0528-qwen3-8b",
    "reasoner": "r1",
}


def _slug(name: str) -> str:
    slug = "-".join(name.strip().lower().replace("_", "-").replace(":", "-").split())
    return slug.removeprefix("deepseek-ai/").removeprefix("deepseek-")


def find(name: str) -> ModelSpec:
    """Return the checkpoint that people mean by ``name``: a slug, a repository id or a common short form.

    Raises ModelNotFound, with the nearest names, for anything else.
    """
    if exact := _BY_REPO.get(name.strip().lower()):
        return exact
    slug = _slug(name)
    for candidate in (_ALIASES.get(slug, slug), *(slug + ending for ending in _ENDINGS)):
        if candidate in _BY_NAME:
            return _BY_NAME[candidate]
    raise ModelNotFound(f"There is no model called {name!r}. {_suggestion(slug)}")


def served_as(name: str) -> ModelSpec | None:
    """Return the checkpoint that a server calls ``name``: a repository id, or a path or id that ends like one.

    No short forms: what a hosted service calls deepseek-chat is another model every few months.
    """
    return _BY_LAST_NAME.get(name.rstrip("/").rsplit("/", 1)[-1].lower())


def _suggestion(slug: str) -> str:
    parts = slug.split("-")
    # "r1-distill-1.5b" leaves out a part, "coder-6.7" ends one early: what has all of them comes first.
    whole = [name for name in _BY_NAME if all(any(p.startswith(part) for p in name.split("-")) for part in parts)]
    close = difflib.get_close_matches(slug, (*_BY_NAME, *_ALIASES), n=3, cutoff=0.5)
    if near := list(dict.fromkeys([*whole, *close]))[:3] if slug else []:
        return f"Nearest names: {', '.join(near)}."
    return "Choose one of the list."
