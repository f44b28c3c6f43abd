"""The names of DeepSeek's own service, asked for where another model answers."""

import pytest

from deepseek_space.api.fields.models import check_model, thinking_of
from deepseek_space.errors import ModelNotFound, NotReady
from deepseek_space.status import Status

PLAIN = Status(state="ready", model="m")
THINKER = Status(state="ready", model="m", can_think=True)
HYBRID = Status(state="ready", model="m", can_think=True, can_choose_thinking=True)
SERVICE = Status(state="ready", model="deepseek-chat", can_think=True, can_choose_thinking=True)
LOADING = Status(state="loading", model="m", loading_model="m")
EMPTY = Status(state="empty", model="")


@pytest.mark.parametrize("name", ["deepseek-chat", "deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro", "m", ""])
@pytest.mark.parametrize("status", [PLAIN, THINKER, HYBRID])
def test_what_is_loaded_answers_to_them(name, status):
    check_model(name, status)


def test_the_reasoner_is_one_that_can_think():
    check_model("deepseek-reasoner", THINKER)
    with pytest.raises(ModelNotFound, match="no deepseek-reasoner here: m answers, which does not think"):
        check_model("deepseek-reasoner", PLAIN)


@pytest.mark.parametrize("name", ["gpt-4", "deepseek", "deepseek-v9", "DEEPSEEK-CHAT"])
def test_no_other_name_is_known(name):
    with pytest.raises(ModelNotFound, match=f"There is no model {name} here; m answers"):
        check_model(name, HYBRID)


def test_a_model_that_is_still_on_its_way_and_none_at_all_are_told_apart():
    for name in ("deepseek-chat", "m", "what-auto-will-be", ""):
        with pytest.raises(NotReady, match="m is not ready yet"):
            check_model(name, LOADING)
    with pytest.raises(ModelNotFound, match="none answers"):
        check_model("deepseek-chat", EMPTY)


@pytest.mark.parametrize(
    ("name", "status", "thinking"),
    [
        ("deepseek-chat", HYBRID, False),
        ("deepseek-reasoner", HYBRID, True),
        ("deepseek-v4-pro", HYBRID, None),
        ("m", HYBRID, None),
        ("deepseek-chat", THINKER, None),  # it has no choice
        ("deepseek-chat", SERVICE, None),  # its own name says nothing new
    ],
)
def test_a_name_may_say_whether_to_think(name, status, thinking):
    assert thinking_of(name, status) is thinking
