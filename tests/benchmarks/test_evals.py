"""What counts as solved: functions of HumanEval's form, and repositories with a failing test."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "benchmarks"))
import confined
import edits
import humaneval

from deepseek_space.status import Status

try:
    confined.way()
except confined.CannotConfine as reason:
    pytest.skip(str(reason), allow_module_level=True)

CHAT, BASE = Status(state="ready", model="m"), Status(state="ready", model="m", can_chat=False)
PROBLEM = humaneval.Problem(
    prompt='from typing import List\n\n\ndef total(numbers: List[int]) -> int:\n    """Return the sum."""\n',
    name="total",
    test="def check(candidate):\n    assert candidate([1, 2]) == 3\n",
)
WHOLE = "Like so:\n\n```python\ndef total(numbers: List[int]) -> int:\n    return {}\n```\nIt adds."
REPOSITORIES = {one.name: one for one in edits.read()}


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        (WHOLE.format("sum(numbers)"), CHAT, "passed"),
        ("```python\n    return sum(numbers)\n```", CHAT, "passed"),
        (WHOLE.format("0"), CHAT, "failed"),
        (WHOLE.format("exit(0)"), CHAT, "failed"),
        ("I would add them.", CHAT, "no code"),
        ("\n    return sum(numbers)", BASE, "passed"),
        ("\n    return numbers", BASE, "failed"),
    ],
)
def test_a_function_is_judged_by_its_test(answer, status, expected):
    assert humaneval.verdict(humaneval.program_for(PROBLEM, answer, status)) == expected


def run(main, monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["benchmark", "--model", "fake", *words])
    main()
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_humaneval_ends_with_its_score(monkeypatch, capsys, tmp_path):
    known = {"prompt": "def fibonacci(n):\n", "entry_point": "fibonacci"}
    problems = [{**known, "test": f"def check(f):\n    assert f(7) == {value}"} for value in (13, 14)]
    file = tmp_path / "problems.jsonl"
    file.write_text("\n".join(map(json.dumps, problems)))
    result = run(humaneval.main, monkeypatch, capsys, "--problems", str(file))
    assert (result["benchmark"], result["problems"], result["pass_at_1"]) == ("humaneval", 2, 0.5)
    assert result["generated_tokens"] > 0


def test_ten_repositories_fail_as_they_are():
    assert len(REPOSITORIES) == 10
    assert not [name for name, one in REPOSITORIES.items() if edits.passes(one.files)]


EDIT = """pages.py
<<<<<<< SEARCH
    return len(items) // size
=======
    return -(-len(items) // size)
>>>>>>> REPLACE
"""
MISS = EDIT.replace("return len", "return number of")
SHOP = """```python shop.py
from prices import unit_price


def bill(order):
    return sum(unit_price(name) * count for name, count in order.items())
```
"""
NAMELESS = "```python\ndef average(numbers):\n    return sum(numbers) / len(numbers) if numbers else 0.0\n```\n"
CHEAT = "```python test_it.py\nimport unittest\n```\n"


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("last_page_left_out", EDIT, (1, 1, True)),
        ("last_page_left_out", MISS, (1, 0, False)),
        ("last_page_left_out", "It should round up.", (0, 0, False)),
        ("average_of_nothing", NAMELESS, (1, 1, True)),
        ("renamed_in_one_place", SHOP, (1, 1, True)),
        ("renamed_in_one_place", CHEAT, (1, 1, False)),
    ],
)
def test_an_answer_is_applied_as_the_app_does_it_and_judged_by_the_test_as_it_was(name, answer, expected):
    found = edits.result(REPOSITORIES[name], answer)
    assert (found.changes, found.applied, found.passed) == expected


def test_edits_end_with_their_score(monkeypatch, capsys):
    result = run(edits.main, monkeypatch, capsys, "--quick")
    assert (result["benchmark"], result["repositories"], result["style"]) == ("edits", 2, "edits")
    assert result["pass_at_1"] == 0
