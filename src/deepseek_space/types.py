"""What is asked of a model, in the words that all layers share: messages, sampling, requests. Checks values alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence

Role = Literal["system", "user", "assistant", "tool"]
PromptFamily = Literal[
    "plain",  # User: … Assistant: …           LLM, MoE, Math, V2, Coder-V2
    "coder",  # ### Instruction: … ### Response: …   Coder v1 and 7B v1.5
    "v2-0628",  # full-width role tokens, blank line after the system text
    "v2.5",  # full-width role tokens           V2.5, V3, V3-0324
    "r1",  # v2.5 + a prefilled <think>       R1 and its six distills
    "r1-0528",  # v2.5, the model opens <think>    R1-0528 and its Qwen3-8B distill
    "r1-zero",  # the plain-text training prompt of the R1 paper
    "v3.1",  # hybrid: <think> or </think> ends the prompt, by Jinja template
    "v3.2",  # as v3.1, but the checkpoint ships no template: V3.2, V4
    "base",  # no chat: completion and, where trained for it, infilling
    "own",  # whatever chat template the tokenizer brings
]
ReasoningStyle = Literal[
    "none",  # does not think aloud
    "prefilled",  # the prompt ends in <think>; only </think> is generated
    "written",  # the model writes <think> and </think> itself
    "hybrid",  # the request chooses; the prompt ends in <think> or </think>
]


ToolFormat = Literal[
    "none",  # was not trained to call tools
    "v3",  # V3, V3-0324, R1-0528
    "v3.1",  # V3.1, V3.2-Exp: without thoughts alone
    "v3.2",
    "v4",
    "server",  # as the server writes it that answers
]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call that an assistant made; ``arguments`` is JSON text as the model wrote it, ``id`` what its result names."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that may be called; ``definition`` is the function's JSON object as it was sent, for the model to read."""

    name: str
    definition: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn as plain text. ``reasoning`` holds an assistant's thoughts, which go back to the model only where it
    calls tools and was trained so. A tool's result names the call that it is for by ``tool_call_id``."""

    role: Role
    content: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen.

    ``temperature`` 0 is greedy; ``top_k`` 0, ``top_p`` 1, ``min_p`` 0 and ``repetition_penalty`` 1 are off.
    ``seed`` None draws a new one for each request.
    Raises RequestError for values out of range; its sentences call the fields by ``LABELS``.
    """

    temperature: float = 0.7
    top_p: float = 0.95
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_new_tokens: int = 1024
    seed: int | None = None
    stop: tuple[str, ...] = ()

    LIMITS: ClassVar[dict[str, tuple[float, float]]] = {
        "temperature": (0.0, 2.0),
        "top_p": (0.01, 1.0),
        "top_k": (0, 1000),
        "min_p": (0.0, 1.0),
        "repetition_penalty": (0.5, 2.0),
        "max_new_tokens": (1, 131_072),
        "seed": (0, 2**63 - 1),
    }
    LABELS: ClassVar[dict[str, str]] = {
        "temperature": "Temperature",
        "top_p": "Top-p",
        "top_k": "Top-k",
        "min_p": "Min-p",
        "repetition_penalty": "Repetition penalty",
        "max_new_tokens": "Maximum new tokens",
        "seed": "Seed",
        "stop": "Stop strings",
    }

    def __post_init__(self) -> None:
        for name, limits in self.LIMITS.items():
            if name != "seed" or self.seed is not None:
                check_number(self.LABELS[name], getattr(self, name), limits)
        if len(self.stop) > 16 or not all(isinstance(s, str) and 0 < len(s) <= 200 for s in self.stop):
            raise RequestError("Stop strings may be at most 16, of 1 to 200 characters each.")


def check_number(label: str, value: object, limits: tuple[float, float]) -> None:
    """Raise RequestError unless ``value`` is within ``limits``, and whole where both of them are."""
    low, high = limits
    kind = int if isinstance(low, int) and isinstance(high, int) else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        what = Sentence("a whole number") if kind is int else Sentence("a number")
        least, most = (f"{limit:,}" if isinstance(limit, int) else f"{limit:g}" for limit in limits)
        raise RequestError(
            "{label} is {value}; it must be {what} from {least} to {most}.",
            label=Sentence(label),
            value=shown(value),
            what=what,
            least=least,
            most=most,
        )


def shown(value: object) -> str:
    """Return ``value`` as it is told in an error: what a person or a program sent, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


