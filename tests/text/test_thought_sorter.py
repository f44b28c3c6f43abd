"""Wherever a reply is cut, it is sorted in the same way; and nothing that is certain is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.events import Answer, Reasoning, Resorted
from deepseek_space.text.thought_sorter import ThoughtSorter


def told(pieces, guess, *, by_itself=True):
    """Return the thoughts and the answer that are known in the end."""
    sorter = ThoughtSorter.guessing(guess)
    thought = answer = ""
    for event in [event for piece in pieces for event in sorter.say(piece)] + sorter.end(by_itself=by_itself):
        match event:
            case Resorted():
                thought, answer = event.reasoning, event.answer
            case Reasoning(text=text):
                thought += text
            case Answer(text=text):
                answer += text
    return thought, answer


@pytest.mark.parametrize("guess", ["thought", "answer"])
@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("Hm.\n</think>\n\n4 </think>", "Hm.", "4 </think>"),
        ("Hm.</think>4", "Hm.", "4"),
        ("Hm.</think>", "Hm.", ""),
        ("</think>4", "", "4"),
        ("<think>Hm.</think>4", "Hm.", "4"),
        ("\n<think>\nHm. `</think>", "Hm. `", ""),
        ("<think>", "", ""),
        ("4 < 5 </thi", "", "4 < 5 </thi"),
        ("", "", ""),
    ],
)
def test_a_reply_is_read_alike_whatever_was_guessed_and_wherever_it_is_cut(guess, text, thought, answer):
    assert told([text], guess) == (thought, answer)
    assert told(text, guess) == (thought, answer)
    for cut in range(1, len(text)):
        assert told([text[:cut], text[cut:]], guess) == (thought, answer)


tagged = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "</th", "ink>", " ", "\n", "a", "`", '"', "```"]), max_size=10
).map("".join)


@given(text=tagged, guess=st.sampled_from(["thought", "answer"]), data=st.data())
def test_the_split_does_not_matter(text, guess, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert told(pieces, guess) == told([text], guess)


def test_a_thought_that_a_limit_has_cut_off_is_what_it_was_taken_for():
    assert told(["Hm"], "thought", by_itself=False) == ("Hm", "")
    assert told(["Hm"], "answer", by_itself=False) == ("", "Hm")


@pytest.mark.parametrize("guess", ["thought", "answer"])
def test_a_field_for_thoughts_tells_that_what_was_said_is_the_answer(guess):
    sorter = ThoughtSorter.guessing(guess)
    events = [*sorter.say("4 </"), *sorter.think("Hm."), *sorter.say("b> </think>"), *sorter.end(by_itself=True)]
    answer = ""
    for event in events:
        answer = event.answer if isinstance(event, Resorted) else answer + event.text * isinstance(event, Answer)
    assert answer == "4 </b> </think>"
    assert sorter.has_field
