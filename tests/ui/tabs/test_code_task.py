import pytest

from deepseek_space.errors import RequestError
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request, Sampling
from deepseek_space.ui.tabs.code_task import CodeTask, modes_for

GREEDY = Sampling(temperature=0)


@pytest.mark.parametrize(
    ("abilities", "modes"),
    [
        ({}, ("write",)),
        ({"can_infill": True}, ("write", "complete", "fill")),
        ({"can_chat": False}, ("complete",)),
        ({"can_chat": False, "can_infill": True}, ("complete", "fill")),
    ],
)
def test_the_modes_are_what_the_model_can_do(abilities, modes):
    assert modes_for(Status(state="ready", model="m", **abilities)) == modes


def test_a_task_in_words_becomes_a_message():
    request = CodeTask(mode="write", language="Go", task="Sort it.").request(GREEDY)
    assert isinstance(request, Request)
    assert "Sort it." in request.messages[0].content


def test_code_before_and_after_becomes_a_completion_to_the_character():
    task = CodeTask(mode="complete", language="Python", before="  def f(", after="unused")
    assert task.request(GREEDY) == Completion(prefix="  def f(", sampling=GREEDY)
    task = CodeTask(mode="fill", language="Python", before="a = ", after="\nb")
    assert task.request(GREEDY) == Completion(prefix="a = ", suffix="\nb", sampling=GREEDY)


def test_what_is_missing_or_too_long_is_said():
    with pytest.raises(RequestError, match="after the gap"):
        CodeTask(mode="fill", language="Python", before="a = ").request(GREEDY)
    with pytest.raises(RequestError, match="The code is 500,000 characters long"):
        CodeTask(mode="complete", language="Python", before="x" * 500_000).request(GREEDY)


def test_the_editor_shows_a_completion_in_its_place():
    task = CodeTask(mode="fill", language="Python", before="    a = ", after=" + c\n    b\n")
    assert task.code("1") == "a = 1 + c\nb\n"
    assert task.explanation("1") == ""
    assert CodeTask(mode="complete", language="Python", before="x = ", after="no").code("1") == "x = 1"


def test_the_editor_shows_the_block_of_an_answer():
    task = CodeTask(mode="write", language="Python", task="count")
    answer = "So:\n```python\n    total += 1\n    return total\n```\nDone."
    assert task.code(answer) == "total += 1\nreturn total"
    assert task.explanation(answer) == "So:\nDone."
