import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepseek_space.text.detokenizer import Detokenizer
from tiny_tokenizers import BOS, EOS, deepseek_tokenizer, fallback_tokenizer

unicode_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="ü"),
        st.sampled_from("你好👩‍🔬🇩🇪é\ufffd <>think/"),
    ),
    max_size=40,
)


def decoded(tokenizer, ids):
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def pieces_of(tokenizer, ids):
    detokenizer = Detokenizer(tokenizer)
    return [*(detokenizer.push(token_id) for token_id in ids), detokenizer.flush()]


@given(text=unicode_text)
@example(text="👩‍🔬")
@example(text="\ufffd" * 50 + "x")
def test_the_pieces_joined_are_the_text(text):
    tokenizer = deepseek_tokenizer()
    pieces = pieces_of(tokenizer, tokenizer.encode(text, add_special_tokens=False))
    assert "".join(pieces) == text


@given(ids=st.lists(st.integers(0, len(deepseek_tokenizer()) - 1), max_size=30))
def test_any_ids_give_what_decode_gives(ids):
    tokenizer = deepseek_tokenizer()
    assert "".join(pieces_of(tokenizer, ids)) == decoded(tokenizer, ids)


@given(text=unicode_text)
def test_byte_fallback_joins_to_the_text_as_well(text):
    tokenizer = fallback_tokenizer()
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert "".join(pieces_of(tokenizer, ids)) == decoded(tokenizer, ids)


@given(text=st.text(st.sampled_from("你好👩‍🔬🇩🇪é x"), max_size=20))
def test_half_a_character_is_never_shown(text):
    for tokenizer in (deepseek_tokenizer(), fallback_tokenizer()):
        pieces = pieces_of(tokenizer, tokenizer.encode(text, add_special_tokens=False))
        assert "\ufffd" not in "".join(pieces)


def test_an_answer_that_ends_within_a_character_ends_in_a_replacement_character():
    tokenizer = deepseek_tokenizer()
    ids = tokenizer.encode("ok 👩", add_special_tokens=False)[:-1]
    pieces = pieces_of(tokenizer, ids)
    assert "".join(pieces[:-1]) == "ok "
    assert pieces[-1] == "\ufffd"


@pytest.mark.parametrize("special_tags", [False, True])
def test_thinking_tags_are_text_and_other_special_tokens_are_not(special_tags):
    tokenizer = deepseek_tokenizer(special_tags=special_tags)
    ids = tokenizer.encode(f"{BOS}<think>\nhm</think>\n\nyes{EOS}", add_special_tokens=False)
    assert "".join(pieces_of(tokenizer, ids)) == "<think>\nhm</think>\n\nyes"


def test_spaces_between_words_stay():
    tokenizer = fallback_tokenizer()
    ids = tokenizer.encode("hello there The answer", add_special_tokens=False)
    pieces = pieces_of(tokenizer, ids)
    assert "".join(pieces) == "hello there The answer"


def test_the_window_does_not_grow_with_the_answer():
    tokenizer = deepseek_tokenizer()
    longest = 0

    class Watched:
        added_tokens_decoder = tokenizer.added_tokens_decoder

        class backend_tokenizer:
            @staticmethod
            def decode(ids, *, skip_special_tokens):
                nonlocal longest
                longest = max(longest, len(ids))
                return tokenizer.backend_tokenizer.decode(ids, skip_special_tokens=skip_special_tokens)

    detokenizer = Detokenizer(Watched)
    ids = tokenizer.encode("你好 hello \ufffd" * 200 + "\ufffd" * 400, add_special_tokens=False)
    assert "".join(detokenizer.push(token_id) for token_id in ids) + detokenizer.flush() == tokenizer.decode(ids)
    assert longest < 80


def test_a_half_character_is_left_for_when_the_text_goes_on():
    tokenizer = deepseek_tokenizer()
    ids = tokenizer.encode("ab🙂", add_special_tokens=False)[:-1]
    for final, expected in ((True, "ab\ufffd"), (False, "ab")):
        detokenizer = Detokenizer(tokenizer)
        assert "".join(map(detokenizer.push, ids)) + detokenizer.flush(final=final) == expected


def test_text_that_goes_on_keeps_the_space_before_its_first_word():
    tokenizer = fallback_tokenizer()
    ids = tokenizer.encode("The answer is 42.", add_special_tokens=False)
    for cut in range(1, len(ids)):
        detokenizer = Detokenizer(tokenizer, before=ids[:cut])
        rest = "".join(map(detokenizer.push, ids[cut:])) + detokenizer.flush()
        assert tokenizer.decode(ids[:cut]) + rest == "The answer is 42."
