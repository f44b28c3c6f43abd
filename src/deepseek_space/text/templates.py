"""Messages in, the exact prompt string of a DeepSeek family out.

Thoughts of earlier turns never go back to the model. Knows no tokenizer, no weights and no engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deepseek_space.errors import Unsupported
from deepseek_space.types import Begun, Message, PromptFamily

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

BASE_MODEL = (
    "This is a base model: it was never trained to chat. It continues a text that you begin, and fills gaps in code if "
    "it was trained for that: use the Code tab for both, or load the chat or instruct version."
)
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
    before_answer="Assistant:",
    after_answer=EOS,
    opening="Assistant:",  # a space here makes the 16B-Lite models ramble: they write it themselves
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
THINKS_BY_DEFAULT = {"v3.1": False, "v3.2": True}
_SPACE_BEFORE_ANSWER = ("plain", "r1-zero")
THINKING_FAMILIES = ("r1", "r1-0528", "r1-zero", "v3.1", "v3.2")
_SYSTEM_IN_USER_TURN = ("r1", "r1-zero")


@dataclass(frozen=True, kw_only=True)
class Thought:
    """How one family writes a thought; both fields are literal text."""

    opening: str
    closing: str


_ON_LINES = Thought(opening=f"{THINK}\n", closing=f"\n{END_THINK}\n\n")
_BARE = Thought(opening=THINK, closing=END_THINK)
_IN_SPACES = Thought(opening=f" {THINK}", closing=f" {END_THINK}")
_THOUGHTS = {"r1": _ON_LINES, "r1-0528": _ON_LINES, "r1-zero": _IN_SPACES, "v3.1": _BARE, "v3.2": _BARE}


def thought_style(family: PromptFamily, prompt: str) -> Thought:
    """Return how ``family`` writes a thought; an own template's way is seen from how its ``prompt`` opens one."""
    return _THOUGHTS.get(family) or (_BARE if prompt.endswith(THINK) else _ON_LINES)


def begun_text(
    family: PromptFamily, prompt: str, begun: Begun, *, can_think: bool, answer_at_once: bool = False
) -> str:
    """Return what follows ``prompt`` of a reply that goes on after what was ``begun``.

    Thoughts are written in the way of the family, whatever blanks stood around their tags; a model that does not
    think gets the answer alone. ``answer_at_once`` closes an empty thought where the model would open one.
    """
    thought = ""
    has_thought = begun.is_thinking or begun.reasoning or not begun.answer or answer_at_once
    is_open = prompt.rstrip().endswith(THINK)
    if can_think and (is_open or (has_thought and not prompt.rstrip().endswith(END_THINK))):
        style = thought_style(family, prompt)
        opening = "" if is_open else style.opening
        thought = opening + (begun.reasoning if begun.is_thinking else begun.reasoning.rstrip() + style.closing)
    return thought + begun.answer


def _spaced(family: PromptFamily, answer: str) -> str:
    """Return ``answer`` behind the one space that some families write after the colon."""
    return " " + answer.removeprefix(" ") if family in _SPACE_BEFORE_ANSWER else answer


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
        raise Unsupported(BASE_MODEL)
    if family not in _TURNS:
        raise Unsupported(
            "There is no published prompt format named {family}; choose from {names}.",
            family=repr(family),
            names=", ".join(_TURNS),
        )
    turns = _TURNS[family]
    system, rest = _system_first(family, messages, turns)
    parts = [BOS, system]
    for message in rest:
        if message.role == "user":
            parts += [turns.before_user, message.content, turns.after_user]
        else:
            parts += [turns.before_answer, _spaced(family, without_thoughts(message)), turns.after_answer]
    parts.append(turns.opening)
    if family in THINKS_BY_DEFAULT:
        wanted = THINKS_BY_DEFAULT[family] if thinking is None else thinking
        parts.append(THINK if wanted else END_THINK)
    return "".join(parts)


def fim_prompt(prefix: str, suffix: str) -> str:
    """Return the fill-in-the-middle prompt, without BOS; the model writes what belongs between the two."""
    return f"{FIM_BEGIN}{prefix}{FIM_HOLE}{suffix}{FIM_END}"
