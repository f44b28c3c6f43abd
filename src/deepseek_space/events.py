"""What a stream of a reply yields, from waiting to its figures. No behaviour."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, Literal

FinishReason = Literal[
    "stop",  # the model ended it
    "tool_calls",  # it ended to have tools called
    "length",  # the most new tokens allowed
    "time",  # the most time allowed, on a device that is lent
    "cancelled",
    "error",
]


@dataclass(frozen=True, kw_only=True)
class TokenLogprob:
    """How likely one token was, as a natural logarithm, before temperature and all that cuts or weighs.

    ``bytes`` are what the token stands for, at times a part of a character; ``top`` are the likeliest in its place.
    """

    bytes: bytes
    logprob: float
    top: tuple["TokenLogprob", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The figures of one reply. Rates and times are measured, never estimated.

    ``generated_tokens`` counts the one that ends the reply, which has no text, as transformers and vLLM do.
    ``cached_tokens`` is None where nobody has told, as is ``reasoning_tokens``, those of the thought.
    """

    model: str
    prompt_tokens: int
    cached_tokens: int | None
    generated_tokens: int
    time_to_first_token_s: float
    tokens_per_second: float
    finish_reason: FinishReason
    reasoning_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Loading:
    """The model is on its way: what is being done, and how far it has come (total 0: not known).

    ``log`` is what the program that loads it printed last, where it is another's.
    """

    kind: ClassVar[str] = "loading"
    stage: str
    done: int = 0
    total: int = 0
    unit: str = "B"
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Queued:
    """Waiting for a place; position 1 is next, 0 is not known."""

    kind: ClassVar[str] = "queued"
    position: int


@dataclass(frozen=True, kw_only=True)
class Prefill:
    """The prompt is being read: ``read`` of ``total`` tokens so far; total 0 is not known."""

    kind: ClassVar[str] = "prefill"
    read: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Reasoning:
    """The next piece of the model's thoughts; ``tokens`` are those it is made of, where they are asked for."""

    kind: ClassVar[str] = "reasoning"
    text: str
    tokens: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The next piece of the answer; ``tokens`` as for ``Reasoning``."""

    kind: ClassVar[str] = "answer"
    text: str
    tokens: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolCallBegun:
    """The model calls the tool ``name``: the call number ``index`` of this reply, counted from 0."""

    kind: ClassVar[str] = "tool_call"
    index: int
    name: str


@dataclass(frozen=True, kw_only=True)
class ToolArguments:
    """The next piece of a call's arguments, which are JSON text."""

    kind: ClassVar[str] = "tool_arguments"
    index: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Resorted:
    """All the text of this stream so far, sorted anew: what was taken for the answer was a thought, or the reverse.

    It takes the place of every ``Reasoning`` and ``Answer`` before it; ``thinking_s`` is how long the thought took.
    """

    kind: ClassVar[str] = "resorted"
    reasoning: str = ""
    answer: str = ""
    thinking_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ScoredToken:
    """A token's text and log-probability, None where nothing stands before it, and the likeliest in its place.

    ``top`` are (text, log-probability), the best first.
    """

    text: str
    logprob: float | None
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The next tokens of the prompt, or of what is written, before their text; only where they were asked for.

    The token that ends a reply is among them, though it has no text in the answer.
    """

    kind: ClassVar[str] = "scored"
    tokens: tuple[ScoredToken, ...]
    of_prompt: bool = False


@dataclass(frozen=True, kw_only=True)
class Done:
    """The last event of a stream that was not closed early."""

    kind: ClassVar[str] = "done"
    usage: Usage


Event = Loading | Queued | Prefill | Reasoning | Answer | ToolCallBegun | ToolArguments | Resorted | Scored | Done

EventStream = Generator[Event, None, None]
"""A reply: the events until ``Done``. Closing it is Stop."""
