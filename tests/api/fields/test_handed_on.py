"""No field is passed over in silence."""

import pytest

from deepseek_space.api.fields.handed_on import to_hand_on
from deepseek_space.errors import FieldRefused

NOTHING = frozenset()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tools", []),
        ("tool_choice", "none"),
        ("tool_choice", "auto"),
        ("functions", []),
        ("function_call", "none"),
        ("logprobs", False),
        ("top_logprobs", 0),
        ("presence_penalty", 0.0),
        ("frequency_penalty", 0),
        ("logit_bias", {}),
        ("response_format", {"type": "text"}),
        ("modalities", ["text"]),
        ("min_tokens", 0),
        ("ignore_eos", False),
        ("store", False),
        ("user", "ada"),
        ("metadata", {"a": "b"}),
        ("service_tier", "auto"),
        ("safety_identifier", "x"),
        ("prompt_cache_key", "x"),
        ("parallel_tool_calls", True),
        ("anything_at_all", None),
    ],
)
def test_what_asks_for_nothing_is_let_through(name, value):
    assert to_hand_on({name: value}, passes_on=NOTHING) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tools", [{"type": "function"}]),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("functions", [{"name": "f"}]),
        ("function_call", {"name": "f"}),
        ("logprobs", True),
        ("top_logprobs", 2),
        ("presence_penalty", 0.5),
        ("frequency_penalty", -1),
        ("logit_bias", {"5": 100}),
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {}}),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy"}),
        ("min_tokens", 5),
        ("ignore_eos", True),
        ("guided_json", {"type": "object"}),
        ("structured_outputs", {"choice": ["a"]}),
        ("store", True),
        ("verbosity", "low"),
        ("web_search_options", {}),
        ("stop_token_ids", [2]),
        ("temprature", 1),
    ],
)
def test_what_would_be_ignored_is_refused_by_name(name, value):
    with pytest.raises(FieldRefused, match=f"^{name}: .*\\.$") as refused:
        to_hand_on({name: value}, passes_on=NOTHING)
    assert refused.value.field == name


def test_what_the_server_behind_can_do_is_handed_on():
    given = {"presence_penalty": 0.5, "logit_bias": {}, "user": "ada"}
    assert to_hand_on(given, passes_on=frozenset({"presence_penalty"})) == {"presence_penalty": 0.5}
