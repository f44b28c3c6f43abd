"""Schemas and grammars of strangers: what they allow, and that none of them takes the machine."""

import json

import pytest

from deepseek_space.errors import FieldRefused
from deepseek_space.text.grammar import MAX_BYTES, matcher_for
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.types import Constraint
from tiny_tokenizers import deepseek_tokenizer

TOKENS = TokenBytes(deepseek_tokenizer(), stop_ids=frozenset({deepseek_tokenizer().eos_token_id}))


def fits(schema, text):
    """Tell whether ``text`` is a whole answer of ``schema``."""
    matcher = matcher_for(Constraint(kind="json_schema", text=json.dumps(schema)), TOKENS)
    ids = TOKENS.trie.tokenize_str(text)
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("schema", "text", "is_whole"),
    [
        ({"type": "object"}, '{"a": [1, null, "é\\n"]}', True),
        ({"type": "object"}, '{\n    "a": {\n        "b": true\n    }\n}', True),
        ({"type": "object"}, '{"a":1}', True),
        ({"type": "object"}, '{"a": 1', False),
        ({"type": "object"}, "[]", False),
        ({"type": "object"}, '{"a":' + " " * 9 + "1}", False),  # no blanks for ever
        (True, "5", True),
        ({"type": "integer", "minimum": 3, "maximum": 5}, "4", True),
        ({"type": "integer", "minimum": 3, "maximum": 5}, "6", False),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "null", True),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n"}}}}, "[[], [[]]]", True),
    ],
)
def test_a_schema_means_what_it_says(schema, text, is_whole):
    assert fits(schema, text) == is_whole


def test_control_tokens_are_in_no_string_by_their_ids():
    matcher = matcher_for(Constraint(kind="json_schema", text='{"type": "string"}'), TOKENS)
    matcher.consume_tokens(TOKENS.trie.tokenize_str('"'))
    for text in ("<think>", "</think>", "<｜User｜>", "<｜Assistant｜>", "<|EOT|>"):
        assert matcher.validate_tokens([TOKENS.id_of(text)]) == 0


def nested(depth):
    return '{"items":' * depth + "{}" + "}" * depth


@pytest.mark.parametrize(
    "text",
    [
        nested(5000),
        json.dumps({"enum": ["x" * MAX_BYTES]}),
        json.dumps({"anyOf": [{"allOf": [{"anyOf": [{"minimum": i + j} for i in range(30)]} for j in range(30)]}]}),
        json.dumps({"type": "array", "uniqueItems": True}),
        json.dumps({"type": "integer", "minimum": 5, "maximum": 3}),
        "[]",
    ],
)
def test_what_is_too_much_or_cannot_be_had_is_refused(text):
    with pytest.raises(FieldRefused, match="response_format: ") as refused:
        matcher_for(Constraint(kind="json_schema", text=text), TOKENS)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json_schema", json.dumps({"properties": {f"p{i}": {"type": "string", "maxLength": i} for i in range(600)}})),
        ("json_schema", json.dumps({"type": "string", "pattern": "^(a{1,1000}){1,1000}$"})),
        ("json_schema", json.dumps({"type": "array", "items": {}, "minItems": 10**8, "maxItems": 10**9})),
        ("regex", "(a+)+(b|c|d)*x.{200}"),
        ("regex", "((((a{99}){99}){99}){99}){99}"),
        ("grammar", "start: a\na: a a | \n"),
        ("grammar", 'root ::= ("a"* "a"*)*'),
    ],
)
def test_what_others_choke_on_is_compiled_or_refused_and_goes_on_or_ends(kind, text):
    try:
        matcher = matcher_for(Constraint(kind=kind, text=text), TOKENS)
    except FieldRefused:
        return
    for _ in range(8):
        allowed = [token for token, bias in enumerate(matcher.compute_logit_bias()) if bias]
        if not allowed or matcher.is_stopped() or not matcher.consume_token(allowed[0]):
            return
