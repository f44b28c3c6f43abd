"""The values of a sentence are found again, in a time that grows with its length and no faster."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.ui.words.chinese_below import CHINESE_BELOW
from deepseek_space.ui.words.language import MOST_TOLD, _in_chinese
from deepseek_space.ui.words.sentence_template import SentenceTemplate


@pytest.mark.parametrize(
    ("template", "sentence", "values"),
    [
        ("{a} is {b}.", "This is that.", {"a": "This", "b": "that"}),
        ("{a} is {b}.", "This is is it.", {"a": "This", "b": "is it"}),
        ("{a} is {b}.", " is that.", None),
        ("{a} is {b}.", "This is .", None),
        ("{a} is {b}.", "This is that!", None),
        ("Take {a}", "Take a.b c.txt", {"a": "a.b c.txt"}),
        ("Take {a}", "Take this. And that", None),
        ("{a}{b}", "xy", {"a": "x", "b": "y"}),
        ('Write {{"a": {a}}}.', 'Write {"a": 1}.', {"a": "1"}),
        ("No value.", "No value.", {}),
        ("No value.", "No value. No value.", None),
    ],
)
def test_values_are_the_shortest_that_fit(template, sentence, values):
    assert SentenceTemplate(template).values(sentence) == values


words = st.text(st.sampled_from("abc .:x"), min_size=1, max_size=6)


@given(words, words, words)
def test_what_was_put_in_gives_the_same_sentence_again(a, b, c):
    template = "{a}: {b} x {c}."
    sentence = template.format(a=a, b=b, c=c)
    values = SentenceTemplate(template).values(sentence)
    assert values is None or template.format(**values) == sentence


@pytest.mark.parametrize("english", [english for english in CHINESE_BELOW if "{" in english])
def test_text_that_goes_on_and_on_like_a_template_takes_no_time(english):
    first, *between = re.split(r"\{.*?\}", english)
    for count in range(len(between)):
        text = first + "x".join(["", *between[:count]]) + f"x{between[count]}" * MOST_TOLD
        begun_s = time.process_time()
        SentenceTemplate(english).values(text[:MOST_TOLD])
        _in_chinese(text[:MOST_TOLD])
        assert time.process_time() - begun_s < 0.1
