"""What ``plan`` prints, and which flags it takes."""

from deepseek_space.backends.local import planning
from deepseek_space.models.source import resolve


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


def test_a_device_that_is_not_there_has_no_plan(run):
    assert run("plan", "r1", "--device", "cuda:99", program="python app.py") == (
        2,
        "app.py: There is no device cuda:99 here; use --device auto.\n",
    )


def test_help_names_the_flags_that_matter_there(run):
    code, said = run("plan", "--help", program="python app.py")
    assert code == 0
    assert "usage: python app.py plan " in said
    assert all(
        flag in said for flag in ("--precision", "--device", "--context", "--cache-dir", "DEEPSEEK_SPACE_CONTEXT")
    )
    assert "--port" not in said
