"""What an answer must be, to a matcher that says which tokens may come next. Knows no engine and no reply.

Schemas and grammars are strangers': what compiling them, and each step after, may take is bounded.
"""

import json
from collections.abc import Callable

from llguidance import LLMatcher, LLParserLimits
from llguidance.gbnf_to_lark import any_to_lark

from deepseek_space.errors import FieldRefused
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.types import Constraint

MAX_BYTES = 64 << 10
# A blank where JSON may have some, or a line's end and an indentation: models that may would write blanks for ever.
_BLANKS = r"( |\r?\n[ \t]{0,40})"
_MAX_REASON = 300


def matcher_for(constraint: Constraint, tokens: TokenBytes) -> LLMatcher:
    """Return what holds a reply in ``tokens`` to ``constraint``; takes some milliseconds, a second at worst.

    Raises FieldRefused for what cannot be enforced, is no schema or grammar, or is too large.
    """
    if len(constraint.text.encode()) > MAX_BYTES:
        raise FieldRefused(constraint.field, f"it is larger than {MAX_BYTES >> 10} KiB. Send a smaller one.")
    return _matcher(lambda: _grammar(constraint), tokens, constraint.field)


def matcher_of_calls(grammar: str, tokens: TokenBytes, *, field: str) -> LLMatcher:
    """Return what holds a reply in ``tokens`` to calls of tools; see ``call_grammar``. Raises FieldRefused."""
    return _matcher(lambda: LLMatcher.grammar_from_lark(grammar), tokens, field)


def _matcher(grammar: Callable[[], str], tokens: TokenBytes, field: str) -> LLMatcher:
    try:
        matcher = LLMatcher(tokens.trie, grammar(), log_level=0, limits=_limits())
    except (ValueError, RecursionError) as error:
        raise _refused(field, str(error)) from error
    if not matcher.get_error():
        matcher.compute_bitmask()  # what is too complex for a first token is refused before there is one
    if error := matcher.get_error():
        raise _refused(field, error)
    return matcher


def _grammar(constraint: Constraint) -> str:
    match constraint.kind:
        case "json_schema":
            is_object = isinstance(json.loads(constraint.text), dict)  # true and false are schemas without options
            defaults = {"whitespace_pattern": _BLANKS} if is_object else None
            return LLMatcher.grammar_from_json_schema(constraint.text, defaults=defaults)
        case "regex":
            return LLMatcher.grammar_from_regex(constraint.text)
    return LLMatcher.grammar_from_lark(any_to_lark(constraint.text))


def _limits() -> LLParserLimits:
    return LLParserLimits(
        initial_lexer_fuel=200_000,
        step_lexer_fuel=50_000,
        step_max_items=25_000,
        max_lexer_states=50_000,
        max_grammar_size=100_000,
        verbose_errors=False,
    )


def _refused(field: str, reason: str) -> FieldRefused:
    reason = " ".join(reason.split()).rstrip(".")[:_MAX_REASON]
    return FieldRefused(field, f"the answer cannot be held to it: {reason}.")
