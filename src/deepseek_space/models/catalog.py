"""The published text checkpoints of the family up to V4, and how their many names resolve.

Knows no file and no network: a name that is not here may still be a Hub id or a folder.
"""

import re
from difflib import SequenceMatcher
from statistics import fmean

from deepseek_space.errors import ModelNotFound
from deepseek_space.models.checkpoints.distilled import DISTILLED
from deepseek_space.models.checkpoints.early import EARLY
from deepseek_space.models.checkpoints.v2 import GENERATION_2
from deepseek_space.models.checkpoints.v3 import GENERATION_3
from deepseek_space.models.checkpoints.v4 import GENERATION_4
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.sentences import Sentence, joined

__all__ = ["ANY_MODEL", "CATALOG", "ModelSpec", "find", "known", "nearest_names"]

CATALOG: tuple[ModelSpec, ...] = (*DISTILLED, *EARLY, *GENERATION_2, *GENERATION_3, *GENERATION_4)

ANY_MODEL = Sentence("Choose one of the list, or write a Hub id such as deepseek-ai/DeepSeek-R1.")

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
_FAMILY = re.compile(r"(deepseek-ai/)?(deep-?seek-)?")
_NEAR = 0.65  # a slip of a letter or two in any part of a name reaches it, a name of another model does not
_SAME_PART = 0.6  # below it two parts have nothing but single letters in common
_MOST_NEAR = 3
_LONGEST_NAME = 200  # comparing takes time, and anybody can send a name


def _slug(name: str) -> str:
    slug = "-".join(name.strip().lower().replace("_", "-").replace(":", "-").split())
    return _FAMILY.sub("", slug, count=1)


def known(name: str) -> ModelSpec | None:
    """Return the checkpoint that people mean by ``name``: a slug, a repository id or a common short form."""
    if exact := _BY_REPO.get(name.strip().lower()):
        return exact
    slug = _slug(name)
    candidates = (_ALIASES.get(slug, slug), *(slug + ending for ending in _ENDINGS))
    return next((_BY_NAME[candidate] for candidate in candidates if candidate in _BY_NAME), None)


def find(name: str) -> ModelSpec:
    """Return the same. Raises ModelNotFound, with the nearest names, for what is not in the catalogue."""
    if spec := known(name):
        return spec
    raise ModelNotFound(
        joined(Sentence("There is no model called {name}.", name=repr(name)), nearest_names(name) or ANY_MODEL)
    )


def served_as(name: str) -> ModelSpec | None:
    """Return the checkpoint that a server calls ``name``: a repository id, or a path or id that ends like one.

    No short forms: what a hosted service calls deepseek-chat is another model every few months.
    """
    return _BY_LAST_NAME.get(name.rstrip("/").rsplit("/", 1)[-1].lower())


def nearest_names(name: str) -> str:
    """Return a sentence with up to three names that ``name`` may be a slip of, best first; empty if it is of none.

    A repository with nothing like "deepseek" in its id is another family's.
    """
    if name.strip().lower() in _BY_REPO or len(name) > _LONGEST_NAME:
        return ""
    owner, _, last = name.lower().rpartition("/")
    family = [part for part in re.split(r"[-_/:\s]", name.lower()) if _likeness(part, "deepseek")]
    said = [part for part in _slug(last).split("-") if part not in family]
    if not any(said) or (owner and not family):
        return ""
    scores = {listed: _score(said, listed.split("-")) for listed in _BY_NAME}
    near = sorted((listed for listed in scores if scores[listed] >= _NEAR), key=lambda listed: -scores[listed])
    return Sentence("Nearest names: {names}.", names=", ".join(near[:_MOST_NEAR])) if near else ""


def _score(said: list[str], parts: list[str]) -> float:
    """Return from 0 to 1 how alike two names are, in any order; what is left out weighs less than what is written."""
    written = fmean(max(_likeness(part, other) for other in parts) for part in said)
    covered = fmean(max(_likeness(part, other) for other in said) for part in parts)
    return 0.75 * written + 0.25 * covered


def _likeness(one: str, other: str) -> float:
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio >= _SAME_PART else 0.0
