import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.valid_text import HalfCharacters, valid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("你好 😊", "你好 😊"),
        ("\ud83d\ude0a", "😊"),
        ("a\ud83db", "a\ufffdb"),
        ("\ude0a", "\ufffd"),
    ],
)
def test_halves_are_joined_and_lone_ones_replaced(text, expected):
    assert valid(text) == expected


@given(text=st.text(st.sampled_from("a你😊\ufffd"), max_size=12), data=st.data())
def test_a_text_that_is_cut_anywhere_is_itself(text, data):
    units = text.encode("utf-16-le")
    halves = [units[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2)]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(halves)), max_size=5)))
    joined = HalfCharacters()
    pieces = ["".join(halves[a:b]) for a, b in zip([0, *cuts], [*cuts, len(halves)], strict=True)]
    assert "".join(map(joined.push, pieces)) + joined.flush() == text


@given(text=st.text(st.sampled_from("a\ud83d\ude0a"), max_size=12))
def test_whatever_comes_can_be_written(text):
    joined = HalfCharacters()
    ("".join(map(joined.push, text)) + joined.flush()).encode()
