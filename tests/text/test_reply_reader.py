"""A reply cut at any token reads on from what was shown of it as if it had not been cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.events import Answer, Reasoning
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.text.reply_reader import ReplyReader
from deepseek_space.types import Begun, Message
from tiny_tokenizers import letter_tokenizer

TOKENIZER = letter_tokenizer()
QUESTION = [Message(role="user", content="why?")]
words = st.text("ab \n#思", max_size=8)
quoting = st.lists(st.sampled_from(["a", "\n", " ", "<think>", "</think>", "b #", "思"]), max_size=6).map("".join)


def read(encoder, ids, *, begun=None, thinking=None):
    """Return what a page shows of ``ids``, and whether they end in thought."""
    prompt = encoder.chat(QUESTION, thinking=thinking, begun=begun)
    reader = ReplyReader(TOKENIZER, prompt, stop=(), can_think=encoder.can_think)
    events = [event for token in ids for event in reader.push(token)]
    is_thinking = reader.is_thinking
    events += reader.flush(final=False)
    thought = "".join(event.text for event in events if isinstance(event, Reasoning))
    return thought, "".join(event.text for event in events if isinstance(event, Answer)), is_thinking


@pytest.mark.parametrize(
    ("family", "thinking", "written"),
    [
        ("v2.5", None, "{answer}"),
        ("r1", None, "{thought}\n</think>\n\n{answer}"),
        ("r1-0528", None, "<think>\n{thought}\n</think>\n\n{answer}"),
        ("v3.1", True, "{thought}</think>{answer}"),
        ("v3.1", False, "{answer}"),
    ],
)
@given(thought=words.map(lambda text: f"a{text}b"), answer=quoting.map(lambda text: f"#{text}"), data=st.data())
def test_each_convention_at_every_cut(family, thinking, written, thought, answer, data):
    encoder = PromptEncoder(TOKENIZER, family=family)
    ids = TOKENIZER.encode(written.format(thought=thought, answer=answer), add_special_tokens=False)
    cut = data.draw(st.integers(1, len(ids)))
    whole_thought, whole_answer, _ = read(encoder, ids, thinking=thinking)
    reasoning, said, is_thinking = read(encoder, ids[:cut], thinking=thinking)
    if not reasoning and not said:
        return  # nothing that could go on
    begun = Begun(reasoning=reasoning, answer=said, is_thinking=is_thinking)
    more_reasoning, more, _ = read(encoder, ids[cut:], begun=begun)
    # A blank that was shown and then turned out to end the thought cannot be taken back.
    assert (reasoning + more_reasoning).rstrip() == whole_thought
    assert said + more == whole_answer


def test_tokens_of_thought_are_counted_without_their_tags():
    encoder = PromptEncoder(TOKENIZER, family="r1-0528")
    reader = ReplyReader(TOKENIZER, encoder.chat(QUESTION), stop=(), can_think=True)
    for token in TOKENIZER.encode("<think>abc</think>de", add_special_tokens=False):
        reader.push(token)
    assert (reader.num_thoughts, len(reader.ids)) == (3, 7)


def test_a_thought_that_is_closed_from_outside_was_shown_whole_and_the_answer_follows():
    encoder = PromptEncoder(TOKENIZER, family="r1")
    reader = ReplyReader(TOKENIZER, encoder.chat(QUESTION), stop=("abc",), can_think=True)
    shown = [event for token in TOKENIZER.encode("#ab", add_special_tokens=False) for event in reader.push(token)]
    shown += reader.close_thought()
    assert "".join(event.text for event in shown if isinstance(event, Reasoning)) == "#ab"
    assert [reader.push(token) for token in TOKENIZER.encode("<think>", add_special_tokens=False)] == [
        [Answer(text="<think>")]
    ]


def test_a_stop_string_counts_for_the_answer_and_not_for_the_thought_that_mentions_it():
    encoder = PromptEncoder(TOKENIZER, family="r1")
    reader = ReplyReader(TOKENIZER, encoder.chat(QUESTION), stop=("ab",), can_think=True)
    ids = TOKENIZER.encode("an ab</think>#abc", add_special_tokens=False)
    events = []
    for token in ids:
        assert not reader.is_stopped
        events += reader.push(token)
        if reader.is_stopped:
            break
    assert TOKENIZER.decode(reader.ids).endswith("#ab")
    events += reader.flush()
    assert "".join(event.text for event in events if isinstance(event, Reasoning)) == "an ab"
    assert "".join(event.text for event in events if isinstance(event, Answer)) == "#"
