"""What goes through the pipe is on the other side what it was."""

from math import inf

import orjson
import pytest

from deepseek_space.backends.local.process import messages
from deepseek_space.engine.reply import Scores, Token, TokenScore
from deepseek_space.errors import EngineError, NotACheckpoint, OutOfMemory, PromptTooLong
from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence


def through(values):
    return orjson.loads(messages.to_line(values))


@pytest.mark.parametrize(
    "event",
    [
        Token(id=3, score=TokenScore(id=3, logprob=-0.25, top=((3, -0.25), (4, -inf)))),
        Scores(tokens=(TokenScore(id=5, logprob=-inf),), of_prompt=True),
    ],
)
def test_scores_with_what_can_never_come(event):
    assert messages.event_from_json(through(messages.event_to_json(event))) == event


def test_how_far_a_load_has_come():
    loading = Loading(stage=Sentence("Loading {name}", name="V2"), done=3, total=7, unit="layers")
    there = messages.loading_from_json(through(messages.loading_to_json(loading)))
    assert there == loading
    assert there.stage.values == {"name": "V2"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotACheckpoint("{folder} is empty.", folder="x"), NotACheckpoint),
        (OutOfMemory("No."), OutOfMemory),
        (PromptTooLong(prompt_tokens=9, context_tokens=5), EngineError),
    ],
)
def test_an_error_keeps_its_sentence_and_its_kind_where_that_is_all(error, kind):
    there = messages.event_from_json(through(messages.event_to_json(error)))
    assert type(there) is kind
    assert there.sentence == error.sentence
    assert there.sentence.template == error.sentence.template
