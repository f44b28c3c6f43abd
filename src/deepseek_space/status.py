"""What a page and a program are told of a backend: who answers, how far a change has come, what else could."""

from dataclasses import dataclass, field
from typing import Literal

from deepseek_space.events import Loading
from deepseek_space.figures import Figures
from deepseek_space.types import Sampling, ToolFormat


@dataclass(frozen=True, kw_only=True)
class Status:
    """What answers here. ``note`` says in one sentence what the model is and is not.

    ``memory_bytes`` is what weights and caches take; ``context_tokens`` is prompt plus reply.
    ``can_think`` says that replies may hold thoughts, ``can_choose_thinking`` that ``Request.thinking`` counts,
    ``thinks_by_default`` that they do where it is None,
    ``can_limit_thoughts`` that they can be ended by a budget, ``can_answer_now`` by the reader, ``can_continue`` that a
    reply which was cut off can be gone on with;
    ``takes_system_prompt`` is False for models that DeepSeek says to use without one; a model that cannot chat
    continues a text, and infills where ``can_infill``. ``writes_edits`` says that it changes files by
    SEARCH/REPLACE blocks; others write them anew. ``reads_tokens`` says that a text may be tokens, and that they
    can be scored, ``tool_format`` how the model was trained to call tools. ``passes_on`` are the fields of OpenAI's
    protocol that the server which answers can be handed, ``honours`` those that go beyond ``Sampling`` and are worked
    here.
    ``loading_model`` is on its way, with ``progress``, while ``model`` may still answer; ``error`` is why the last
    change of model failed. ``log`` is what the program printed last that runs the model, or failed to. ``warnings``
    are true sentences about this model at this precision. ``figures`` is None where nothing is counted: before there
    is a model, and for backends without an engine of ours.
    """

    state: Literal["empty", "loading", "ready", "failed"]
    model: str
    note: str = ""
    warnings: tuple[str, ...] = ()
    precision: str = ""
    device: str = ""
    context_tokens: int = 0
    memory_bytes: int = 0
    loading_model: str = ""
    progress: Loading | None = None
    error: str = ""
    log: tuple[str, ...] = ()
    is_deepseek: bool = False
    can_think: bool = False
    can_choose_thinking: bool = False
    thinks_by_default: bool = False
    can_limit_thoughts: bool = True
    can_answer_now: bool = True
    can_continue: bool = True
    takes_system_prompt: bool = True
    can_chat: bool = True
    can_infill: bool = False
    writes_edits: bool = False
    reads_tokens: bool = False
    tool_format: ToolFormat = "none"
    passes_on: frozenset[str] = frozenset()
    honours: frozenset[str] = frozenset()
    sampling: Sampling = field(default_factory=Sampling)
    active_requests: int = 0
    queued_requests: int = 0
    figures: Figures | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A model that could be loaded here, and how it would fit; ``name`` is what ``load`` takes.

    ``disk_bytes`` is the download, 0 if not known; ``memory_bytes`` is weights, cache and working space.
    """

    name: str
    title: str
    group: str
    verdict: Literal["fits", "offload", "no"]
    reason: str
    precision: str
    memory_bytes: int
    disk_bytes: int
    is_on_disk: bool
    licence: str
    strengths: str


@dataclass(frozen=True, kw_only=True)
class Quantisation:
    """One of those that a GGUF repository publishes: all parts of it, and how it would fit.

    ``name`` is what ``load`` takes, ``label`` such as Q4_K_M. One of a repository ``is_named``: that which was asked
    for, else the one to begin with.
    """

    name: str
    label: str
    verdict: Literal["fits", "offload", "no"]
    reason: str
    quality: str
    disk_bytes: int
    is_on_disk: bool
    is_named: bool
