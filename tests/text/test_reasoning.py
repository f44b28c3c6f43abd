import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.events import Answer, Reasoning
from deepseek_space.text.reasoning import ReasoningParser


def parsed(pieces, **options):
    """Return (reasoning, answer) of a stream, each joined."""
    parser = ReasoningParser(**options)
    events = [event for piece in pieces for event in parser.push(piece)] + parser.flush()
    assert all(event.text for event in events)
    kinds = [type(event) for event in events]
    assert kinds == sorted(kinds, key=(Reasoning, Answer).index), "reasoning comes before the answer"
    thought = "".join(event.text for event in events if isinstance(event, Reasoning))
    return thought, "".join(event.text for event in events if isinstance(event, Answer))


@pytest.mark.parametrize(
    ("prefilled", "text", "thought", "answer"),
    [
        # R1 and its distills: the prompt ends in <think>
        (True, "Hm.\nYes.\n</think>\n\n42", "Hm.\nYes.", "42"),
        (True, "Hm.</think>42", "Hm.", "42"),
        (True, "\n\nHm. \n\n </think>\n42\n", "Hm.", "42\n"),
        (True, "never closed", "never closed", ""),
        (True, "never closed \n", "never closed \n", ""),
        (True, "</think>\n\n42", "", "42"),
        (True, "\n\n</think>\n\n42", "", "42"),
        (True, "", "", ""),
        # … and the model writes the tag once more
        (True, "<think>\nHm.</think>42", "Hm.", "42"),
        (True, "\n<think>Hm.", "Hm.", ""),
        (True, "\n\n</think>\n\n<think>\nHm.\n</think>\n42", "Hm.", "42"),
        # R1-0528: the model writes both
        (False, "<think>\nHm.\n</think>\n42", "Hm.", "42"),
        (False, " \n<think>Hm.</think>42", "Hm.", "42"),
        (False, "<think></think>42", "", "42"),
        (False, "<think>\n\n</think>\n\n42", "", "42"),
        (False, "<think>never closed", "never closed", ""),
        (False, "<think>", "", ""),
        # no thoughts
        (False, "42", "", "42"),
        (False, "\n  indented", "", "\n  indented"),
        (False, "", "", ""),
        (False, "<thin", "", "<thin"),
        (False, "<b>bold</b>", "", "<b>bold</b>"),
        # tags that are quoted, not meant
        (False, "Use `<think>` and `</think>`.", "", "Use `<think>` and `</think>`."),
        (False, "<think>a</think>It ends in </think>, <think>.", "a", "It ends in </think>, <think>."),
        (True, "a <think> b</think>```\n</think>\n```", "a <think> b", "```\n</think>\n```"),
        (False, "<think>a</think><think>b</think>", "a", "<think>b</think>"),
        # the first line's indentation is the answer's own
        (True, "a</think>\n\n    code", "a", "    code"),
        (True, "a < b </ c </thin </think>d", "a < b </ c </thin", "d"),
    ],
)
def test_each_convention_at_every_split(prefilled, text, thought, answer):
    expected = (thought, answer)
    assert parsed([text], opens_in_reasoning=prefilled) == expected
    assert parsed(text, opens_in_reasoning=prefilled) == expected
    for cut in range(1, len(text)):
        assert parsed([text[:cut], text[cut:]], opens_in_reasoning=prefilled) == expected


tagged_text = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "</", "think>", " ", "\n", "a", "思", "```"]), max_size=12
).map("".join)


@given(text=tagged_text, prefilled=st.booleans(), data=st.data())
def test_the_split_does_not_matter(text, prefilled, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert parsed(pieces, opens_in_reasoning=prefilled) == parsed([text], opens_in_reasoning=prefilled)


@given(
    text=st.lists(st.sampled_from(["<think>", "</think>", " ", "\n", "a", "思"]), max_size=12).map("".join),
    prefilled=st.booleans(),
)
def test_no_word_is_lost(text, prefilled):
    def words(value):
        return "".join(value.replace("<think>", "").replace("</think>", "").split())

    thought, answer = parsed([text], opens_in_reasoning=prefilled)
    assert words(thought) + words(answer) == words(text)


@given(text=tagged_text)
def test_a_model_without_tags_answers_verbatim(text):
    assert parsed(text, expects_tags=False) == ("", text)


def test_thoughts_are_shown_as_they_come():
    parser = ReasoningParser(opens_in_reasoning=True)
    assert parser.push("First") == [Reasoning(text="First")]
    assert parser.push(" then <") == [Reasoning(text=" then")]
    assert parser.push("b>") == [Reasoning(text=" <b>")]
    assert parser.push("</think>\n\nSo") == [Answer(text="So")]
    assert parser.push(" be it ") == [Answer(text=" be it ")]
