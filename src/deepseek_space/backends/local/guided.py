"""The guide that holds one reply of a loaded model to what its request says the answer must be."""

from dataclasses import replace

from deepseek_space.engine.guide import Guide, GuideRecipe
from deepseek_space.errors import FieldRefused
from deepseek_space.text.encoder import Prompt
from deepseek_space.text.grammar import matcher_for, matcher_of_calls
from deepseek_space.text.templates import END_THINK, THINK
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.text.tools.call_grammar import call_grammar
from deepseek_space.types import Request, ToolFormat

_TAIL_TOKENS = 8


def guide_for(
    request: Request,
    prompt: Prompt,
    tokens: TokenBytes,
    *,
    is_thinking: bool,
    can_think: bool,
    tool_format: ToolFormat = "none",
) -> Guide | None:
    """Return the guide for the reply to ``prompt``, None where the request leaves it free.

    Raises FieldRefused for what cannot be enforced, and for an answer that is begun otherwise.
    """
    if (recipe := _recipe(request, tokens, tool_format)) is None:
        return None
    begun = request.begun
    may_open = can_think and not is_thinking and begun is None and request.thinking is not False
    may_open = may_open and not tokens.of(*prompt.ids[-_TAIL_TOKENS:]).rstrip().endswith(END_THINK.encode())
    recipe = replace(
        recipe,
        begun=begun.answer if begun else "",
        is_thinking=is_thinking,
        opening=tokens.id_of(THINK) if may_open else None,
    )
    return guide_of(recipe, tokens)


def guide_of(recipe: GuideRecipe, tokens: TokenBytes) -> Guide:
    """Return the guide that ``recipe`` describes, for replies in ``tokens``. Raises FieldRefused."""
    if recipe.constraint is not None:
        matcher = matcher_for(recipe.constraint, tokens)
    else:
        matcher = matcher_of_calls(recipe.calls, tokens, field=recipe.field)
    ids = tokens.trie.tokenize_str(recipe.begun) if recipe.begun else []
    if matcher.try_consume_tokens(ids) != len(ids):
        raise FieldRefused("messages", f"the assistant's last message is no beginning of what {recipe.field} asks for.")
    return Guide(
        matcher,
        size=tokens.trie.vocab_size,
        bytes_of=tokens.of,
        closing=END_THINK.encode(),
        is_thinking=recipe.is_thinking,
        opening=recipe.opening,
        recipe=recipe,
    )


def _recipe(request: Request, tokens: TokenBytes, tool_format: ToolFormat) -> GuideRecipe | None:
    """Return what holds the answer, and the name of the field that asks for it; None where the answer is free."""
    constraint = request.constraint
    if constraint is not None and request.tools:
        raise FieldRefused(constraint.field, "it cannot be had together with tools here. Give one of the two.")
    if constraint is not None:
        return GuideRecipe(field=constraint.field, constraint=constraint)
    if not (request.forced_tools or request.calls_once):
        return None
    field = "tool_choice" if request.forced_tools else "parallel_tool_calls"
    grammar = call_grammar(
        tool_format,
        [tool for tool in request.tools if tool.name in request.forced_tools or not request.forced_tools],
        is_forced=bool(request.forced_tools),
        calls_once=request.calls_once,
        id_of=tokens.id_of,
        field=field,
    )
    return GuideRecipe(field=field, calls=grammar)
