"""A stop string ends the answer before it, wherever the text was cut, and is no matter of the thought."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepseek_space.events import Answer, Reasoning
from deepseek_space.text.stop_strings import StopStrings


def cut(pieces, stop):
    """Return what is shown of an answer in ``pieces``, and whether a stop string has ended it."""
    strings = StopStrings(stop)
    events = list(strings.cut([Answer(text=piece) for piece in pieces], final=True))
    return "".join(event.text for event in events), strings.is_met


@given(
    text=st.text(st.sampled_from("abc👩 "), max_size=25),
    stop=st.lists(st.text(st.sampled_from("abc👩 "), min_size=1, max_size=4), max_size=3).map(tuple),
    data=st.data(),
)
@example(text="aab", stop=("ab",), data=None)
@example(text="xabcab", stop=("abcd", "ca"), data=None)
def test_a_stop_string_ends_the_text_before_it(text, stop, data):
    cuts = range(len(text) + 1) if data is None else sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    # The first stop string to be complete counts, as a reader would meet it letter by letter.
    ends = [(text.find(s) + len(s), text.find(s)) for s in stop if s in text]
    assert cut(pieces, stop) == (text[: min(ends)[1]] if ends else text, bool(ends))


def test_what_may_begin_a_stop_string_is_held_back():
    strings = StopStrings(("</answer>",))
    assert "".join(map(strings.push, "4 </ans")) == "4 "
    assert list(strings.cut([], final=True)) == [Answer(text="</ans")]


def test_nothing_is_shown_after_a_stop():
    assert cut("abc abc", ("b",)) == ("a", True)


@pytest.mark.parametrize("thought", ["I saw b.", "b"])
def test_a_thought_may_hold_one(thought):
    strings = StopStrings(("b",))
    events = [Reasoning(text=thought), Answer(text="abc")]
    assert list(strings.cut(events, final=True)) == [Reasoning(text=thought), Answer(text="a")]
