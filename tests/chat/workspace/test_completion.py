"""What belongs at a cursor: asked for with the other files, by a script and by a tiny model that has the tokens."""

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.chat.workspace.completion import MOST_TOKENS, Cursor, budget_for, suggest
from deepseek_space.status import Status
from deepseek_space.text.repository import Gap
from deepseek_space.types import Completion
from tiny_service import TinyService

GAP = Gap(path="main.py", before="from fib import fibonacci\n\nreturn ", after="fibonacci(n - 2)\n")
FILES = {"main.py": "old", "fib.py": "def fibonacci(n):\n    ...\n"}


@pytest.fixture
def coder():
    backend = ScriptedBackend(delay_s=0, change_s=0)
    backend.load("coder-base")
    return backend


def always() -> bool:
    return True


def test_the_other_files_come_first_and_what_they_take_is_told(coder):
    suggestion = suggest(coder, GAP, FILES, is_wanted=always)
    asked = coder.requests[-1]
    assert asked.prefix == f"#fib.py\ndef fibonacci(n):\n    ...\n\n\n#main.py\n{GAP.before}"
    assert asked.suffix == GAP.after
    assert (asked.sampling.temperature, asked.sampling.stop) == (0.0, ("\n",))  # something follows on the line
    assert suggestion.text == "fibonacci(n - 1) + "
    assert suggestion.paths == ("fib.py",)
    assert 0 < suggestion.tokens <= suggestion.budget == budget_for(coder.status())


def test_another_one_is_drawn_with_a_seed_of_its_own_and_a_line_that_is_free_may_go_on(coder):
    suggest(coder, Gap(path="a.py", before="x = ", after="\ny"), {}, variant=2, is_wanted=always)
    sampling = coder.requests[-1].sampling
    assert (sampling.seed, sampling.stop, sampling.max_new_tokens) == (2, ("\n\n\n",), MOST_TOKENS)
    assert sampling.temperature > 0


def test_what_nobody_waits_for_any_more_stops_the_model(coder):
    coder._delay_s = 30  # the test would never see the end of it
    assert suggest(coder, GAP, FILES, is_wanted=lambda: False) is None
    assert coder.closed_early == 1
    assert coder.status().active_requests == 0


def test_a_cursor_waits_for_its_latest_question_alone():
    cursor = Cursor()
    cursor.ask(1)
    assert cursor.wants(1)
    cursor.ask(2)
    assert (cursor.wants(1), cursor.wants(2)) == (False, True)
    cursor.end(2)
    assert not cursor.wants(2)
    cursor.end(4)
    cursor.ask(3)
    cursor.ask(4)
    assert not cursor.wants(4)  # called off before it came
    cursor.ask(5)
    assert cursor.wants(5)


@pytest.mark.parametrize(("context", "budget"), [(0, 2048), (16_384, 2048), (1024, 912), (64, 0)])
def test_a_budget_leaves_room_for_the_reply(context: int, budget: int):
    assert budget_for(Status(state="ready", model="m", context_tokens=context)) == budget


def test_a_tiny_model_with_the_tokens_fills_the_gap_and_reads_code_as_code():
    hole = "<｜fim▁hole｜>"
    with TinyService("coder-1.3b-base") as service:
        assert service.status().can_infill
        gap = Gap(path="a.py", before=f"# {hole}\nreturn ", after="\n")
        suggestion = suggest(service, gap, {"b.py": f"x = '{hole}'\n"}, is_wanted=always)
        events = list(service.stream(Completion(prefix="x", suffix="y")))
    assert events
    assert suggestion.paths == ("b.py",)
    assert suggestion.tokens <= suggestion.budget < 512
