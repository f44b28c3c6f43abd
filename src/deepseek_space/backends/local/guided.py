"""The guide that holds one reply of a loaded model to what its request says the answer must be."""

from deepseek_space.engine.guide import Guide
from deepseek_space.errors import FieldRefused
from deepseek_space.text.encoder import Prompt
from deepseek_space.text.grammar import matcher_for
from deepseek_space.text.templates import END_THINK, THINK
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.types import Request

_TAIL_TOKENS = 8


def guide_for(
    request: Request, prompt: Prompt, tokens: TokenBytes, *, is_thinking: bool, can_think: bool
) -> Guide | None:
    """Return the guide for the reply to ``prompt``, None where the request leaves it free.

    Raises FieldRefused for what cannot be enforced, and for an answer that is begun otherwise.
    """
    constraint, begun = request.constraint, request.begun
    if constraint is None:
        return None
    if request.tools:
        raise FieldRefused(constraint.field, "it cannot be had together with tools here. Give one of the two.")
    matcher = matcher_for(constraint, tokens)
    ids = tokens.trie.tokenize_str(begun.answer) if begun else []
    if matcher.try_consume_tokens(ids) != len(ids):
        raise FieldRefused(
            "messages", f"the assistant's last message is no beginning of what {constraint.field} asks for."
        )
    may_open = can_think and not is_thinking and begun is None and request.thinking is not False
    may_open = may_open and not tokens.of(*prompt.ids[-_TAIL_TOKENS:]).rstrip().endswith(END_THINK.encode())
    return Guide(
        matcher,
        size=tokens.trie.vocab_size,
        bytes_of=tokens.of,
        closing=END_THINK.encode(),
        is_thinking=is_thinking,
        opening=tokens.id_of(THINK) if may_open else None,
    )
