"""The fields of a chat request that this app does not work by itself: none of them is passed over in silence.

A value that says what would be done anyway is as good as none. What changes no reply is let through. What a server
behind this app can do is handed on to it. All else is refused by name, also a name that nobody knows: a mistyped one
would be ignored otherwise. Knows no backend.
"""

from collections.abc import Mapping
from typing import Any

from deepseek_space.errors import FieldRefused

# They are for the books and caches of the service that is asked.
_CHANGE_NO_REPLY = frozenset(
    {
        "user",
        "metadata",
        "service_tier",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "prediction",
        "parallel_tool_calls",
    }
)
_AS_GOOD_AS_NONE: Mapping[str, tuple[Any, ...]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "min_tokens": (0,),
    "ignore_eos": (False,),
    "echo": (False,),
    "store": (False,),
    "best_of": (1,),
    "verbosity": ("medium",),
    "add_generation_prompt": (True,),
    "continue_final_message": (False,),
    "skip_special_tokens": (True,),
    "include_stop_str_in_output": (False,),
    "spaces_between_special_tokens": (True,),
    "add_special_tokens": (False,),
    "return_token_ids": (False,),
    "return_tokens_as_token_ids": (False,),
    "include_reasoning": (True,),
    "use_beam_search": (False,),
    "length_penalty": (1,),
    "stop_token_ids": ([],),
    "bad_words": ([],),
    "documents": ([],),
    "priority": (0,),
}
_SUCCEEDED = "OpenAI has replaced it: give tools and tool_choice."
_NO_SCORES = "a server behind this app is not asked for it. Leave it out."
_NOT_HERE = "the model that answers here cannot be asked for it. Leave it out."
_REASONS = {
    "tool_choice": "there is nothing to choose from: give tools, or leave it out.",
    "functions": _SUCCEEDED,
    "function_call": _SUCCEEDED,
    "logprobs": _NO_SCORES,
    "top_logprobs": _NO_SCORES,
    "modalities": "this app answers in text alone.",
    "audio": "this app answers in text alone.",
    "response_format": "the model that answers here cannot be held to a format. Ask for it in the message instead.",
    "store": "this app keeps no replies. Leave it out.",
    "web_search_options": "this app does not search. Leave it out.",
    "guided_json": "use response_format.",
    "guided_regex": "use structured_outputs, where vLLM answers.",
    "guided_choice": "use structured_outputs, where vLLM answers.",
    "guided_grammar": "use structured_outputs, where vLLM answers.",
}
_ON_TO_A_SERVER = frozenset(
    {
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "response_format",
        "min_tokens",
        "ignore_eos",
        "structured_outputs",
        "regex",
        "ebnf",
        "grammar",
        "json_schema",
    }
)


def to_hand_on(given: Mapping[str, Any], *, passes_on: frozenset[str]) -> dict[str, Any]:
    """Return those of the fields ``given`` that the server behind this app is to be handed.

    ``passes_on`` are the names that it takes; nulls are absent. Raises FieldRefused for the first field that would
    otherwise be ignored.
    """
    handed_on = {}
    for name, value in given.items():
        if value is None or name in _CHANGE_NO_REPLY or _is_as_good_as_none(name, value):
            continue
        if name not in passes_on:
            raise FieldRefused(name, _reason(name))
        handed_on[name] = value
    return handed_on


def _is_as_good_as_none(name: str, value: Any) -> bool:
    # 0 == False in Python: a program that writes one for the other means the same.
    return value in _AS_GOOD_AS_NONE.get(name, ())


def _reason(name: str) -> str:
    if name in _REASONS:
        return _REASONS[name]
    known = name in _AS_GOOD_AS_NONE or name in _ON_TO_A_SERVER
    return _NOT_HERE if known else "there is no such field here. Leave it out."
