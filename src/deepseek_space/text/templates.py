"""Messages in, the exact prompt of a DeepSeek family out; and that prompt as token ids.

Two rules hold for every family. Thoughts of earlier turns never go back to the model. Control tokens that a person
types arrive as plain text, while everything else is cut into tokens just as the published prompt string would be.

Knows no weights and no engine. The tokenizer is any ``PreTrainedTokenizerFast``-like object that is handed in.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from jinja2 import TemplateError
from tokenizers import Tokenizer

from deepseek_space.errors import RequestError, Unsupported
from deepseek_space.types import Message, PromptFamily

BOS = "<｜begin▁of▁sentence｜>"
EOS = "<｜end▁of▁sentence｜>"
USER = "<｜User｜>"
ASSISTANT = "<｜Assistant｜>"
EOT = "<|EOT|>"
FIM_BEGIN, FIM_HOLE, FIM_END = "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"
THINK, END_THINK = "<think>", "</think>"

# Appended to the question after a newline, for the Math models and R1.
MATH_DIRECTIVE_EN = r"Please reason step by step, and put your final answer within \boxed{}."
MATH_DIRECTIVE_ZH = r"请通过逐步推理来解答问题，并把最终答案放置于\boxed{}中。"

CODER_SYSTEM = (
    "You are an AI programming assistant, utilizing the DeepSeek Coder model, developed by DeepSeek Company, and you "
    "only answer questions related to computer science. For politically sensitive questions, security and privacy "
    "issues, and other non-computer science questions, you will refuse to answer."
)
R1_ZERO_SYSTEM = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant "
    "first thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning "
    "process and answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., "
    "<think> reasoning process here </think> <answer> answer here </answer>."
)


@dataclass(frozen=True, kw_only=True)
class Turns:
    """How one family writes a conversation; every field is literal text."""

    before_user: str
    after_user: str
    before_answer: str
    after_answer: str
    opening: str
    after_system: str = ""
    default_system: str = ""


_ROLE_TOKENS = Turns(before_user=USER, after_user="", before_answer=ASSISTANT, after_answer=EOS, opening=ASSISTANT)
_HYBRID = replace(_ROLE_TOKENS, before_answer=ASSISTANT + END_THINK)
_PLAIN = Turns(
    before_user="User: ",
    after_user="\n\n",
    before_answer="Assistant: ",
    after_answer=EOS,
    opening="Assistant:",  # a space here makes the 16B-Lite models ramble
    after_system="\n\n",
)
_CODER = Turns(
    before_user="### Instruction:\n",
    after_user="\n",
    before_answer="### Response:\n",
    after_answer=f"\n{EOT}\n",
    opening="### Response:\n",
    after_system="\n",
    default_system=CODER_SYSTEM,
)
_TURNS = {
    "plain": _PLAIN,
    "coder": _CODER,
    "v2-0628": replace(_ROLE_TOKENS, after_system="\n\n"),
    "v2.5": _ROLE_TOKENS,
    "r1": replace(_ROLE_TOKENS, opening=f"{ASSISTANT}{THINK}\n"),
    "r1-0528": _ROLE_TOKENS,
    "r1-zero": replace(_PLAIN, after_user=". ", after_system=" ", default_system=R1_ZERO_SYSTEM),
    "v3.1": _HYBRID,
    "v3.2": _HYBRID,
}
# V3.1's own template answers at once unless told to think; the published example for V3.2 and V4 thinks.
_THINKS_BY_DEFAULT = {"v3.1": False, "v3.2": True}
_SYSTEM_IN_USER_TURN = ("r1", "r1-zero")


def without_thoughts(message: Message) -> str:
    """Return the text of ``message`` that may go back to the model.

    An assistant's leading ``<think>…</think>`` is cut off at the first closing tag; a thought that was never closed
    is the whole message, and nothing is left. Tags further on are quotations and stay.
    """
    if message.role != "assistant" or not message.content.lstrip().startswith(THINK):
        return message.content
    return message.content.partition(END_THINK)[2]


def _system_first(family: PromptFamily, messages: Sequence[Message], turns: Turns) -> tuple[str, list[Message]]:
    """Return the text ahead of the first turn, and the turns.

    R1 and R1-Zero were not trained with a system prompt of one's own, so DeepSeek has instructions written into the
    user's turn: they head the first one.
    """
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if system and family in _SYSTEM_IN_USER_TURN and rest and rest[0].role == "user":
        rest[0] = Message(role="user", content=f"{system}\n\n{rest[0].content}")
        system = ""
    system = system or turns.default_system
    return (system + turns.after_system if system else ""), rest


def render(family: PromptFamily, messages: Sequence[Message], *, thinking: bool | None = None) -> str:
    """Return the published prompt string of ``family``, from BOS to where the reply begins.

    System messages are joined by a blank line and come first. ``thinking`` counts for ``v3.1`` and ``v3.2`` alone;
    None is the family's default. R1-Zero was published for one question; further turns are joined as for ``plain``.
    Raises Unsupported for ``base`` and ``own``.
    """
    if family == "base":
        raise Unsupported(
            "This is a base model: it was never trained to chat. It continues a text that you begin, and fills gaps in "
            "code where it was trained for that. Use completion, or load the chat or instruct version."
        )
    if family not in _TURNS:
        raise Unsupported(f"There is no published prompt format named {family!r}; choose from {', '.join(_TURNS)}.")
    turns = _TURNS[family]
    system, rest = _system_first(family, messages, turns)
    parts = [BOS, system]
    for message in rest:
        if message.role == "user":
            parts += [turns.before_user, message.content, turns.after_user]
        else:
            parts += [turns.before_answer, without_thoughts(message), turns.after_answer]
    parts.append(turns.opening)
    if family in _THINKS_BY_DEFAULT:
        wanted = _THINKS_BY_DEFAULT[family] if thinking is None else thinking
        parts.append(THINK if wanted else END_THINK)
    return "".join(parts)


def fim_prompt(prefix: str, suffix: str) -> str:
    """Return the fill-in-the-middle prompt, without BOS; the model writes what belongs between the two."""
    return f"{FIM_BEGIN}{prefix}{FIM_HOLE}{suffix}{FIM_END}"


def repository_prompt(files: Iterable[tuple[str, str]]) -> str:
    """Return the repository prompt of the Coder base models, without BOS.

    ``files`` are (path, code) in the order in which they depend on each other; the last one is to be completed and
    keeps its end as it is.
    """
    *earlier, (path, code) = files
    return "".join(f"# {name}\n{text.rstrip()}\n\n\n" for name, text in earlier) + f"# {path}\n{code}"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """Token ids to prefill; ``opens_in_reasoning`` says that they end inside an opened ``<think>``."""

    ids: tuple[int, ...]
    opens_in_reasoning: bool = False


class PromptEncoder:
    """Turns conversations into token ids for one tokenizer; may be shared by threads.

    ``family`` "own" uses the chat template that the tokenizer brings, every other one ``render``.
    """

    def __init__(self, tokenizer: Any, *, family: PromptFamily = "own") -> None:
        self._tokenizer = tokenizer
        self._family = family
        # Some vocabularies hold runs of blanks or single letters as added tokens: these are text, not control.
        self._control = {
            token_id: token.content
            for token_id, token in tokenizer.added_tokens_decoder.items()
            if token.special or (len(token.content) > 1 and not token.content.isspace())
        }

    def chat(self, messages: Sequence[Message], *, thinking: bool | None = None) -> Prompt:
        """Return the prompt that asks for the next answer.

        Raises Unsupported if the model cannot chat, RequestError if its own template refuses the conversation.
        """
        marks = Marks("".join(message.content for message in messages))
        safe = [Message(role=turn.role, content=self._neutralise(without_thoughts(turn), marks)) for turn in messages]
        text = self._render(safe, thinking)
        return Prompt(ids=self._encode(text, marks), opens_in_reasoning=text.rstrip().endswith(THINK))

    def complete(self, text: str) -> Prompt:
        """Return ``text`` as it is, for a model to continue, behind BOS."""
        marks = Marks(text)
        return Prompt(ids=self._bos + self._encode(self._neutralise(text, marks), marks))

    def infill(self, prefix: str, suffix: str) -> Prompt:
        """Return the prompt for what belongs between ``prefix`` and ``suffix``, behind BOS.

        Raises Unsupported if the vocabulary has no tokens for it.
        """
        if FIM_HOLE not in self._control.values():
            raise Unsupported("This model has no tokens for filling a gap. Use a DeepSeek Coder base model for that.")
        marks = Marks(prefix + suffix)
        text = fim_prompt(self._neutralise(prefix, marks), self._neutralise(suffix, marks))
        return Prompt(ids=self._bos + self._encode(text, marks))

    def _render(self, messages: Sequence[Message], thinking: bool | None) -> str:
        if self._family != "own":
            return render(self._family, messages, thinking=thinking)
        if not self._tokenizer.chat_template:
            return render("base", messages)
        # DeepSeek's templates ask for ``thinking``, Qwen's for ``enable_thinking``.
        choice = {} if thinking is None else {"thinking": thinking, "enable_thinking": thinking}
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **choice)
        except TemplateError as error:
            raise RequestError(
                f"The model's chat template refuses this conversation ({error}). Start a new chat, or leave out the "
                "system prompt."
            ) from error

    @cached_property
    def _bos(self) -> tuple[int, ...]:
        """BOS of a DeepSeek model, which its tokenizer may forget; of others only if their tokenizer writes it."""
        bos = self._tokenizer.bos_token_id
        written = self._tokenizer.backend_tokenizer.encode("").ids[:1] == [bos]
        return (bos,) if bos is not None and (written or self._family != "own") else ()

    @cached_property
    def _plain_tokenizer(self) -> Tokenizer:
        """A copy of the tokenizer that knows no control tokens."""
        state = json.loads(self._tokenizer.backend_tokenizer.to_str())
        state["added_tokens"] = [token for token in state["added_tokens"] if token["id"] not in self._control]
        state.update(post_processor=None, truncation=None, padding=None)
        return Tokenizer.from_str(json.dumps(state))

    def _control_spans(self, text: str) -> list[tuple[int, int, int]]:
        """Return (token id, start, end) of the control tokens that the tokenizer finds in ``text``."""
        if self._control.keys().isdisjoint(self._tokenizer.encode(text, add_special_tokens=False, verbose=False)):
            return []  # the usual case; offsets cost three times as much
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        pairs = zip(found["input_ids"], found["offset_mapping"], strict=True)
        return [(token_id, *span) for token_id, span in pairs if token_id in self._control]

    def _neutralise(self, text: str, marks: "Marks") -> str:
        """Return ``text`` with marks for control tokens, and for thinking tags that a template might cut at."""
        parts, position = [], 0
        for _, start, end in self._control_spans(text):
            parts += [text[position:start], marks.put(text[start:end])]
            position = end
        safe = "".join([*parts, text[position:]])
        for tag in (THINK, END_THINK):
            if tag in safe:
                safe = safe.replace(tag, marks.put(tag))
        return safe

    def _encode(self, text: str, marks: "Marks") -> tuple[int, ...]:
        """Return the ids of ``text``; what stands behind a mark is plain text together with its surroundings."""
        if not marks:
            return tuple(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))
        ids: list[int] = []
        position = 0
        for token_id, start, end in [*self._control_spans(text), (None, len(text), len(text))]:
            plain = marks.restore(text[position:start])
            ids += self._plain_tokenizer.encode(plain, add_special_tokens=False).ids if plain else []
            ids += [] if token_id is None else [token_id]
            position = end
        return tuple(ids)


class Marks:
    """Stand-ins for pieces of text that a chat template and a tokenizer must not see."""

    def __init__(self, text: str) -> None:
        """Choose a private-use character that does not occur in ``text``."""
        present = set(text)
        self._fence = next(chr(code) for code in range(0xF0000, 0xFFFFE) if chr(code) not in present)
        self._pieces: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def put(self, piece: str) -> str:
        """Return the stand-in for ``piece``."""
        self._pieces.append(piece)
        return f"{self._fence}{len(self._pieces) - 1}{self._fence}"

    def restore(self, text: str) -> str:
        """Return ``text`` with the pieces back in their places."""
        parts = text.split(self._fence)
        return "".join(self._pieces[int(part)] if odd % 2 else part for odd, part in enumerate(parts))
