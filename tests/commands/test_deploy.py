"""A Space is made, set up, filled and followed, through the Hub's real client and a Hub on this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi, SpaceCard

from deepseek_space.commands import deploy as command
from deepseek_space.commands.call import Call
from deepseek_space.commands.hub_space import HubSpace
from deepseek_space.errors import DeployError, UsageError
from fake_spaces import Space, running_spaces

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub():
    with running_spaces() as hub:
        yield hub


def planned(*words, environ=None, root=ROOT):
    arguments = command._parser("app.py").parse_args(["ada/chat", *words])
    return command.planned(arguments, environ or {}, root=root)


def space(hub):
    return HubSpace(name="ada/chat", api=HfApi(endpoint=hub.url, token="hf_secret"))


def card(deployment):
    return SpaceCard(deployment.files["README.md"].decode()).data


def test_a_new_space_is_made_set_up_filled_and_followed(hub, capsys):
    words = ("--model", "r1-distill-qwen-7b", "--hardware", "zero-a10g", "--private", "--secret", "KEY")
    deployment = planned(*words, "--variable", "A=b=c", environ={"KEY": "s3cret"})
    command.deploy(deployment, space(hub))
    made = hub.spaces["ada/chat"]
    assert (made.is_private, made.hardware) == (True, "zero-a10g")
    assert made.variables == {"DEEPSEEK_SPACE_MODEL": "r1-distill-qwen-7b", "A": "b=c"}
    assert made.secrets == {"KEY": "s3cret"}
    assert made.files == deployment.files
    assert hub.tokens == {"Bearer hf_secret"}
    said = capsys.readouterr().out
    assert [line.strip() for line in said.splitlines()][-4:] == [
        "building",
        "app starting",
        "running",
        f"Open at {hub.url}/spaces/ada/chat",
    ]
    assert "s3cret" not in said


def test_a_space_that_is_there_is_brought_up_to_date(hub, capsys):
    there = {"gone.py": b"x = 1", ".gitattributes": b"*.png filter=lfs", "app.py": b"old"}
    hub.spaces["ada/chat"] = Space(files=dict(there), hardware="cpu-basic", stages=["RUNNING_BUILDING", "RUNNING"])
    deployment = planned("--hardware", "t4-small")
    command.deploy(deployment, space(hub))
    now = hub.spaces["ada/chat"]
    assert now.files == {**deployment.files, ".gitattributes": there[".gitattributes"]}
    assert now.hardware == "t4-small"
    assert "removed gone.py" in capsys.readouterr().out


def test_only_what_a_space_needs_is_uploaded():
    files = planned().files
    assert {"app.py", "requirements.txt", "README.md", "LICENSE", "assets/logo.svg"} <= files.keys()
    assert "src/deepseek_space/ui/app.py" in files
    folders = {name.partition("/")[0] for name in files}
    assert folders == {"app.py", "requirements.txt", "README.md", "LICENSE", "src", "assets"}
    assert not [name for name in files if "screenshots" in name or "__pycache__" in name]


def test_what_is_uploaded_starts_by_itself(tmp_path):
    for name, content in planned().files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = subprocess.run(
        [sys.executable, "app.py", "plan", "fake"], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert "fake: scripted replies" in told.stdout, told.stderr


def test_the_front_matter_names_the_model_that_is_fetched_for_it():
    assert planned().files["README.md"] == (ROOT / "README.md").read_bytes()
    own = card(planned("--model", "r1-distill-qwen-7b", "--hardware", "l4x1"))
    assert own.suggested_hardware == "l4x1"
    assert own.models == own["preload_from_hub"] == ["deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"]
    elsewhere = card(planned("--remote", "https://example.org/v1"))
    assert elsewhere.models is None
    assert "preload_from_hub" not in elsewhere.to_dict()
    assert elsewhere.sdk == "gradio"


def test_a_dry_run_says_all_and_asks_nobody(capsys, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    words = ("ada/chat", "--secret", "KEY=s3cret", "--variable", "A=b", "--dry-run")
    assert command.run(Call(words=words, environ={}, program="app.py")) == 0
    said = capsys.readouterr().out
    assert "The Space ada/chat (public, Gradio" in said
    assert "variable  A=b" in said
    assert "secret    KEY" in said
    assert "file      app.py (" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--variable", "A"), "--variable is 'A'; write NAME=VALUE"),
        (("--secret", "NOT_THERE"), "--secret NOT_THERE takes its value from the environment"),
        (("--secret", "=x"), "has no name before its ="),
    ],
)
def test_words_that_cannot_be_used_are_refused(words, says):
    with pytest.raises(UsageError, match=says):
        planned(*words)


@pytest.mark.parametrize("name", ["chat", "a/b/c", "/chat", "ada/"])
def test_a_space_is_called_by_its_owner_and_its_name(name):
    with pytest.raises(UsageError, match="is no name of a Space; write USER/NAME"):
        command._name(name)


def test_an_installed_package_says_that_it_wants_a_clone(tmp_path):
    with pytest.raises(UsageError, match="Run it in a clone"):
        planned(root=tmp_path)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "Log in with `hf auth login`"),
        (402, "--hardware zero-a10g"),
        (403, "may not write to ada/chat"),
        (404, "The Hub has no account ada"),
        (500, "The Hub's own words"),
    ],
)
def test_what_the_hub_refuses_is_told_with_what_to_do(hub, status, says):
    hub.refusal = (status, "No, thank you.")
    with pytest.raises(DeployError, match=says) as refused:
        command.deploy(planned(), space(hub))
    assert "No, thank you." in str(refused.value)


def test_without_a_network_the_hub_is_named():
    nowhere = HubSpace(name="ada/chat", api=HfApi(endpoint="http://127.0.0.1:1", token="hf_secret"))
    with pytest.raises(DeployError, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        nowhere.create(hardware=None, is_private=False)


def test_a_build_that_fails_or_does_not_end_is_told(hub):
    hub.spaces["ada/chat"] = Space(stages=["BUILDING", "BUILD_ERROR"], commits=["new"])
    with pytest.raises(DeployError, match=r"is BUILD_ERROR\. Its log says why: .*logs=build"):
        list(space(hub).build_stages(timeout_s=60, wait=lambda _: None))
    hub.spaces["ada/chat"] = Space(stages=["BUILDING"])
    seconds = iter(range(0, 1000, 30))
    with pytest.raises(DeployError, match="still BUILDING after 1 minutes"):
        list(space(hub).build_stages(timeout_s=60, clock=lambda: next(seconds), wait=lambda _: None))
