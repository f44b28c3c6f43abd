"""Whatever is dropped on the way, each shown piece finds the tokens it was made of."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.events import TokenLogprob
from deepseek_space.text.token_trail import TokenTrail


def token(text):
    return TokenLogprob(bytes=text.encode(), logprob=-1.0)


def trail_of(*texts):
    trail = TokenTrail()
    for text in texts:
        trail.push(token(text), text)
    return trail


def test_what_stands_before_a_shown_piece_belongs_to_nothing():
    trail = trail_of("so", "\n", "</think>", "\n\n", "It", " is")
    assert trail.take("so") == (token("so"),)
    assert trail.take("It is") == (token("It"), token(" is"))


def test_parts_of_a_character_go_with_the_text_that_they_make():
    trail = TokenTrail()
    parts = [TokenLogprob(bytes=bytes([part]), logprob=-1.0) for part in "é".encode()]
    trail.push(parts[0], "")
    assert trail.take("") == ()
    trail.push(parts[1], "é")
    assert trail.take("é") == tuple(parts)


def test_a_token_that_was_cut_counts_once():
    trail = trail_of("abc", "def")
    assert trail.take("ab") == (token("abc"),)
    assert trail.take("cd") == (token("def"),)
    assert trail.take("ef") == ()


def test_text_that_comes_without_a_token_is_passed_over():
    trail = trail_of("a")
    trail.push(None, "x")
    assert trail.take("ax") == (token("a"),)
    assert trail.take("nothing of it") == ()


def test_a_character_that_stays_a_half_leaves_its_tokens():
    trail = TokenTrail()
    trail.push(token("a"), "a")
    trail.push(token("b"), "")
    assert trail.rest() == (token("b"),)
    assert trail.rest() == ()


@given(texts=st.lists(st.text(alphabet="ab \n", min_size=1, max_size=4)), cuts=st.sets(st.integers(0, 60)))
def test_all_tokens_come_in_their_order_when_all_text_is_shown(texts, cuts):
    whole = "".join(texts)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    trail = trail_of(*texts)
    shown = [trail.take(whole[a:b]) for a, b in pairwise(places)]
    assert [one for piece in shown for one in piece] == [token(text) for text in texts]
