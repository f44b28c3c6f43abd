"""What the app knows about one published checkpoint before a byte of it is fetched."""

from dataclasses import dataclass
from typing import Literal

from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.types import PromptFamily, ReasoningStyle, Sampling, ToolFormat

Runs = Literal[
    "here",  # a native transformers class, and a size that one machine can hold
    "remote",  # too large for one machine of the usual kind
    "remote-code",  # needs Python files of the repository, which are never run
]


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One checkpoint. None means that the value is not established; ``unknown`` then says what and why, in words.

    ``params_total`` counts what transformers loads, without modules for multi-token prediction.
    ``context_advertised`` is DeepSeek's word, ``context_practical`` how far to trust it, both in tokens.
    ``disk_bytes`` is one copy of the weights, the one to fetch. ``stop_ids`` is empty where only the text is known.
    ``sampling`` None: no recommendation was published. ``writes_edits`` says that it keeps to SEARCH/REPLACE blocks, by
    aider's boards.
    """

    name: str
    repo_id: str
    title: str
    group: str
    architecture: Architecture
    params_total: int
    params_active: int
    context_advertised: int | None
    context_practical: int
    dtype: Literal["bf16", "fp8", "fp8+fp4"]
    disk_bytes: int | None
    licence: str
    languages: tuple[str, ...]
    prompt_family: PromptFamily
    stop: tuple[str, ...]
    strengths: str
    stop_ids: tuple[int, ...] = ()
    reasoning: ReasoningStyle = "none"
    fim: bool = False
    writes_edits: bool = False
    tools: ToolFormat = "none"
    takes_system_prompt: bool = True
    sampling: Sampling | None = None
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    runs: Runs = "here"

    @property
    def is_chat(self) -> bool:
        """Whether the checkpoint was trained to answer, rather than to continue a text."""
        return self.prompt_family != "base"