@dataclass(frozen=True, kw_only=True)
class Penalties:
    """What is added to the scores of tokens before one is chosen, as OpenAI documents it.

    ``presence`` is taken off the score of each token that the reply holds already, ``frequency`` as often as it holds
    it; tokens of the prompt do not count. ``bias`` are pairs of a token's id and what is added to its score.
    """

    presence: float = 0.0
    frequency: float = 0.0
    bias: tuple[tuple[int, float], ...] = ()

    def __bool__(self) -> bool:
        return self != Penalties()


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """What an answer must be, to the letter: JSON of a schema, a text that a regular expression or a grammar describes.

    ``field`` is the name by which a program asks for it.
    """

    kind: Literal["json_schema", "regex", "grammar"]
    text: str
    field: str = "response_format"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The part of a reply that is written already; the model goes on right after its last character.

    ``is_thinking`` says that the thought is still open. With it False and no ``answer``, the thought is closed and the
    answer begins: so "answer now" is a reply that goes on from its thoughts.
    """

    reasoning: str = ""
    answer: str = ""
    is_thinking: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a reader asks for: a conversation that ends with a user's turn.

    ``thinking`` chooses the mode of hybrid checkpoints (V3.1 and later); None is the checkpoint's default.
    ``thinking_budget`` is the most tokens of thought before it is closed and the answer begins; None is no limit.
    ``begun`` is a reply that was cut off: the stream holds only what comes after it.
    ``scope`` names who asks, in words that tell nothing of them: what was read for one is not used for another, as the
    time that it saves would tell of it.
    ``server_fields`` are handed on as they are; only names in ``Status.passes_on`` may be there. ``penalties``,
    ``top_logprobs`` (how many of the likeliest tokens to tell at each place; None: no probabilities at all) and
    ``constraint``, which holds the answer and not the thought, are for where ``Status.honours`` has their fields.
    ``tools`` may be called where ``Status.tool_format`` is one, and messages hold calls and results there alone. One of
    ``forced_tools`` has to be called, if there are any, and with ``calls_once`` there is no second call.
    Raises RequestError for an empty question, or a budget out of range.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    thinking: bool | None = None
    thinking_budget: int | None = None
    begun: Begun | None = None
    scope: str = ""
    server_fields: Mapping[str, Any] = field(default_factory=dict)
    penalties: Penalties = field(default_factory=Penalties)
    top_logprobs: int | None = None
    tools: tuple[Tool, ...] = ()
    forced_tools: tuple[str, ...] = ()
    calls_once: bool = False
    constraint: Constraint | None = None

    BUDGET_LIMITS: ClassVar[tuple[int, int]] = (0, 131_072)

    def __post_init__(self) -> None:
        if self.thinking_budget is not None:
            check_number("Thinking budget", self.thinking_budget, self.BUDGET_LIMITS)
        last = self.messages[-1] if self.messages else None
        if last is None or (last.role != "tool" and (last.role != "user" or not last.content.strip())):
            raise RequestError("The message is empty. Write something and send it again.")


@dataclass(frozen=True, kw_only=True)
class Completion:
    """A text to continue as it is, with no conversation around it.

    With a ``suffix`` the model writes what belongs between ``prefix`` and it, if it was trained to; ``middle`` is what
    stands there already, before the cursor. ``ids`` are tokens to read as they are, in place of all three.
    ``top_logprobs`` asks for the score of each token that is written, with so many of the likeliest, and
    ``scores_prompt`` for those of the text before: only where ``Status.reads_tokens``. ``scope`` and ``penalties`` are
    as for ``Request``.
    Raises RequestError if there is nothing to go on from.
    """

    prefix: str = ""
    suffix: str = ""
    middle: str = ""
    ids: tuple[int, ...] = ()
    top_logprobs: int | None = None
    scores_prompt: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    scope: str = ""
    penalties: Penalties = field(default_factory=Penalties)

    def __post_init__(self) -> None:
        if not self.ids and not (self.prefix + self.suffix + self.middle).strip():
            raise RequestError("There is nothing to continue yet. Write a beginning and try again.")
