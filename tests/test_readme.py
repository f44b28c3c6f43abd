"""The README tells the truth about the Space, the flags and the files."""

import re
import runpy
from dataclasses import fields
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement

from deepseek_space.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def card():
    return SpaceCard(README).data


def test_the_front_matter_makes_a_gradio_space(card):
    assert (card.sdk, card.app_file, card.license) == ("gradio", "app.py", "apache-2.0")
    assert (ROOT / card.app_file).is_file()
    assert len(card.short_description) <= 60
    assert card.models == ["deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"]


def test_the_space_runs_the_gradio_that_is_required(card):
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {Requirement(line).name: Requirement(line) for line in lines if line and not line.startswith("#")}
    assert card.sdk_version in required["gradio"].specifier
    assert not any(line.startswith("-e") for line in lines)  # installed before the repository is there


@pytest.mark.parametrize("field", [f for f in fields(Settings) if f.metadata], ids=lambda f: f.name)
def test_every_flag_is_in_the_table(field):
    # What is on is shown by the flag that turns it off.
    flag, value = ("--no-", "=0") if field.default is True else ("--", "")
    assert f"`{flag}{field.name.replace('_', '-')}`" in README
    assert f"`{ENV_PREFIX}{field.name.upper()}{value}`" in README


def test_every_file_is_in_the_tree_with_what_it_says_of_itself():
    tree = runpy.run_path(str(ROOT / "scripts" / "file_tree.py"))["tree"]()
    assert tree in README, "run: python scripts/file_tree.py"


def test_every_picture_and_file_that_is_named_exists():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    for name in re.findall(r"`((?:models|text|engine|ui|backends|api)/[\w/]+\.py)`", README):
        assert (ROOT / "src" / "deepseek_space" / name).is_file(), name
