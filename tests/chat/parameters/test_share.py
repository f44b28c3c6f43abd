"""Links: what is put in comes out, and what others put in comes out checked or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.chat.parameters.share import (
    MOST_PROMPT_CHARACTERS,
    MOST_SYSTEM_CHARACTERS,
    Shared,
    from_fragment,
    to_fragment,
)
from deepseek_space.errors import RequestError

PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_k": st.integers(0, 1000),
        "max_new_tokens": st.integers(1, 131_072),
        "seed": st.integers(0, 2**63 - 1),
        "thinking_budget": st.integers(0, 131_072),
        "stop": st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=4).map(
            tuple
        ),
    },
)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)


@given(TEXTS, PARAMETERS, TEXTS.filter(lambda text: not text or text.strip()), st.sampled_from([True, False, None]))
def test_what_is_shared_arrives(prompt, parameters, system_prompt, thinking):
    shared = Shared(
        prompt=prompt,
        model="deepseek-ai/DeepSeek-R1",
        parameters=parameters,
        system_prompt=system_prompt,
        thinking=thinking,
    )
    assert from_fragment("#" + to_fragment(shared)) == shared


@given(st.text(max_size=300))
def test_anything_else_is_read_without_harm(fragment):
    read = from_fragment("#say=" + fragment)
    assert read is None or isinstance(read.prompt, str)


@pytest.mark.parametrize("fragment", ["", "#", "#chat-input", "#prompt=x", "say", "#say=" + "x" * 100_000, "#say=%ff"])
def test_what_is_no_link_of_ours_is_none(fragment):
    assert from_fragment(fragment) is None


@pytest.mark.parametrize(
    "model",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "~/model",
        "a/b/c",
        "C:\\x",
        "<img src=x>",
        "x y",
        "file:///x",
        "",
        "a" * 200,
        "ａ",
    ],
)
def test_a_model_is_a_name_and_never_a_path(model):
    assert from_fragment(f"#say=hi&model={model}") == Shared(prompt="hi")
    assert "model" not in to_fragment(Shared(model=model))


def test_parameters_out_of_range_are_left_out_one_by_one():
    words = "temperature=99&top_p=0.5&top_k=2.5&seed=x&min_p=nan&max_new_tokens=1e9&thinking_budget=-1&evil=1"
    assert from_fragment(f"#say=hi&{words}").parameters == {"top_p": 0.5}


def test_stop_strings_are_taken_together_or_not_at_all():
    assert from_fragment("#say=&stop=A&stop=B").parameters == {"stop": ("A", "B")}
    assert from_fragment("#say=" + "&stop=A" * 17).parameters == {}


def test_a_message_too_long_for_a_link_is_refused_with_its_length():
    with pytest.raises(RequestError, match="16,001 characters"):
        to_fragment(Shared(prompt="x" * (MOST_PROMPT_CHARACTERS + 1)))
    with pytest.raises(RequestError, match="system prompt has 8,001 characters"):
        to_fragment(Shared(system_prompt="x" * (MOST_SYSTEM_CHARACTERS + 1)))


def test_a_link_that_would_not_be_read_is_not_made():
    with pytest.raises(RequestError, match="The link would be 90,004 characters long"):
        to_fragment(Shared(prompt="字" * 10_000))


def test_a_system_prompt_too_long_is_left_out_and_nothing_else():
    assert from_fragment(f"#say=hi&system={'x' * (MOST_SYSTEM_CHARACTERS + 1)}&thinking=maybe") == Shared(prompt="hi")
