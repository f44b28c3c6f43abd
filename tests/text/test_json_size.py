import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.json_size import holds_more

VALUES = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def count(value):
    """How many objects a value is made of, its keys included."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(count, value.values()))
    return 1 + (sum(map(count, value)) if isinstance(value, list) else 0)


@given(VALUES)
def test_what_passes_makes_no_more_objects_than_twice_the_bound(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False).encode()):
        objects = count(value)
        assert holds_more(text, (objects - 2) // 2)
        assert not holds_more(text, 2 * objects)


@pytest.mark.parametrize(
    "text", ['"{[,{[,"', '"a\\"{[,{[,\\\\"', '{"code": "f(a, b, c) { return [a, b]; }"}', '"', '"\\', '"' + "\\" * 999]
)
def test_what_stands_in_a_text_is_text(text):
    assert not holds_more(text, 4)
    assert not holds_more(text.encode(), 4)


@pytest.mark.parametrize("text", ['"\\' * 300_000, '"' * 300_001, "[" * 300_000, '"' + "a\\" * 300_000])
def test_hostile_texts_take_no_more_than_a_moment(text):
    holds_more(text, 1000)
    holds_more(text.encode(), 1000)
