"""The command line in this process: what ``plan`` prints, and with which code the app ends."""

import pytest

from deepseek_space import cli
from deepseek_space.backends import planning
from deepseek_space.models.source import resolve


@pytest.fixture
def run(capsys, tmp_path):
    """Return a function that runs the app with flags and environment; it returns the exit code and what was said."""

    def run(*flags, **environ):
        code = cli.main(flags, {"HOME": str(tmp_path), **environ})
        return code, "".join(capsys.readouterr())

    return run


def test_a_plan_takes_the_flags_and_the_environment_of_the_app(run):
    code, said = run("plan", "r1-distill-qwen-1.5b", "--context", "5000", "--precision", "nf4")
    assert code == 0
    assert "5,000" in said
    assert "\nnf4 on cpu. Takes " in said
    assert "\nint8 " not in said
    assert run("plan", "r1-distill-qwen-1.5b", DEEPSEEK_SPACE_CONTEXT="5000", DEEPSEEK_SPACE_PRECISION="nf4")[0] == 0
    assert "8,000" in run("plan", "starter", "--context", "8000", DEEPSEEK_SPACE_CONTEXT="5000")[1]
    assert "5,000" in run("plan", "starter", DEEPSEEK_SPACE_CONTEXT="5000")[1]


def test_the_plan_of_auto_says_what_the_app_would_begin_with(run, monkeypatch):
    asked = []
    choice = resolve("r1-distill-qwen-1.5b", on_space=False)
    monkeypatch.setattr(planning, "best_on_disk", lambda **wanted: asked.append(wanted["context_tokens"]) or choice)
    code, said = run("plan", "auto", "--context", "4096")
    assert (code, asked) == (0, [4096])
    assert said.startswith("auto begins with r1-distill-qwen-1.5b here.\nDeepSeek R1 Distill Qwen 1.5B: ")
    monkeypatch.setattr(planning, "best_on_disk", lambda **wanted: None)
    assert run("plan", "auto")[1].startswith("auto begins with starter here.\nSmolLM2")
    assert run("plan", "auto", SPACE_ID="ada/space")[1].startswith("auto begins with r1-distill-qwen-1.5b here.")


def test_the_scripted_replies_fit_everywhere(run):
    assert run("plan", "fake") == (0, "fake: scripted replies, no model. It fits everywhere.\n")


@pytest.mark.parametrize("flags", [("plan", "r1-distil"), ("--model", "r1-distil")])
def test_an_unknown_model_ends_with_2_wherever_it_is_named(run, flags):
    code, said = run(*flags)
    assert code == 2
    assert "r1-distill" in said
    assert said.endswith("The list: python app.py plan\n")


def test_a_device_that_is_not_there_has_no_plan(run):
    assert run("plan", "r1", "--device", "cuda:99") == (
        2,
        "app.py: There is no device cuda:99 here; use --device auto.\n",
    )
